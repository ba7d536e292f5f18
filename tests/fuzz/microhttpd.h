/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In the place of libmicrohttpd, as far as the HTTP server asks it: a connection is one request, taken apart already.
 * For targets that wrap its functions.
 */
#ifndef TEST_FUZZ_MICROHTTPD_H
#define TEST_FUZZ_MICROHTTPD_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define PAIRS 24

struct pair {
	char *key, *value; /* value NULL: there is none */
};

struct MHD_Response {
	char *body; /* NULL: a stream */
	size_t len;
	MHD_ContentReaderCallback read;
	MHD_ContentReaderFreeCallback end;
	void *context;
};

/* One request's. */
struct MHD_Connection {
	struct pair arguments[PAIRS], headers[PAIRS];
	size_t narguments, nheaders;
	union MHD_ConnectionInfo info;
	pthread_mutex_t lock;
	pthread_cond_t resumed;
	bool suspended;
	struct MHD_Response *answer;
	unsigned int status;
};

/* What the server gave to MHD_start_daemon(). */
extern struct started {
	MHD_AccessHandlerCallback request;
	MHD_RequestCompletedCallback completed;
	MHD_NotifyConnectionCallback connection;
	void *context;
} server;

#endif
