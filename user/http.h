/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An HTTP server on one listening socket, in a thread of its own (libmicrohttpd). It bounds what clients may take:
 * connections, bytes and seconds of a request. It only reads, but at the Unix socket, where commands are run for
 * those who have the right (http_call.h).
 */
#ifndef PICKET_HTTP_H
#define PICKET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct access;
struct feed;
struct http;
struct webconfig;

/* One request, and the answer that its handler makes. */
struct http_exchange {
	void *connection; /* libmicrohttpd's */
	void *context; /* the server's */
	const char *path;
	FILE *body; /* what is written here is the answer */
	unsigned int status; /* 200 unless the handler says otherwise */
	const char *type; /* "text/plain; charset=utf-8" likewise */
	const char *allow; /* with status 405: "GET, HEAD" likewise */
	const char *security_policy; /* Content-Security-Policy: nothing may be loaded, likewise */
};

/* The value of ?key=value, NULL: not given. "" for a key without a value. */
const char *http_argument(const struct http_exchange *exchange, const char *key);
/* The value of a header, NULL: not given. */
const char *http_header(const struct http_exchange *exchange, const char *name);

/* For bad requests: this status and sentence are the answer, and nothing that was written before. */
__attribute__((format(printf, 3, 4)))
void http_refuse(struct http_exchange *exchange, unsigned int status, const char *format, ...);

struct http_route {
	const char *path;
	void (*answer)(struct http_exchange *exchange);
};

struct http_options {
	int socket; /* listening; the server's from now on */
	const struct http_route *routes; /* until one without path */
	void *context; /* of their handlers, which run in the server's thread alone */
	const struct http_route *slow_routes; /* of what may take long */
	void *slow_context; /* of their handlers, which run in another thread */
	struct feed *feed; /* of GET /events */
	const struct webconfig *config; /* who may ask; NULL: everybody, in the clear */
	struct access *access; /* the socket is a Unix socket: who may do what there; else NULL */
};

/* 0 and *out, or -errno, said on stderr. */
int http_start(const struct http_options *options, struct http **out);
/* Once a second: ends requests that take too long to arrive, and keeps streams alive. */
void http_tick(struct http *http);
void http_stop(struct http *http);

/* The directory of a Unix socket, for all to reach it; made when it is not there. 0, or -errno, said. */
int http_make_dir(const char *socket);

/* "127.0.0.1:10713", "[::1]:10713": 0 and a listening socket, or -errno, said on stderr unless it is no address. */
int http_listen(const char *address, int *out);
/* *local: no other host can reach it. 0, or -EINVAL: it is no address. */
int http_is_local(const char *address, bool *local);
/* A socket in the file system, to which all may connect, in the place of one that nobody listens on. 0 and *out, or -errno, said on stderr. */
int http_listen_unix(const char *path, int *out);

#endif
