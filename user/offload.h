/* SPDX-License-Identifier: GPL-2.0-only */
/* Interface features that hide from XDP what was on the wire, by ethtool's ioctl. */
#ifndef PICKET_OFFLOAD_H
#define PICKET_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

enum offload {
	OFFLOAD_RX_VLAN = 1 << 0, /* takes 802.1Q tags off */
	OFFLOAD_RX_STAG = 1 << 1, /* takes 802.1ad tags off */
	OFFLOAD_GRO = 1 << 2, /* makes one frame of several */
	OFFLOAD_GRO_HW = 1 << 3,
	OFFLOAD_LRO = 1 << 4,
};

#define OFFLOADS_VLAN (OFFLOAD_RX_VLAN | OFFLOAD_RX_STAG)
#define OFFLOADS_MERGE (OFFLOAD_GRO | OFFLOAD_GRO_HW | OFFLOAD_LRO)
#define OFFLOADS_LEN 96

/* Which of them are on. 0 and *on, or -errno; an interface without features has none on. */
int offloads_get(const char *interface, uint32_t *on);

/* Which of all the driver cannot change, on or off. As offloads_get(). */
int offloads_fixed(const char *interface, uint32_t *fixed);

/* 0 when all that are asked for are so afterwards; -EOPNOTSUPP when one stayed; -errno. */
int offloads_set(const char *interface, uint32_t which, bool on);

/* ethtool's names: "rx-vlan-offload, gro" */
const char *format_offloads(uint32_t which, char buf[OFFLOADS_LEN]);

#define DRIVER_LEN 32

/* The name of its driver. 0 or -errno. */
int interface_driver(const char *interface, char driver[DRIVER_LEN]);
/* True when the interface's driver is this one. */
bool interface_has_driver(const char *interface, const char *driver);

/* Receive queues in use, and how many there could be. 0, or -errno: it has no such setting. */
int channels_get(const char *interface, uint32_t *now, uint32_t *most);

#endif
