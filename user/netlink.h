/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel knows of this host's network: interfaces, addresses, neighbours. */
#ifndef PICKET_NETLINK_H
#define PICKET_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

struct interface {
	char name[IF_NAMESIZE];
	uint32_t ifindex;
	uint32_t lower; /* it is stacked on this one (VLAN, macvlan); 0: on none */
	uint32_t master; /* the bridge or bond that it is a member of; 0: none */
	uint16_t vlan; /* of a VLAN device */
	uint32_t mtu; /* bytes */
	uint64_t received; /* frames */
	bool up;
};

struct network {
	struct interface *interfaces;
	size_t ninterfaces;
	struct picket_addr *addrs; /* all but loopback addresses */
	size_t naddrs;
};

struct neighbour {
	struct picket_addr addr;
	uint32_t ifindex;
	uint8_t mac[6];
};

/* 0 and *out, or -errno. */
int network_get(struct network *out);
void network_free(struct network *network);

/* NULL: there is none. */
const struct interface *network_find(const struct network *network, const char *name);
const struct interface *network_at(const struct network *network, uint32_t ifindex);

/*
 * judged[i] speaks of interfaces[i]: on entry flags | INTERFACE_JUDGED of ports' interfaces, else
 * 0. Adds what is stacked on these, and bridges and bonds all of whose members are judged.
 */
#define INTERFACE_JUDGED (1U << 31)
void network_spread(const struct network *network, uint32_t *judged);

/* The kernel's neighbour table, entries that have a MAC and have not failed. 0 or -errno. */
int neighbours_get(struct neighbour **out, size_t *n);

/* Tells that interfaces or addresses changed. 0 and *out, or -errno. */
struct network_events;
int network_events_open(struct network_events **out);
void network_events_close(struct network_events *events);
int network_events_fd(const struct network_events *events);
/* Never waits. True: something changed, or may have been missed. */
bool network_events_take(struct network_events *events);

#endif
