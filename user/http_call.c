// SPDX-License-Identifier: GPL-2.0-only
#include "http_call.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "callprocess.h"
#include "cleanup.h"
#include "http_clients.h"
#include "names.h"
#include "output.h"

#define CALLS 32
#define CALLS_OF_ONE 4 /* user; root may have all */
#define BODY_MOST (32UL << 20) /* bytes, packed */
#define HELD (256UL << 10) /* bytes that wait for a client; then the command does */
#define BLOCK 16384
#define WORDS 64
#define QUIET_MS 15000 /* then an empty piece is sent: that is how a client who is gone is noticed */

struct http_call {
	struct http_calls *all;
	struct MHD_Connection *connection;
	const struct served *served;
	uid_t uid;
	int body; /* a file in memory; -1: it takes none */
	size_t body_len;
	bool body_failed;
	struct http_call *next, **link;
	/* Of its thread and its connection: the lock's. */
	struct callprocess process;
	bool running; /* the process is there, and its thread */
	bool gone; /* nobody reads what it writes */
	bool whole; /* nothing comes after what is pending */
	bool suspended; /* the connection, until there is something */
	char *pending;
	size_t off, len, room;
};

/* A command's. */
struct words {
	char *argv[WORDS + 1];
	size_t n;
	bool too_many;
	const char *session; /* NULL: the client came by none */
};

struct http_calls {
	struct access *access;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct http_call *first;
	unsigned int n, running;
	bool ending;
};

/* ---- what its process writes ---- */

static void resume(struct http_call *call)
{
	if (call->suspended)
		MHD_resume_connection(call->connection);
	call->suspended = false;
}

static int make_room(struct http_call *call, size_t more)
{
	size_t room = call->len - call->off + more;
	char *pending;

	if (call->off)
		memmove(call->pending, call->pending + call->off, call->len - call->off);
	call->len -= call->off;
	call->off = 0;
	if (room <= call->room)
		return 0;
	pending = realloc(call->pending, 2 * room);
	if (!pending)
		return -ENOMEM;
	call->pending = pending;
	call->room = 2 * room;
	return 0;
}

/* One piece; kind "exit": len is the status. */
static void add_piece(const char *kind, const char *bytes, size_t len, void *context)
{
	struct http_call *call = context;
	char head[32];
	size_t head_len = snprintf(head, sizeof(head), "%s %zu\n", kind, len), n = bytes ? len : 0;

	pthread_mutex_lock(&call->all->lock);
	while (call->len - call->off > HELD && !call->gone)
		pthread_cond_wait(&call->all->changed, &call->all->lock);
	if (!call->gone && make_room(call, head_len + n)) {
		call->gone = true; /* a part of it is nothing that one could read */
	} else if (!call->gone) {
		memcpy(call->pending + call->len, head, head_len);
		memcpy(call->pending + call->len + head_len, bytes ? bytes : "", n);
		call->len += head_len + n;
	}
	resume(call);
	pthread_mutex_unlock(&call->all->lock);
}

static void destroy(struct http_call *call)
{
	struct http_calls *all = call->all;

	pthread_mutex_lock(&all->lock);
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	all->n--;
	pthread_mutex_unlock(&all->lock);
	close_fd(&call->body);
	free(call->pending);
	free(call);
}

static void *pump(void *context)
{
	static const char killed[] = "picket: the daemon's command was killed\n";
	struct http_call *call = context;
	struct http_calls *all = call->all;
	bool gone;
	int status;

	callprocess_read(&call->process, QUIET_MS, add_piece, call);
	status = callprocess_wait(&call->process, &all->lock);
	if (status < 0) {
		add_piece("err", killed, sizeof(killed) - 1, call);
		status = EXIT_SYSTEM;
	}
	if (call->served->right != RIGHT_READ)
		access_done(call->uid, call->served->command, status);
	add_piece("exit", NULL, status, call);
	pthread_mutex_lock(&all->lock);
	call->running = false;
	call->whole = true;
	resume(call);
	gone = call->connection == NULL;
	pthread_mutex_unlock(&all->lock);
	if (gone)
		destroy(call);
	/* Whoever waits for the last one gives up all of them. */
	pthread_mutex_lock(&all->lock);
	all->running--;
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

static ssize_t read_call(void *context, uint64_t pos, char *to, size_t most)
{
	struct http_call *call = context;
	ssize_t n = 0;

	pthread_mutex_lock(&call->all->lock);
	if (call->off < call->len) {
		n = call->len - call->off;
		n = (size_t)n < most ? n : (ssize_t)most;
		memcpy(to, call->pending + call->off, n);
		call->off += n;
		pthread_cond_broadcast(&call->all->changed);
	} else if (call->gone) {
		n = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (call->whole) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		call->suspended = true;
		MHD_suspend_connection(call->connection);
	}
	pthread_mutex_unlock(&call->all->lock);
	return n;
}

/* ---- calls ---- */

/* Whether the caller may, and the request is one. NULL: refused. */
static const struct served *judge(struct http_calls *calls, struct http_exchange *exchange, const char *method)
{
	const struct served *served = served_find(exchange->path + strlen(SERVED_PATH));
	const char *length = http_header(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t len = 0;

	if (!served)
		http_refuse(exchange, MHD_HTTP_NOT_FOUND, "no such command is run for others: root runs it");
	else if (strcmp(method, exchange->allow = served_method(served)))
		http_refuse(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "'%s' wants %s", served->command, exchange->allow);
	else if (!http_clients_admit(calls->access, exchange, served->right, served->command))
		return NULL;
	else if (length && (parse_number(length, 0, UINT64_MAX, &len) || (len && !served->takes_policy)))
		http_refuse(exchange, MHD_HTTP_BAD_REQUEST, "'%s' takes no body", served->command);
	else if (len > BODY_MOST)
		http_refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, "the policy and its files are more than %lu MiB packed: "
			    "root can apply them", BODY_MOST >> 20);
	else
		return served;
	return NULL;
}

/* Links it. False: there are too many. */
static bool admit(struct http_call *call)
{
	struct http_calls *all = call->all;
	unsigned int same = 0;
	bool room;

	pthread_mutex_lock(&all->lock);
	for (const struct http_call *other = all->first; other; other = other->next)
		same += other->uid == call->uid;
	room = !all->ending && all->n < CALLS && (!call->uid || same < CALLS_OF_ONE);
	if (room) {
		call->next = all->first;
		call->link = &all->first;
		if (call->next)
			call->next->link = &call->next;
		all->first = call;
		all->n++;
	}
	pthread_mutex_unlock(&all->lock);
	return room;
}

struct http_call *http_call_new(struct http_calls *calls, struct http_exchange *exchange, const char *method)
{
	const struct served *served = judge(calls, exchange, method);
	struct http_call *call = served ? calloc(1, sizeof(*call)) : NULL;

	if (!served)
		return NULL;
	if (call) {
		*call = (struct http_call){
			.all = calls, .connection = exchange->connection, .served = served,
			.uid = http_clients_caller(exchange->connection)->uid,
			.body = served->takes_policy ? memfd_create("policy", MFD_CLOEXEC) : -1,
		};
	}
	if (!call || (served->takes_policy && call->body < 0)) {
		http_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "there is not enough memory");
	} else if (!admit(call)) {
		close_fd(&call->body);
		http_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "too many commands run at once: try again");
	} else {
		return call;
	}
	free(call);
	return NULL;
}

