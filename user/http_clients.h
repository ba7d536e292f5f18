/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connections of a server: how long each has been sending its request, and at the Unix socket whose it is.
 * Nobody but root may hold so many that others find no room. Inside the HTTP server only.
 */
#ifndef PICKET_HTTP_CLIENTS_H
#define PICKET_HTTP_CLIENTS_H

#include "access.h"
#include "http.h"

#define HTTP_CONNECTIONS 512

struct MHD_Connection;
struct http_clients;

/* access NULL: not at the Unix socket. 0 and *out, or -ENOMEM. */
int http_clients_new(struct access *access, struct http_clients **out);
/* After the server has stopped. NULL is fine. */
void http_clients_free(struct http_clients *clients);
/* Once a second: ends connections whose request takes too long to arrive, or who may no longer what they might. */
void http_clients_tick(struct http_clients *clients);

void http_clients_add(struct http_clients *clients, struct MHD_Connection *connection, void **socket_context);
void http_clients_remove(struct http_clients *clients, void **socket_context);

/* Its request is whole, and being answered; or that is done, and it may send another. */
void http_clients_answering(struct http_clients *clients, struct MHD_Connection *connection, bool answering);

/*
 * Whether the client has the right: one who has not is told, and logged. what: the command or path that wants it.
 */
bool http_clients_admit(struct access *access, struct http_exchange *exchange, enum right right, const char *what);

/* Who it is; stays the client's. NULL: not known, and may nothing. */
const struct caller *http_clients_caller(struct MHD_Connection *connection);

#endif
