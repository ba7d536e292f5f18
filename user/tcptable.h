/* SPDX-License-Identifier: GPL-2.0-only */
/* The TCP connections of this network namespace that are open, as /proc/net/tcp and tcp6 list them. */
#ifndef PICKET_TCPTABLE_H
#define PICKET_TCPTABLE_H

#include <stdint.h>

#include "picket/abi.h"

struct tcp_connection {
	struct picket_addr local, remote;
	uint16_t local_port, remote_port;
	uint64_t inode; /* of its socket */
};

/* Calls fn for each. 0 or -errno. */
typedef void tcp_connection_fn(const struct tcp_connection *connection, void *context);
int tcptable_walk(tcp_connection_fn *fn, void *context);

#endif
