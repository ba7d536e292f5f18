// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "http.h"
#include "http_call.h"
#include "http_clients.h"
#include "http_stream.h"
#include "http_worker.h"
#include "output.h"
#include "webconfig.h"

#define CONNECTION_MEMORY (32 * 1024UL) /* bytes: a request's head must fit */
#define REQUEST_SECONDS 10 /* without any headway */
#define NOTHING_MAY_LOAD "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"

/* One request on its way, after its head. */
struct request {
	struct http_job *job; /* it is answered by one; NULL: not so, or not yet */
	struct http_call *call; /* it is for a command; NULL: not */
};

struct http {
	struct http_options options;
	struct MHD_Daemon *daemon;
	struct http_streams *streams;
	struct http_worker *worker;
	struct http_clients *clients;
	struct http_calls *calls; /* NULL: not at this socket */
};

/* ---- requests ---- */

const char *http_argument(const struct http_exchange *exchange, const char *key)
{
	const char *value = NULL;
	size_t len = 0;

	if (MHD_lookup_connection_value_n(exchange->connection, MHD_GET_ARGUMENT_KIND, key, strlen(key),
					  &value, &len) != MHD_YES)
		return NULL;
	return value ? value : "";
}

const char *http_header(const struct http_exchange *exchange, const char *name)
{
	return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

void http_refuse(struct http_exchange *exchange, unsigned int status, const char *format, ...)
{
	va_list args;

	rewind(exchange->body);
	va_start(args, format);
	vfprintf(exchange->body, format, args);
	va_end(args);
	putc('\n', exchange->body);
	exchange->status = status;
	exchange->type = "text/plain; charset=utf-8";
}

static bool admitted(const struct http *http, struct MHD_Connection *connection)
{
	static const char bearer[] = "Bearer ";
	const struct webconfig *config = http->options.config;
	const char *header;
	char *user, *password = NULL;
	bool good;

	if (!config)
		return true;
	header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	if (header && !strncasecmp(header, bearer, sizeof(bearer) - 1))
		return webconfig_admits_token(config, header + sizeof(bearer) - 1);
	user = MHD_basic_auth_get_username_password(connection, &password);
	good = webconfig_admits_user(config, user, password);
	MHD_free(user);
	MHD_free(password);
	return good;
}

static void add_headers(struct MHD_Response *response, const struct http_exchange *exchange)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, exchange->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "Content-Security-Policy", exchange->security_policy);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	if (exchange->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, exchange->allow);
}

static void ask_for_credentials(const struct http *http, struct MHD_Response *response)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
				webconfig_has_users(http->options.config) ?
					"Basic realm=\"picket\", charset=\"UTF-8\"" :
					"Bearer realm=\"picket\"");
}

/* NULL: none leads there. */
static const struct http_route *find_route(const struct http_route *routes, const char *path)
{
	while (routes->path && strcmp(routes->path, path))
		routes++;
	return routes->path ? routes : NULL;
}

static void route(const struct http *http, struct http_exchange *exchange, struct http_job **job)
{
	const struct http_route *quick = find_route(http->options.routes, exchange->path);
	const struct http_route *slow = find_route(http->options.slow_routes, exchange->path);

	if (quick)
		quick->answer(exchange);
	else if (slow)
		*job = http_job_new(http->worker, exchange, slow->answer);
	else
		http_refuse(exchange, MHD_HTTP_NOT_FOUND, "there is nothing at this path");
}

/* NULL: refused. Where nothing happens, nothing is sent for long. */
static struct MHD_Response *begin_events(const struct http *http, struct http_exchange *exchange)
{
	struct MHD_Response *stream = http_stream_new(http->streams, exchange);

