/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What eval's steps ask the policy about addresses, MACs and ports, by linear scans.
 */
#ifndef PICKET_EVAL_PLACE_H
#define PICKET_EVAL_PLACE_H

#include "policy.h"

bool addr_equal(const struct picket_addr *a, const struct picket_addr *b);
bool addr_is_unspecified(const struct picket_addr *addr); /* 0.0.0.0 or :: */
bool addr_is_loopback(const struct picket_addr *addr);
bool addr_is_multicast(const struct picket_addr *addr);
bool addr_is_link_local(const struct picket_addr *addr); /* fe80::/10 */
bool addr_is_broadcast(const struct picket_addr *addr); /* 255.255.255.255 */
bool addr_is_embedded_ipv4(const struct picket_addr *addr); /* ::/96, but for :: and ::1 */

/* Index of a port; INDEX_NONE when no segment is attached to it. */
uint32_t place_port(const struct policy *policy, const char *interface, uint16_t vlan);
bool place_on_port(const struct port *port, uint32_t segment);

/* The device with this MAC in a segment on the port, or INDEX_NONE. */
uint32_t place_mac_device(const struct policy *policy, const struct port *port,
			  const uint8_t mac[6]);

/* The device that lists the address, or INDEX_NONE. */
uint32_t place_listed(const struct policy *policy, const struct picket_addr *addr);

/* True when the device lists an address of the same IP version as addr. */
bool place_lists_version(const struct device *device, const struct picket_addr *addr);

/* The segment with the longest subnet that holds the address, or INDEX_NONE; *len: its length. */
uint32_t place_longest(const struct policy *policy, const struct picket_addr *addr, uint8_t *len);

/* The segment whose subnet (the longest of such) has this IPv4 broadcast address, or INDEX_NONE. */
uint32_t place_broadcast(const struct policy *policy, const struct picket_addr *addr);

/* A source that nobody can have: multicast, loopback, 0/8, 240/4, a listed subnet's broadcast. */
bool place_martian_source(const struct policy *policy, const struct picket_addr *addr);

#endif
