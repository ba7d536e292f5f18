// SPDX-License-Identifier: GPL-2.0-only
#include "http_clients.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "served.h"

#define REQUEST_SECONDS 10 /* for a request to arrive */
#define ONE_USERS 32 /* connections at the Unix socket; those of users without any right together */
#define ALL_USERS (HTTP_CONNECTIONS - 64) /* what is left is root's */

/* One connection. */
struct client {
	struct client *next, **link;
	int fd;
	time_t since; /* CLOCK_MONOTONIC, s: it was to send a request; 0: one is being answered */
	struct caller caller;
	unsigned int rights; /* when it connected */
};

struct http_clients {
	struct access *access;
	pthread_mutex_t lock; /* of what follows */
	struct client *first;
};

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* Another one for this client would be one too many. */
static bool too_many(const struct http_clients *clients, const struct client *one)
{
	unsigned int same = 0, all = 0;

	for (const struct client *other = clients->first; other; other = other->next) {
		all += other->caller.uid != 0;
		same += other->caller.uid == one->caller.uid || (!other->rights && !one->rights);
	}
	return one->caller.uid && (same >= ONE_USERS || all >= ALL_USERS);
}

static void link_client(struct http_clients *clients, struct client *client)
{
	client->next = clients->first;
	client->link = &clients->first;
	if (client->next)
		client->next->link = &client->next;
	clients->first = client;
}

void http_clients_add(struct http_clients *clients, struct MHD_Connection *connection, void **socket_context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *client = calloc(1, sizeof(*client));
	bool refused = false;

	*socket_context = client;
	if (!client) {
		if (info)
			shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	client->fd = info ? info->connect_fd : -1;
	client->since = seconds();
	if (clients->access) {
		caller_of(client->fd, &client->caller);
		client->rights = access_rights(clients->access, &client->caller);
	}
	pthread_mutex_lock(&clients->lock);
	if (clients->access)
		refused = too_many(clients, client);
	link_client(clients, client);
	if (refused)
		shutdown(client->fd, SHUT_RDWR);
	pthread_mutex_unlock(&clients->lock);
	if (refused)
		access_refused(clients->access, &client->caller, "another connection, there are too many");
}

void http_clients_remove(struct http_clients *clients, void **socket_context)
{
	struct client *client = *socket_context;

	if (!client)
		return;
	pthread_mutex_lock(&clients->lock);
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	pthread_mutex_unlock(&clients->lock);
	free(client->caller.groups);
	free(client);
}

void http_clients_answering(struct http_clients *clients, struct MHD_Connection *connection, bool answering)
{
	struct client *client = client_of(connection);

	pthread_mutex_lock(&clients->lock);
	if (client)
		client->since = answering ? 0 : seconds();
	pthread_mutex_unlock(&clients->lock);
}

const struct caller *http_clients_caller(struct MHD_Connection *connection)
{
	const struct client *client = client_of(connection);

	return client ? &client->caller : NULL;
}

bool http_clients_admit(struct access *access, struct http_exchange *exchange, enum right right, const char *what)
{
	const struct caller *caller = http_clients_caller(exchange->connection);

	if (caller && (access_rights(access, caller) & right))
		return true;
	http_refuse(exchange, MHD_HTTP_FORBIDDEN, "'%s' wants the right '%s', which none of your groups has: root can "
		    "give it to one in %s, as in 'GROUP: [%s]'", what, right_name(right), access_path(access),
		    right_name(right));
	if (caller)
		access_refused(access, caller, what);
	return false;
}

/* What it is being sent, or waits for, may be no more for it to see. */
static bool has_lost(const struct http_clients *clients, const struct client *client)
{
	return clients->access && (client->rights & ~access_rights(clients->access, &client->caller));
}

void http_clients_tick(struct http_clients *clients)
{
	time_t now = seconds();

	pthread_mutex_lock(&clients->lock);
	for (struct client *client = clients->first; client; client = client->next) {
		bool late = client->since && now - client->since > REQUEST_SECONDS;

		if (client->fd >= 0 && (late || has_lost(clients, client)))
			shutdown(client->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&clients->lock);
}

int http_clients_new(struct access *access, struct http_clients **out)
{
	struct http_clients *clients = calloc(1, sizeof(*clients));

	if (!clients)
		return -ENOMEM;
	clients->access = access;
	pthread_mutex_init(&clients->lock, NULL);
	*out = clients;
	return 0;
}

void http_clients_free(struct http_clients *clients)
{
	if (!clients)
		return;
	pthread_mutex_destroy(&clients->lock);
	free(clients);
}
