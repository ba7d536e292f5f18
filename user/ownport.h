/* SPDX-License-Identifier: GPL-2.0-only */
/* This host's own interfaces, as others see them. */
#ifndef PICKET_OWNPORT_H
#define PICKET_OWNPORT_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

#define OWN_ADDRS 16

struct own_port {
	uint8_t mac[6];
	struct picket_addr addrs[OWN_ADDRS];
	uint8_t lens[OWN_ADDRS]; /* of their prefixes, as struct prefix has them */
	size_t naddrs;
};

/* 0 and *out; -ENODEV: there is no such interface, or it has no MAC; -errno. */
int own_port_get(const char *interface, struct own_port *out);

/* The interface of the default route, false: there is none. */
bool own_uplink(char interface[IF_NAMESIZE]);

#endif
