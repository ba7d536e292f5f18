// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "names.h"
#include "tcptable.h"

#define DEPTH 64 /* processes above this one */
#define ENVIRONMENT (256 * 1024)
#define SOCKETS 64
#define COMM_LEN 16

/* Whose servers are no children of the sshd that their clients came by. */
static const char *const multiplexers[] = { "tmux", "screen", "zellij", "dtach", "abduco" };

struct search {
	struct ssh_session told[SESSIONS_MOST]; /* by environments: they may be long gone */
	size_t ntold;
	uint64_t sockets[SOCKETS]; /* inodes */
	size_t nsockets;
	struct ssh_session *out;
	size_t n;
};

/* ---- what is told ---- */

/* "CLIENT PORT SERVER PORT"; a link-local address may end in %INTERFACE. What comes after a comma is not of it. */
static bool parse_session(const char *text, struct ssh_session *out)
{
	char client[ADDR_LEN + IF_NAMESIZE + 1], server[ADDR_LEN + IF_NAMESIZE + 1], *zone;
	struct ssh_session session = { .ifindex = 0 };

	if (sscanf(text, "%62[^ ,] %" SCNu16 " %62[^ ,] %" SCNu16, client, &session.client_port, server,
		   &session.server_port) != 4)
		return false;
	zone = strchr(client, '%');
	if (zone) {
		*zone = '\0';
		session.ifindex = if_nametoindex(zone + 1);
	}
	server[strcspn(server, "%")] = '\0';
	if (parse_addr(client, &session.client) || parse_addr(server, &session.server))
		return false;
	*out = session;
	return true;
}

static bool is_new(const struct search *search, const struct ssh_session *session)
{
	for (size_t i = 0; i < search->ntold; i++)
		if (!memcmp(&search->told[i], session, sizeof(*session)))
			return false;
	return true;
}

static void add_told(struct search *search, const char *text)
{
	struct ssh_session session;

	for (const char *at = text; at && search->ntold < SESSIONS_MOST; at = strchr(at, ',')) {
		at += *at == ',';
		if (parse_session(at, &session) && is_new(search, &session))
			search->told[search->ntold++] = session;
	}
}

/* ---- processes ---- */

static ssize_t read_proc(const char *pid, const char *name, char *out, size_t size)
{
	char path[64];
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (len < size - 1 && (n = read(fd, out + len, size - 1 - len)) > 0)
		len += n;
	out[len] = '\0';
	return len;
}

/* False: it is gone. A name may hold anything, parentheses too. */
static bool read_stat(const char *pid, char comm[COMM_LEN], int *parent)
{
	char text[512], *open, *close;

	if (read_proc(pid, "stat", text, sizeof(text)) < 0)
		return false;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open || sscanf(close + 1, " %*c %d", parent) != 1)
		return false;
	*close = '\0';
	snprintf(comm, COMM_LEN, "%s", open + 1);
	return true;
}

static void ask_environment(struct search *search, const char *pid)
{
	_cleanup_free_ char *text = malloc(ENVIRONMENT);
	ssize_t len = text ? read_proc(pid, "environ", text, ENVIRONMENT) : -1;

	for (ssize_t at = 0; at < len; at += strlen(text + at) + 1)
		if (!strncmp(text + at, SESSION_VARIABLE "=", sizeof(SESSION_VARIABLE)))
			add_told(search, text + at + sizeof(SESSION_VARIABLE));
}

static void ask_sockets(struct search *search, const char *pid)
{
	char path[64], target[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && search->nsockets < SOCKETS && (entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		if (sscanf(target, "socket:[%" SCNu64 "]", &search->sockets[search->nsockets]) == 1)
			search->nsockets++;
	}
	if (dir)
		closedir(dir);
}

static bool is_multiplexer(const char *comm)
{
	for (size_t i = 0; i < sizeof(multiplexers) / sizeof(*multiplexers); i++)
		if (!strncasecmp(comm, multiplexers[i], strlen(multiplexers[i])))
			return true;
	return false;
}

static void ask_clients(struct search *search)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char comm[COMM_LEN];
	int parent;

	while (dir && (entry = readdir(dir))) {
		if (isdigit((unsigned char)entry->d_name[0]) && read_stat(entry->d_name, comm, &parent) &&
		    is_multiplexer(comm))
			ask_environment(search, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static void ask_above(struct search *search)
{
	bool multiplexed = false;
	int parent = getppid();

	for (int depth = 0; depth < DEPTH && parent > 0; depth++) {
		char pid[16], comm[COMM_LEN];

		snprintf(pid, sizeof(pid), "%d", parent);
		if (!read_stat(pid, comm, &parent))
			break;
		ask_environment(search, pid);
		if (!strncmp(comm, "sshd", 4))
			ask_sockets(search, pid);
		multiplexed |= is_multiplexer(comm);
	}
	if (multiplexed)
		ask_clients(search);
}

/* ---- what is there ---- */

static bool is_told(const struct tcp_connection *c, const struct ssh_session *told)
{
	return !memcmp(&c->local, &told->server, sizeof(c->local)) && c->local_port == told->server_port &&
	       !memcmp(&c->remote, &told->client, sizeof(c->remote)) && c->remote_port == told->client_port;
}

static void match(const struct tcp_connection *c, void *context)
{
	struct search *search = context;
	struct ssh_session *out = &search->out[search->n];
	bool found = false;

	if (search->n == SESSIONS_MOST)
		return;
	*out = (struct ssh_session){ c->remote, c->local, c->remote_port, c->local_port, 0 };
	for (size_t i = 0; i < search->nsockets; i++)
		found |= search->sockets[i] == c->inode;
	for (size_t i = 0; i < search->ntold; i++) {
		if (!is_told(c, &search->told[i]))
			continue;
		found = true;
		out->ifindex = search->told[i].ifindex;
	}
	search->n += found;
}

size_t sessions_find(struct ssh_session out[SESSIONS_MOST])
{
	struct search search = { .out = out };

	add_told(&search, getenv(SESSION_VARIABLE));
	ask_above(&search);
	if (!search.ntold && !search.nsockets)
		return 0;
	tcptable_walk(match, &search);
	return search.n;
}

char *sessions_text(void)
{
	struct ssh_session sessions[SESSIONS_MOST];
	size_t n = sessions_find(sessions), len;
	char client[ADDR_LEN], server[ADDR_LEN], zone[IF_NAMESIZE], *text = NULL;
	FILE *out = n ? open_memstream(&text, &len) : NULL;

	if (!out)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct ssh_session *session = &sessions[i];
		bool zoned = session->ifindex && if_indextoname(session->ifindex, zone);

		format_addr(&session->client, client);
		format_addr(&session->server, server);
		fprintf(out, "%s%s%s%s %u %s %u", i ? "," : "", client, zoned ? "%" : "", zoned ? zone : "",
			session->client_port, server, session->server_port);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
