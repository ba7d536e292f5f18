// SPDX-License-Identifier: GPL-2.0-only
#include "microhttpd.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"

struct started server;

struct MHD_Daemon *__wrap_MHD_start_daemon(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept,
					   void *accept_context, MHD_AccessHandlerCallback request, void *context, ...);
void __wrap_MHD_stop_daemon(struct MHD_Daemon *daemon);
const char *__wrap_MHD_lookup_connection_value(struct MHD_Connection *c, enum MHD_ValueKind kind, const char *key);
enum MHD_Result __wrap_MHD_lookup_connection_value_n(struct MHD_Connection *c, enum MHD_ValueKind kind, const char *key,
						     size_t key_len, const char **value, size_t *len);
int __wrap_MHD_get_connection_values(struct MHD_Connection *c, enum MHD_ValueKind kind, MHD_KeyValueIterator fn,
				     void *context);
const union MHD_ConnectionInfo *__wrap_MHD_get_connection_info(struct MHD_Connection *c, enum MHD_ConnectionInfoType t,
							       ...);
char *__wrap_MHD_basic_auth_get_username_password(struct MHD_Connection *c, char **password);
void __wrap_MHD_free(void *memory);
struct MHD_Response *__wrap_MHD_create_response_from_buffer(size_t len, void *body, enum MHD_ResponseMemoryMode mode);
struct MHD_Response *__wrap_MHD_create_response_from_callback(uint64_t size, size_t block, MHD_ContentReaderCallback read,
							      void *context, MHD_ContentReaderFreeCallback end);
enum MHD_Result __wrap_MHD_add_response_header(struct MHD_Response *r, const char *key, const char *value);
enum MHD_Result __wrap_MHD_queue_response(struct MHD_Connection *c, unsigned int status, struct MHD_Response *r);
void __wrap_MHD_destroy_response(struct MHD_Response *r);
enum MHD_Result __wrap_MHD_set_connection_option(struct MHD_Connection *c, enum MHD_CONNECTION_OPTION option, ...);
void __wrap_MHD_suspend_connection(struct MHD_Connection *c);
void __wrap_MHD_resume_connection(struct MHD_Connection *c);

/* The options that http.c gives, in their order, each with what it takes. */
static void take_options(va_list args)
{
	enum MHD_OPTION option;

	while ((option = va_arg(args, enum MHD_OPTION)) != MHD_OPTION_END) {
		if (option == MHD_OPTION_NOTIFY_CONNECTION) {
			server.connection = va_arg(args, MHD_NotifyConnectionCallback);
			va_arg(args, void *);
		} else if (option == MHD_OPTION_NOTIFY_COMPLETED) {
			server.completed = va_arg(args, MHD_RequestCompletedCallback);
			va_arg(args, void *);
		} else if (option == MHD_OPTION_EXTERNAL_LOGGER || option == MHD_OPTION_UNESCAPE_CALLBACK) {
			va_arg(args, void *);
			va_arg(args, void *);
		} else if (option == MHD_OPTION_CONNECTION_MEMORY_LIMIT) {
			va_arg(args, size_t);
		} else if (option == MHD_OPTION_ARRAY) {
			va_arg(args, void *);
		} else {
			va_arg(args, unsigned int);
		}
	}
}

struct MHD_Daemon *__wrap_MHD_start_daemon(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept,
					   void *accept_context, MHD_AccessHandlerCallback request, void *context, ...)
{
	va_list args;

	server.request = request;
	server.context = context;
	va_start(args, context);
	take_options(args);
	va_end(args);
	require(server.connection && server.completed);
	return (struct MHD_Daemon *)&server;
}

void __wrap_MHD_stop_daemon(struct MHD_Daemon *daemon)
{
}

static const struct pair *find(const struct MHD_Connection *c, enum MHD_ValueKind kind, const char *key)
{
	bool header = kind == MHD_HEADER_KIND;
	const struct pair *pairs = header ? c->headers : c->arguments;
	size_t n = header ? c->nheaders : c->narguments;

	for (size_t i = 0; i < n; i++)
		if (header ? !strcasecmp(pairs[i].key, key) : !strcmp(pairs[i].key, key))
			return &pairs[i];
	return NULL;
}

