// SPDX-License-Identifier: GPL-2.0-only
#include "http_worker.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define WAITING 64

struct http_worker {
	void *context;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct http_job *first, **last; /* that wait */
	unsigned int n;
	bool ending;
	pthread_t thread;
	bool running;
};

/* The body is whole, and the server may send it. */
static void finish(struct http_job *job)
{
	if (fclose(job->exchange.body)) {
		free(job->body);
		job->body = NULL;
	}
	MHD_resume_connection(job->exchange.connection);
}

/* NULL: it is to end. */
static struct http_job *take(struct http_worker *worker, bool *ending)
{
	struct http_job *job;

	pthread_mutex_lock(&worker->lock);
	while (!worker->first && !worker->ending)
		pthread_cond_wait(&worker->changed, &worker->lock);
	job = worker->first;
	if (job) {
		worker->first = job->next;
		worker->n--;
	}
	if (!worker->first)
		worker->last = &worker->first;
	*ending = worker->ending;
	pthread_mutex_unlock(&worker->lock);
	return job;
}

static void *work(void *context)
{
	struct http_worker *worker = context;
	struct http_job *job;
	bool ending;

	while ((job = take(worker, &ending))) {
		if (ending)
			http_refuse(&job->exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the daemon ends");
		else
			job->answer(&job->exchange);
		finish(job);
	}
	return NULL;
}

/* Waits in the queue. False: there are too many, or no more are taken. */
static bool add(struct http_worker *worker, struct http_job *job)
{
	bool room;

	pthread_mutex_lock(&worker->lock);
	room = worker->n < WAITING && !worker->ending;
	if (room) {
		/* Before the worker can have it: it resumes the connection. */
		MHD_suspend_connection(job->exchange.connection);
		*worker->last = job;
		worker->last = &job->next;
		worker->n++;
		pthread_cond_signal(&worker->changed);
	}
	pthread_mutex_unlock(&worker->lock);
	return room;
}

struct http_job *http_job_new(struct http_worker *worker, struct http_exchange *exchange,
			      void (*answer)(struct http_exchange *exchange))
{
	struct http_job *job = calloc(1, sizeof(*job));

	if (job) {
		job->exchange = *exchange;
		job->exchange.context = worker->context;
		job->answer = answer;
		job->exchange.body = open_memstream(&job->body, &job->len);
	}
	if (!job || !job->exchange.body) {
		http_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "there is not enough memory");
	} else if (!add(worker, job)) {
		fclose(job->exchange.body);
		http_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "too many ask for this at once");
	} else {
		return job;
	}
	http_job_free(job);
	return NULL;
}

void http_job_free(struct http_job *job)
{
	if (job)
		free(job->body);
	free(job);
}

int http_worker_new(void *context, struct http_worker **out)
{
	struct http_worker *worker = calloc(1, sizeof(*worker));
	int err;

	if (!worker)
		return -ENOMEM;
	worker->context = context;
	worker->last = &worker->first;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->changed, NULL);
	err = -pthread_create(&worker->thread, NULL, work, worker);
	if (err) {
		http_worker_free(worker);
		return err;
	}
	worker->running = true;
	*out = worker;
	return 0;
}

void http_worker_end(struct http_worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->ending = true;
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->lock);
	if (worker->running)
		pthread_join(worker->thread, NULL);
	worker->running = false;
}

void http_worker_free(struct http_worker *worker)
{
	if (!worker)
		return;
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}
