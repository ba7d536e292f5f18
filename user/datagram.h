/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams to a Unix socket that another process listens on, which may come and go.
 */
#ifndef PICKET_DATAGRAM_H
#define PICKET_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

struct datagram {
	int fd;
	struct sockaddr_un to;
	bool connected;
	int64_t patience; /* ns that may still be waited until the next tick */
};

/* Nobody need listen yet. 0; -ENAMETOOLONG; -errno: fd is -1. */
int datagram_open(const char *path, struct datagram *out);
void datagram_close(struct datagram *datagram);

/*
 * 0; -EAGAIN: the reader's queue is full; -ENOENT, -ECONNREFUSED: nobody listens; -errno. The
 * queue holds as few as ten (net.unix.max_dgram_qlen), so that a burst has to wait for a reader
 * that is well: for at most 50 ms of a second, all told.
 */
int datagram_send(struct datagram *datagram, const void *data, size_t len);
/* Once a second. */
void datagram_tick(struct datagram *datagram);

/* Half a sentence for what datagram_send() returned. */
const char *datagram_why(int error);

#endif
