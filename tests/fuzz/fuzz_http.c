// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests as the HTTP server has them from libmicrohttpd, which is left out: method, path and arguments, a line
 * each, an empty line, headers, an empty line, and a body. Every answer must be one, and every stream must end.
 *
 * wrap: MHD_start_daemon MHD_stop_daemon MHD_lookup_connection_value MHD_lookup_connection_value_n
 * wrap: MHD_get_connection_values MHD_get_connection_info MHD_basic_auth_get_username_password MHD_free
 * wrap: MHD_create_response_from_buffer MHD_create_response_from_callback MHD_add_response_header
 * wrap: MHD_queue_response MHD_destroy_response MHD_set_connection_option MHD_suspend_connection
 * wrap: MHD_resume_connection live_open caller_of callprocess_start callprocess_wait
 * wrap: callprocess_end callprocess_kill
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "auditbook.h"
#include "callprocess.h"
#include "feed.h"
#include "fuzz.h"
#include "microhttpd.h"
#include "names.h"
#include "web.h"
#include "webconfig.h"

#define READS_MOST 3000
#define SECRET "0123456789abcdef0123456789abcdef"

int __wrap_live_open(struct live **out);
int __wrap_caller_of(int socket, struct caller *out);
int __wrap_callprocess_start(char *const *argv, uid_t uid, const char *session, int in, struct callprocess *out);
int __wrap_callprocess_wait(struct callprocess *process, pthread_mutex_t *lock);
void __wrap_callprocess_end(const struct callprocess *process);
void __wrap_callprocess_kill(struct callprocess *process);

/* Whatever is live on this host is nobody's business here. */
int __wrap_live_open(struct live **out)
{
	return -ENOENT;
}

/* Somebody of the group that the access file names. */
int __wrap_caller_of(int socket, struct caller *out)
{
	*out = (struct caller){ .uid = 1000, .gid = 0 };
	return 0;
}

/* A process that says what it was called with, and ends. */
int __wrap_callprocess_start(char *const *argv, uid_t uid, const char *session, int in, struct callprocess *out)
{
	int out_pipe[2], err_pipe[2];

	require(!strcmp(argv[0], "picket") && uid == 1000);
	require(!pipe2(out_pipe, O_CLOEXEC | O_NONBLOCK) && !pipe2(err_pipe, O_CLOEXEC | O_NONBLOCK));
	for (size_t i = 0; argv[i]; i++)
		dprintf(out_pipe[1], "%s\n", argv[i]);
	dprintf(err_pipe[1], "%s\n", session ? session : "-");
	close(out_pipe[1]);
	close(err_pipe[1]);
	*out = (struct callprocess){ .out = out_pipe[0], .err = err_pipe[0] };
	return 0;
}

int __wrap_callprocess_wait(struct callprocess *process, pthread_mutex_t *lock)
{
	return 0;
}

void __wrap_callprocess_end(const struct callprocess *process)
{
}

void __wrap_callprocess_kill(struct callprocess *process)
{
}

/* ---- requests ---- */

static void take_pairs(struct fuzz_input *input, char between, struct pair *pairs, size_t *n)
{
	while (input->left) {
		char *line = fuzz_line(input), *at = strchr(line, between);

		if (!*line || *n == PAIRS) {
			free(line);
			return;
		}
		pairs[*n].key = line;
		pairs[*n].value = at ? at + 1 + strspn(at + 1, " ") : NULL;
		if (at)
			*at = '\0';
		(*n)++;
	}
}

