/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /command/NAME (served.h): a command that is run for a client of the Unix socket, in a process of its own, with the
 * daemon's rights and the client's name. Inside the HTTP server only.
 */
#ifndef PICKET_HTTP_CALL_H
#define PICKET_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "access.h"
#include "http.h"

struct MHD_Response;
struct http_call;
struct http_calls;

/* 0 and *out, or -ENOMEM. */
int http_calls_new(struct access *access, struct http_calls **out);
/* Those that read are ended, the others waited for, and none begins any more; before the server stops. */
void http_calls_end(struct http_calls *calls);
/* After it has stopped. NULL is fine. */
void http_calls_free(struct http_calls *calls);

/* When a request's head is there: whether this may be, and with which body. NULL: refused, the exchange says why. */
struct http_call *http_call_new(struct http_calls *calls, struct http_exchange *exchange, const char *method);
/* A part of its body. */
void http_call_add(struct http_call *call, const void *part, size_t len);
/* All of it is there: the command begins. NULL: refused, the exchange says why. */
struct MHD_Response *http_call_run(struct http_call *call, struct http_exchange *exchange);
/* The request is over; the command goes on when it changes something. */
void http_call_free(struct http_call *call);

#endif
