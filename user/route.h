/* SPDX-License-Identifier: GPL-2.0-only */
/* Which way the kernel sends what goes to an address. */
#ifndef PICKET_ROUTE_H
#define PICKET_ROUTE_H

#include <stdint.h>

#include "picket/abi.h"

struct route {
	uint32_t ifindex;
	struct picket_addr hop; /* the router, or the address itself */
};

/*
 * from: an address of this host that it comes from. ifindex: it must leave there, 0: anywhere. 0
 * and *out; -ENETUNREACH: there is no way; -errno.
 */
int route_get(const struct picket_addr *to, const struct picket_addr *from, uint32_t ifindex,
	      struct route *out);

#endif