static void await(struct MHD_Connection *c)
{
	pthread_mutex_lock(&c->lock);
	while (c->suspended)
		pthread_cond_wait(&c->resumed, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

/* All that a reader of events would have until there is nothing to say for now, or of a command to its end. */
static void read_stream(struct MHD_Connection *c, bool command)
{
	struct MHD_Response *r = c->answer;
	char piece[257];
	uint64_t at = 0;

	for (int i = 0; i < READS_MOST && (command || !c->suspended); i++) {
		ssize_t n = r->read(r->context, at, piece, 1 + i % 256);

		if (n < 0)
			break;
		if (command && !n)
			await(c);
		require(n <= 1 + i % 256);
		fuzz_look(piece, n);
		at += n;
	}
	if (!command)
		c->suspended = false;
	if (r->end)
		r->end(r->context);
}

static void take_answer(struct MHD_Connection *c, bool command)
{
	require(c->answer && c->status >= 200 && c->status < 600);
	if (c->answer->read) {
		read_stream(c, command);
	} else {
		fuzz_look(c->answer->body, c->answer->len);
		free(c->answer->body);
	}
	free(c->answer);
}

static void ask(struct MHD_Connection *c, const char *method, const char *path, struct fuzz_input *body)
{
	size_t len = 0, part;
	void *seen = NULL;

	server.connection(server.context, c, &c->info.socket_context, MHD_CONNECTION_NOTIFY_STARTED);
	require(server.request(server.context, c, path, method, "HTTP/1.1", NULL, &len, &seen) == MHD_YES);
	while (!c->answer && body->left) {
		const char *bytes = (const char *)fuzz_bytes(body, 100, &part);

		require(server.request(server.context, c, path, method, "HTTP/1.1", bytes, &part, &seen) == MHD_YES);
		require(!part);
	}
	while (!c->answer) {
		len = 0;
		require(server.request(server.context, c, path, method, "HTTP/1.1", NULL, &len, &seen) == MHD_YES);
		await(c);
	}
	take_answer(c, !strncmp(path, SERVED_PATH, strlen(SERVED_PATH)));
	server.completed(server.context, c, &seen, MHD_REQUEST_TERMINATED_COMPLETED_OK);
	server.connection(server.context, c, &c->info.socket_context, MHD_CONNECTION_NOTIFY_CLOSED);
}

/* ---- the server ---- */

static struct feed *new_feed(void)
{
	struct event event = { .count = 1, .bytes = 60, .ethertype = 0x800, .verdict = VERDICT_DROP,
			       .flags = EVENT_IP | EVENT_PORTS, .protocol = 17, .captured = 40 };
	const struct event_names names = { .device = "therm-17", .roles = "a, b", .segment = "sensors",
					   .interface = "lan0", .time = 1795748408296349000 };
	struct feed *feed;

	require(!feed_new(&feed));
	for (unsigned int i = 0; i < 8; i++) {
		event.reason = 1 + i % (REASON_COUNT - 1);
		require(feed_add(feed, &event, &names));
	}
	return feed;
}

/* Who is asked: what lets everybody in, what does not ("!" before the method), the Unix socket ("@"). */
enum which { OPEN, GUARDED, SOCKET, SERVERS };

static void start(enum which which)
{
	static const char text[] = "bearer-token-file: secret\nbasic-auth: {user: admin, password-file: secret}\n";
	static struct web_shared shared;
	static struct web web = { .shared = &shared }, slow = { .shared = &shared };
	struct http_options options = {
		.socket = -1, .routes = web_routes, .context = &web, .slow_routes = web_slow_routes,
		.slow_context = &slow,
	};
	static char access_file[160];
	struct webconfig *config;
	struct http *http;
	char path[160];

	if (!shared.feed)
		shared.feed = new_feed();
	require(shared.audit || !auditbook_new(0, &shared.audit));
	options.feed = shared.feed;
	if (which == SOCKET) {
		fuzz_put("access.yaml", "root: [read, quarantine]\n", 25);
		snprintf(access_file, sizeof(access_file), "%s/access.yaml", fuzz_dir());
		require(!access_new(access_file, true, &options.access));
	}
	if (which == GUARDED) {
		fuzz_put("secret", SECRET, strlen(SECRET));
		fuzz_put("config.yaml", text, sizeof(text) - 1);
		snprintf(path, sizeof(path), "%s/config.yaml", fuzz_dir());
		require(!webconfig_read(path, &config));
		options.config = config;
	}
	require(!http_start(&options, &http));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *contexts[SERVERS];
	struct MHD_Connection c = { .lock = PTHREAD_MUTEX_INITIALIZER, .resumed = PTHREAD_COND_INITIALIZER };
	struct fuzz_input input = { data, size };
	char *method = fuzz_line(&input), *path = fuzz_line(&input);
	enum which which = *method == '!' ? GUARDED : *method == '@' ? SOCKET : OPEN;

	if (!contexts[which]) {
		start(which);
		contexts[which] = server.context;
	}
	server.context = contexts[which];
	take_pairs(&input, '=', c.arguments, &c.narguments);
	take_pairs(&input, ':', c.headers, &c.nheaders);
	ask(&c, method + (which != OPEN), path, &input);
	for (size_t i = 0; i < c.narguments; i++)
		free(c.arguments[i].key);
	for (size_t i = 0; i < c.nheaders; i++)
		free(c.headers[i].key);
	free(method);
	free(path);
	return 0;
}