	if (!stream)
		return NULL;
	exchange->type = "text/event-stream";
	MHD_set_connection_option(exchange->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
	return stream;
}

/* *stream: what is sent in the place of a body; *job: what makes one, later. */
static void answer(struct http *http, const char *method, struct http_exchange *exchange,
		   struct MHD_Response **stream, struct http_job **job)
{
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		http_refuse(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered");
	else if (!admitted(http, exchange->connection))
		http_refuse(exchange, MHD_HTTP_UNAUTHORIZED, "this wants a token, or a user and password");
	else if (http->options.access &&
		 !http_clients_admit(http->options.access, exchange, RIGHT_READ, exchange->path))
		return;
	else if (!strcmp(exchange->path, "/events"))
		*stream = begin_events(http, exchange);
	else
		route(http, exchange, job);
}

static enum MHD_Result send_answer(struct http *http, struct http_exchange *exchange, char *body, size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		free(body);
		return MHD_NO;
	}
	add_headers(response, exchange);
	if (exchange->status == MHD_HTTP_UNAUTHORIZED)
		ask_for_credentials(http, response);
	result = MHD_queue_response(exchange->connection, exchange->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_stream(struct http_exchange *exchange, struct MHD_Response *response)
{
	enum MHD_Result result;

	add_headers(response, exchange);
	result = MHD_queue_response(exchange->connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

/* One that is done; the body is the response's now. */
static enum MHD_Result send_job(struct http *http, struct http_job *job)
{
	char *body = job->body;

	job->body = NULL;
	return body ? send_answer(http, &job->exchange, body, job->len) : MHD_NO;
}

/* The head is there. *call: it is for a command; NULL, and not refused: it is not. */
static void begin_request(struct http *http, const char *method, struct http_exchange *exchange,
			  struct http_call **call)
{
	*call = NULL;
	if (http->calls && !strncmp(exchange->path, SERVED_PATH, strlen(SERVED_PATH)))
		*call = http_call_new(http->calls, exchange, method);
}

/*
 * Answers at once, or with a stream, or with a job, which the request is given: the answer is sent when this is
 * called again. whole: not only the head is there.
 */
static enum MHD_Result answer_request(struct http *http, const char *method, struct http_exchange *exchange,
				      struct request *request, bool whole)
{
	struct MHD_Response *stream = NULL;
	char *body = NULL;
	size_t len = 0;

	exchange->body = open_memstream(&body, &len);
	if (!exchange->body)
		return MHD_NO;
	if (!whole)
		begin_request(http, method, exchange, &request->call);
	else if (request->call)
		stream = http_call_run(request->call, exchange);
	else
		answer(http, method, exchange, &stream, &request->job);
	if (fclose(exchange->body) || stream || request->job || (!whole && exchange->status == MHD_HTTP_OK)) {
		free(body);
		return stream ? send_stream(exchange, stream) : request->job || !whole ? MHD_YES : MHD_NO;
	}
	return send_answer(http, exchange, body, len);
}

/*
 * Called when the head is there, for each part of a body, and when all is there: then it is answered, at once
 * or, with a job, when this is called again. *seen: NULL, the request.
 */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *body_part,
				  size_t *part_len, void **seen)
{
	struct http *http = context;
	struct request *request = *seen;
	struct http_exchange exchange = {
		.connection = connection, .context = http->options.context, .path = path,
		.status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8",
		.security_policy = NOTHING_MAY_LOAD, .allow = "GET, HEAD",
	};

	if (!request) {
		request = *seen = calloc(1, sizeof(*request));
		return request ? answer_request(http, method, &exchange, request, false) : MHD_NO;
	}
	if (*part_len) {
		if (request->call)
			http_call_add(request->call, body_part, *part_len);
		*part_len = 0; /* nobody else reads it */
		return MHD_YES;
	}
	if (request->job)
		return send_job(http, request->job);
	http_clients_answering(http->clients, connection, true);
	return answer_request(http, method, &exchange, request, true);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **seen,
			 enum MHD_RequestTerminationCode how)
{
	struct request *request = *seen;
	struct http *http = context;

	http_clients_answering(http->clients, connection, false);
	if (request) {
		http_job_free(request->job);
		if (request->call)
			http_call_free(request->call);
	}
	free(request);
	*seen = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http *http = context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		http_clients_add(http->clients, connection, socket_context);
	else
		http_clients_remove(http->clients, socket_context);
}

void http_tick(struct http *http)
{
	http_clients_tick(http->clients);
	http_streams_tick(http->streams);
}

/* ---- the server ---- */

/* What clients do wrong is not worth a line in the log; what goes wrong here is said where it is met. */
static void be_silent(void *context, const char *format, va_list args)
{
}

/* A NUL in a path would make it another path. */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
	size_t len = MHD_http_unescape(text);

	for (size_t i = 0; i < len; i++)
		text[i] = text[i] ? text[i] : '?';
	return len;
}

static struct MHD_Daemon *start_daemon(struct http *http)
{
	const struct webconfig *config = http->options.config;
	const char *certificate = config ? webconfig_certificate(config) : NULL;
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(config ? webconfig_key(config) : NULL) },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(flags | (certificate ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, http,
				MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL,
				MHD_OPTION_LISTEN_SOCKET, http->options.socket,
				MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)REQUEST_SECONDS,
				MHD_OPTION_STRICT_FOR_CLIENT, 1,
				MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
				MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
				MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
				MHD_OPTION_ARRAY, certificate ? tls : &tls[2], MHD_OPTION_END);
}

int http_start(const struct http_options *options, struct http **out)
{
	struct http *http = calloc(1, sizeof(*http));
	int err = http ? 0 : -ENOMEM;

	if (!err) {
		http->options = *options;
		err = http_streams_new(options->feed, &http->streams);
	}
	if (!err)
		err = http_clients_new(options->access, &http->clients);
	if (!err && options->access)
		err = http_calls_new(options->access, &http->calls);
	if (!err)
		err = http_worker_new(options->slow_context, &http->worker);
	if (!err) {
		http->daemon = start_daemon(http);
		err = http->daemon ? 0 : errno ? -errno : -EIO;
	}
	if (err) {
		close(options->socket);
		http_stop(http);
		return fail(err, "the HTTP server could not be started%s: %s", options->config ?
			    " (are certificate and key PEM, and do they belong together?)" : "", strerror(-err));
	}
	*out = http;
	return 0;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	if (http->streams)
		http_streams_end(http->streams);
	if (http->worker)
		http_worker_end(http->worker);
	if (http->calls)
		http_calls_end(http->calls);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	http_streams_free(http->streams);
	http_worker_free(http->worker);
	http_calls_free(http->calls);
	http_clients_free(http->clients);
	free(http);
}
