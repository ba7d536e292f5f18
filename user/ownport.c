// SPDX-License-Identifier: GPL-2.0-only
#include "ownport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#define IPV4_BITS 96

static uint8_t mask_len(const void *mask, size_t bytes)
{
	uint8_t len = 0;

	for (size_t i = 0; i < bytes; i++)
		len += __builtin_popcount(((const uint8_t *)mask)[i]);
	return len;
}

static void add_own(struct own_port *port, const struct ifaddrs *at)
{
	struct picket_addr addr = { .w = { 0, 0, htonl(0xffff), 0 } };
	uint8_t len;

	if (!at->ifa_netmask || port->naddrs == OWN_ADDRS)
		return;
	if (at->ifa_addr->sa_family == AF_INET) {
		memcpy(&addr.w[3], &((const struct sockaddr_in *)at->ifa_addr)->sin_addr, 4);
		len = IPV4_BITS + mask_len(&((const struct sockaddr_in *)at->ifa_netmask)->sin_addr, 4);
	} else {
		memcpy(addr.w, &((const struct sockaddr_in6 *)at->ifa_addr)->sin6_addr, 16);
		len = mask_len(&((const struct sockaddr_in6 *)at->ifa_netmask)->sin6_addr, 16);
	}
	port->addrs[port->naddrs] = addr;
	port->lens[port->naddrs++] = len;
}

int own_port_get(const char *interface, struct own_port *out)
{
	struct own_port port = { .naddrs = 0 };
	struct ifaddrs *all;
	bool has_mac = false;

	if (getifaddrs(&all))
		return -errno;
	for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
		const struct sockaddr_ll *link = (const void *)at->ifa_addr;

		if (!at->ifa_addr || strcmp(at->ifa_name, interface))
			continue;
		if (link->sll_family == AF_INET || link->sll_family == AF_INET6)
			add_own(&port, at);
		if (link->sll_family != AF_PACKET || link->sll_hatype != ARPHRD_ETHER)
			continue;
		memcpy(port.mac, link->sll_addr, 6);
		has_mac = true;
	}
	freeifaddrs(all);
	if (!has_mac)
		return -ENODEV;
	*out = port;
	return 0;
}

static void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

bool own_uplink(char interface[IF_NAMESIZE])
{
	FILE *routes __attribute__((cleanup(file_cleanup))) = fopen("/proc/net/route", "re");
	char line[256];
	unsigned int to, gateway;

	while (routes && fgets(line, sizeof(line), routes)) {
		if (sscanf(line, "%15s %x %x", interface, &to, &gateway) == 3 && !to && gateway)
			return true;
	}
	return false;
}
