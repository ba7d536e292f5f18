/* SPDX-License-Identifier: GPL-2.0-only */
/* Learned addresses, seen from user space: the kernel's neighbours, and what no policy backs. */
#ifndef PICKET_LEARN_H
#define PICKET_LEARN_H

#include "live.h"
#include "netlink.h"
#include "policy.h"

/*
 * Forgets what was learned for devices that are gone, moved, or list their addresses now; then
 * learns from the kernel's neighbour table. policy is the live one, ifindexes are by port.
 * 0 or -errno.
 */
int learn_sync(const struct live *live, const struct policy *policy, const struct network *network,
	       const uint32_t *ifindexes);

#endif