void http_call_add(struct http_call *call, const void *part, size_t len)
{
	call->body_len += len;
	if (call->body < 0 || call->body_len > BODY_MOST)
		return;
	while (len) {
		ssize_t n = write(call->body, part, len);

		if (n <= 0) {
			call->body_failed = true;
			return;
		}
		part = (const char *)part + n;
		len -= n;
	}
}

/* One argument of the request; those that are no words of the command are nobody's. */
static enum MHD_Result add_word(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct words *words = context;

	if (!strcmp(key, "session"))
		words->session = value;
	if (strcmp(key, "arg"))
		return MHD_YES;
	words->too_many |= words->n == WORDS;
	if (!words->too_many)
		words->argv[words->n++] = (char *)(value ? value : "");
	return MHD_YES;
}

/* The process, and the thread that reads what it writes. */
static int start(struct http_call *call)
{
	struct words words = { .argv = { "picket", (char *)call->served->command }, .n = 2 };
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	MHD_get_connection_values(call->connection, MHD_GET_ARGUMENT_KIND, add_word, &words);
	err = words.too_many ? -E2BIG :
			       callprocess_start(words.argv, call->uid, words.session,
							       call->body, &call->process);
	if (err)
		return err;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	call->running = true;
	call->all->running++;
	err = -pthread_create(&thread, &attributes, pump, call);
	pthread_attr_destroy(&attributes);
	if (err) {
		call->running = false;
		call->all->running--;
		callprocess_kill(&call->process);
	}
	return err;
}

struct MHD_Response *http_call_run(struct http_call *call, struct http_exchange *exchange)
{
	struct http_calls *all = call->all;
	struct MHD_Response *response = NULL;
	int err;

	if (call->body_len && !call->served->takes_policy) {
		http_refuse(exchange, MHD_HTTP_BAD_REQUEST, "'%s' takes no body", call->served->command);
		return NULL;
	}
	if (call->body_len > BODY_MOST || call->body_failed) {
		http_refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, "the policy and its files are too large to be sent: "
			    "root can apply them");
		return NULL;
	}
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_call, call, NULL);
	pthread_mutex_lock(&all->lock);
	err = all->ending ? -ESHUTDOWN : response ? start(call) : -ENOMEM;
	pthread_mutex_unlock(&all->lock);
	if (!err) {
		exchange->type = "application/octet-stream";
		return response;
	}
	if (response)
		MHD_destroy_response(response);
	http_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "the command cannot be started: %s", strerror(-err));
	return NULL;
}

void http_call_free(struct http_call *call)
{
	struct http_calls *all = call->all;
	bool running;

	pthread_mutex_lock(&all->lock);
	running = call->running;
	call->gone = true;
	call->connection = NULL;
	call->suspended = false;
	if (running && call->served->right == RIGHT_READ)
		callprocess_end(&call->process);
	pthread_cond_broadcast(&all->changed);
	pthread_mutex_unlock(&all->lock);
	if (!running)
		destroy(call);
}

int http_calls_new(struct access *access, struct http_calls **out)
{
	struct http_calls *calls = calloc(1, sizeof(*calls));

	if (!calls)
		return -ENOMEM;
	calls->access = access;
	pthread_mutex_init(&calls->lock, NULL);
	pthread_cond_init(&calls->changed, NULL);
	*out = calls;
	return 0;
}

void http_calls_end(struct http_calls *calls)
{
	pthread_mutex_lock(&calls->lock);
	calls->ending = true;
	for (struct http_call *call = calls->first; call; call = call->next) {
		if (call->running && call->served->right == RIGHT_READ)
			callprocess_end(&call->process);
	}
	while (calls->running)
		pthread_cond_wait(&calls->changed, &calls->lock);
	pthread_mutex_unlock(&calls->lock);
}

void http_calls_free(struct http_calls *calls)
{
	if (!calls)
		return;
	pthread_cond_destroy(&calls->changed);
	pthread_mutex_destroy(&calls->lock);
	free(calls);
}
