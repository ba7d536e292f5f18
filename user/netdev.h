/* SPDX-License-Identifier: GPL-2.0-only */
/* What a driver's XDP can do, as the kernel tells since Linux 6.3 (generic netlink "netdev"). */
#ifndef PICKET_NETDEV_H
#define PICKET_NETDEV_H

#include <stdint.h>

#define NETDEV_XDP_BASIC (1ULL << 0) /* abort, drop, pass, transmit */
#define NETDEV_XDP_FRAGMENTS (1ULL << 5) /* frames of several buffers */

/* 0 and *out; -EOPNOTSUPP: this kernel does not say; -errno. */
int netdev_xdp_features(uint32_t ifindex, uint64_t *out);

#endif
