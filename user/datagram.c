// SPDX-License-Identifier: GPL-2.0-only
#include "datagram.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "policy.h"

#define PATIENCE_NS 50000000

int datagram_open(const char *path, struct datagram *out)
{
	struct datagram datagram = { .to.sun_family = AF_UNIX };

	out->fd = -1;
	if (strlen(path) >= sizeof(datagram.to.sun_path))
		return -ENAMETOOLONG;
	strcpy(datagram.to.sun_path, path);
	datagram.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (datagram.fd < 0)
		return -errno;
	datagram_tick(&datagram);
	*out = datagram;
	return 0;
}

void datagram_close(struct datagram *datagram)
{
	if (datagram->fd >= 0)
		close(datagram->fd);
	datagram->fd = -1;
}

void datagram_tick(struct datagram *datagram)
{
	datagram->patience = PATIENCE_NS;
}

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static int try_send(const struct datagram *datagram, const void *data, size_t len)
{
	return send(datagram->fd, data, len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_patiently(struct datagram *datagram, const void *data, size_t len)
{
	struct pollfd room = { .fd = datagram->fd, .events = POLLOUT };
	int err = try_send(datagram, data, len);

	while (err == -EAGAIN && datagram->patience > 0) {
		struct timespec patience = { .tv_nsec = datagram->patience };
		int64_t since = clock_now();

		ppoll(&room, 1, &patience, NULL);
		datagram->patience -= clock_now() - since;
		err = try_send(datagram, data, len);
	}
	return err;
}

int datagram_send(struct datagram *datagram, const void *data, size_t len)
{
	int err = datagram->connected ? send_patiently(datagram, data, len) : -ENOTCONN;

	/* Another socket may be there by now, even beside one that is full. */
	if (err && err != -EMSGSIZE) {
		if (connect(datagram->fd, (const struct sockaddr *)&datagram->to, sizeof(datagram->to)))
			err = -errno;
		else
			err = send_patiently(datagram, data, len);
	}
	datagram->connected = !err || err == -EMSGSIZE;
	return err;
}

const char *datagram_why(int error)
{
	switch (error) {
	case -EAGAIN:
		return "its reader does not keep up";
	case -ENOENT:
	case -ECONNREFUSED:
		return "nobody listens there";
	default:
		return strerror(-error);
	}
}