const char *__wrap_MHD_lookup_connection_value(struct MHD_Connection *c, enum MHD_ValueKind kind, const char *key)
{
	const struct pair *pair = find(c, kind, key);

	return pair ? pair->value : NULL;
}

enum MHD_Result __wrap_MHD_lookup_connection_value_n(struct MHD_Connection *c, enum MHD_ValueKind kind, const char *key,
						     size_t key_len, const char **value, size_t *len)
{
	const struct pair *pair = find(c, kind, key);

	if (!pair)
		return MHD_NO;
	*value = pair->value;
	*len = pair->value ? strlen(pair->value) : 0;
	return MHD_YES;
}

int __wrap_MHD_get_connection_values(struct MHD_Connection *c, enum MHD_ValueKind kind, MHD_KeyValueIterator fn,
				     void *context)
{
	size_t i = 0;

	while (i < c->narguments && fn(context, kind, c->arguments[i].key, c->arguments[i].value) == MHD_YES)
		i++;
	return i;
}

const union MHD_ConnectionInfo *__wrap_MHD_get_connection_info(struct MHD_Connection *c, enum MHD_ConnectionInfoType t,
							       ...)
{
	static const union MHD_ConnectionInfo socket = { .connect_fd = -1 };

	return t == MHD_CONNECTION_INFO_SOCKET_CONTEXT ? &c->info : &socket;
}

/* "Basic USER:PASSWORD", without base64, which is the library's. */
char *__wrap_MHD_basic_auth_get_username_password(struct MHD_Connection *c, char **password)
{
	const struct pair *pair = find(c, MHD_HEADER_KIND, "Authorization");
	const char *colon = pair && pair->value && !strncmp(pair->value, "Basic ", 6) ? strchr(pair->value, ':') : NULL;

	if (!colon)
		return NULL;
	*password = strdup(colon + 1);
	return strndup(pair->value + 6, colon - pair->value - 6);
}

void __wrap_MHD_free(void *memory)
{
	free(memory);
}

static struct MHD_Response *new_response(const struct MHD_Response *what)
{
	struct MHD_Response *r = malloc(sizeof(*r));

	require(r);
	*r = *what;
	return r;
}

struct MHD_Response *__wrap_MHD_create_response_from_buffer(size_t len, void *body, enum MHD_ResponseMemoryMode mode)
{
	require(mode == MHD_RESPMEM_MUST_FREE && body);
	return new_response(&(struct MHD_Response){ .body = body, .len = len });
}

struct MHD_Response *__wrap_MHD_create_response_from_callback(uint64_t size, size_t block, MHD_ContentReaderCallback read,
							      void *context, MHD_ContentReaderFreeCallback end)
{
	return new_response(&(struct MHD_Response){ .read = read, .end = end, .context = context });
}

/* What a client says may not get into a header. */
enum MHD_Result __wrap_MHD_add_response_header(struct MHD_Response *r, const char *key, const char *value)
{
	require(key && value && !strpbrk(value, "\r\n"));
	return MHD_YES;
}

/* Sent, and given up, by the target. */
enum MHD_Result __wrap_MHD_queue_response(struct MHD_Connection *c, unsigned int status, struct MHD_Response *r)
{
	require(!c->answer);
	c->answer = r;
	c->status = status;
	return MHD_YES;
}

void __wrap_MHD_destroy_response(struct MHD_Response *r)
{
}

enum MHD_Result __wrap_MHD_set_connection_option(struct MHD_Connection *c, enum MHD_CONNECTION_OPTION option, ...)
{
	return MHD_YES;
}

void __wrap_MHD_suspend_connection(struct MHD_Connection *c)
{
	pthread_mutex_lock(&c->lock);
	c->suspended = true;
	pthread_mutex_unlock(&c->lock);
}

void __wrap_MHD_resume_connection(struct MHD_Connection *c)
{
	pthread_mutex_lock(&c->lock);
	c->suspended = false;
	pthread_cond_signal(&c->resumed);
	pthread_mutex_unlock(&c->lock);
}
