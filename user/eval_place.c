// SPDX-License-Identifier: GPL-2.0-only
#include "eval_place.h"

#include <arpa/inet.h>
#include <string.h>

#define IPV4_BITS 96 /* an IPv4 /n is stored as a /(96 + n) */

static uint32_t ipv4_of(const struct picket_addr *addr)
{
	return ntohl(addr->w[3]);
}

bool addr_equal(const struct picket_addr *a, const struct picket_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool upper_are_zero(const struct picket_addr *addr)
{
	return !addr->w[0] && !addr->w[1] && !addr->w[2];
}

bool addr_is_unspecified(const struct picket_addr *addr)
{
	return (upper_are_zero(addr) || addr_is_ipv4(addr)) && !addr->w[3];
}

bool addr_is_loopback(const struct picket_addr *addr)
{
	if (addr_is_ipv4(addr))
		return ipv4_of(addr) >> 24 == 127;
	return upper_are_zero(addr) && ipv4_of(addr) == 1;
}

bool addr_is_multicast(const struct picket_addr *addr)
{
	if (addr_is_ipv4(addr))
		return ipv4_of(addr) >> 28 == 14;
	return ntohl(addr->w[0]) >> 24 == 0xff;
}

bool addr_is_link_local(const struct picket_addr *addr)
{
	return ntohl(addr->w[0]) >> 22 == 0xfe80 >> 6;
}

bool addr_is_broadcast(const struct picket_addr *addr)
{
	return addr_is_ipv4(addr) && ipv4_of(addr) == 0xffffffff;
}

bool addr_is_embedded_ipv4(const struct picket_addr *addr)
{
	return upper_are_zero(addr) && ipv4_of(addr) > 1;
}

uint32_t place_port(const struct policy *policy, const char *interface, uint16_t vlan)
{
	size_t i;

	for (i = 0; i < policy->nports; i++)
		if (policy->ports[i].vlan == vlan && !strcmp(policy->ports[i].interface, interface))
			return i;
	return INDEX_NONE;
}

bool place_on_port(const struct port *port, uint32_t segment)
{
	size_t i;

	for (i = 0; i < port->nsegments; i++)
		if (port->segments[i] == segment)
			return true;
	return false;
}

uint32_t place_mac_device(const struct policy *policy, const struct port *port,
			  const uint8_t mac[6])
{
	size_t i;

	for (i = 0; i < policy->ndevices; i++) {
		const struct device *device = &policy->devices[i];

		if (device->has_mac && !memcmp(device->mac, mac, 6) &&
		    place_on_port(port, device->segment))
			return i;
	}
	return INDEX_NONE;
}

uint32_t place_listed(const struct policy *policy, const struct picket_addr *addr)
{
	size_t i, j;

	for (i = 0; i < policy->ndevices; i++)
		for (j = 0; j < policy->devices[i].naddrs; j++)
			if (addr_equal(&policy->devices[i].addrs[j], addr))
				return i;
	return INDEX_NONE;
}

bool place_lists_version(const struct device *device, const struct picket_addr *addr)
{
	size_t i;

	for (i = 0; i < device->naddrs; i++)
		if (addr_is_ipv4(&device->addrs[i]) == addr_is_ipv4(addr))
			return true;
	return false;
}

uint32_t place_longest(const struct policy *policy, const struct picket_addr *addr, uint8_t *len)
{
	uint32_t found = INDEX_NONE;
	size_t i, j;

	for (i = 0; i < policy->nsegments; i++) {
		for (j = 0; j < policy->segments[i].nsubnets; j++) {
			const struct prefix *subnet = &policy->segments[i].subnets[j].prefix;

			if (!prefix_holds(subnet, addr) ||
			    (found != INDEX_NONE && subnet->len <= *len))
				continue;
			found = i;
			*len = subnet->len;
		}
	}
	return found;
}

static bool is_broadcast_of(const struct picket_addr *addr, const struct prefix *subnet)
{
	uint32_t hosts;

	if (!addr_is_ipv4(addr) || subnet->len <= IPV4_BITS || subnet->len > IPV4_BITS + 30 ||
	    !prefix_holds(subnet, addr))
		return false;
	hosts = 0xffffffff >> (subnet->len - IPV4_BITS);
	return (ipv4_of(addr) & hosts) == hosts;
}

uint32_t place_broadcast(const struct policy *policy, const struct picket_addr *addr)
{
	uint32_t found = INDEX_NONE;
	uint8_t longest = 0;
	size_t i, j;

	for (i = 0; i < policy->nsegments; i++) {
		for (j = 0; j < policy->segments[i].nsubnets; j++) {
			const struct prefix *subnet = &policy->segments[i].subnets[j].prefix;

			if (is_broadcast_of(addr, subnet) && subnet->len > longest) {
				found = i;
				longest = subnet->len;
			}
		}
	}
	return found;
}

bool place_martian_source(const struct policy *policy, const struct picket_addr *addr)
{
	uint32_t ip = ipv4_of(addr);

	if (addr_is_unspecified(addr))
		return false;
	if (addr_is_ipv4(addr) && (ip >> 24 == 0 || ip >> 28 == 15))
		return true;
	return addr_is_multicast(addr) || addr_is_loopback(addr) ||
	       place_broadcast(policy, addr) != INDEX_NONE;
}
