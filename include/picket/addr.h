/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address, as maps and events have it.
 */
#ifndef PICKET_ADDR_H
#define PICKET_ADDR_H

#include <linux/types.h>

#define PICKET_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type " must be " #size " bytes")

/* IPv6, or IPv4 as ::ffff:a.b.c.d */
struct picket_addr {
	__u32 w[4]; /* network byte order */
};
PICKET_ASSERT_SIZE(struct picket_addr, 16);

#endif
