/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers that may take long, made one after another in a thread of their own while their clients wait, so
 * that they hold up nobody else. Inside the HTTP server only.
 */
#ifndef PICKET_HTTP_WORKER_H
#define PICKET_HTTP_WORKER_H

#include <stddef.h>

#include "http.h"

struct http_job {
	struct http_exchange exchange;
	char *body; /* malloced; NULL: there was no memory for it */
	size_t len;
	void (*answer)(struct http_exchange *exchange);
	struct http_job *next;
};

struct http_worker;

/* context: of the exchanges that it answers. 0 and *out, or -errno. */
int http_worker_new(void *context, struct http_worker **out);
/* Ends with the job that is under way; the others are refused. Before the server stops. */
void http_worker_end(struct http_worker *worker);
/* After it has stopped. NULL is fine. */
void http_worker_free(struct http_worker *worker);

/*
 * The exchange's connection waits until its job is done; then the server asks again. NULL: refused, the
 * exchange says why.
 */
struct http_job *http_job_new(struct http_worker *worker, struct http_exchange *exchange,
			      void (*answer)(struct http_exchange *exchange));
/* One that is done. */
void http_job_free(struct http_job *job);

#endif
