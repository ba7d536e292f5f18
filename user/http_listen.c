// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "cleanup.h"
#include "http.h"
#include "output.h"
#include "writers.h"

#define HOST_LEN 64
#define BACKLOG 1024

/* "HOST:PORT" or "[HOST]:PORT", numbers both; the caller frees *out. 0 or -EINVAL. */
static int parse_address(const char *address, struct addrinfo **out)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM,
	};
	const char *colon = strrchr(address, ':');
	char host[HOST_LEN];
	size_t len = colon ? colon - address : 0;

	if (!len || len >= sizeof(host) || !colon[1])
		return -EINVAL;
	memcpy(host, address, len);
	host[len] = '\0';
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		memmove(host, host + 1, len - 1);
	} else if (strchr(host, ':')) {
		return -EINVAL; /* IPv6 without brackets: where does the port begin? */
	}
	return getaddrinfo(host, colon + 1, &hints, out) ? -EINVAL : 0;
}

int http_is_local(const char *address, bool *local)
{
	struct addrinfo *info;
	int err = parse_address(address, &info);

	if (err)
		return err;
	*local = false;
	if (info->ai_family == AF_INET)
		*local = ntohl(((struct sockaddr_in *)info->ai_addr)->sin_addr.s_addr) >> 24 == 127;
	else if (info->ai_family == AF_INET6)
		*local = IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)info->ai_addr)->sin6_addr);
	freeaddrinfo(info);
	return 0;
}

static int listen_at(const struct sockaddr *at, socklen_t len, int *out)
{
	_cleanup_close_ int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, at, len) || listen(fd, BACKLOG))
		return -errno;
	*out = take_fd(&fd);
	return 0;
}

int http_listen(const char *address, int *out)
{
	struct addrinfo *info;
	int err = parse_address(address, &info);

	if (err)
		return err;
	err = listen_at(info->ai_addr, info->ai_addrlen, out);
	freeaddrinfo(info);
	if (err == -EADDRINUSE)
		return fail(err, "somebody else listens on %s: is another 'picket run' there ('ss -ltnp' tells)? "
			    "--listen takes another address", address);
	return err ? fail(err, "nothing can listen on %s: %s", address, strerror(-err)) : 0;
}

/* Others could put a socket of their own there. */
static int check_dir(const char *dir)
{
	struct stat of;

	if (lstat(dir, &of))
		return fail(-errno, "%s cannot be used: %s", dir, strerror(errno));
	if (S_ISDIR(of.st_mode) && writers_owned(&of) && (!writers_others(&of) || of.st_mode & S_ISVTX))
		return 0;
	return fail(-EPERM, "%s is no directory of root's alone: 'chown root' and 'chmod 755' it, or remove it", dir);
}

int http_make_dir(const char *socket)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(socket, '/') - socket), socket);
	if (mkdir(dir, 0755)) {
		if (errno == EEXIST)
			return check_dir(dir);
		return fail(-errno, "%s cannot be made: %s", dir, strerror(errno));
	}
	/* Others come to the socket through it, whatever the umask. */
	return chmod(dir, 0755) ? fail(-errno, "%s cannot be opened to all: %s", dir, strerror(errno)) : 0;
}

/* Somebody answers there. */
static bool in_use(const struct sockaddr_un *at)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !connect(fd, (const struct sockaddr *)at, sizeof(*at));
}

int http_listen_unix(const char *path, int *out)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	mode_t mask;
	int err;

	if (strlen(path) >= sizeof(at.sun_path))
		return fail(-ENAMETOOLONG, "%s is too long for a socket's name", path);
	strcpy(at.sun_path, path);
	if (in_use(&at))
		return fail(-EADDRINUSE, "another 'picket run' answers at %s: there is one for what is live",
			    path);
	if (unlink(path) && errno != ENOENT)
		return fail(-errno, "%s is in the way: %s", path, strerror(errno));
	mask = umask(0111);
	err = listen_at((struct sockaddr *)&at, sizeof(at), out);
	umask(mask);
	return err ? fail(err, "nothing can listen at %s: %s", path, strerror(-err)) : 0;
}
