// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/neighbour.h>
#include <stdlib.h>
#include <string.h>

/* libnl's errors as errno's: only those that a dump of a table can meet. */
static int nl_errno(int err)
{
	switch (-err) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	default:
		return -EIO;
	}
}

static int nl_open(struct nl_sock **out)
{
	struct nl_sock *sock = nl_socket_alloc();
	int err;

	if (!sock)
		return -ENOMEM;
	err = nl_connect(sock, NETLINK_ROUTE);
	if (err) {
		nl_socket_free(sock);
		return nl_errno(err);
	}
	*out = sock;
	return 0;
}

static void socket_cleanup(struct nl_sock **sock)
{
	if (*sock)
		nl_socket_free(*sock);
}

static void cache_cleanup(struct nl_cache **cache)
{
	if (*cache)
		nl_cache_free(*cache);
}

/* IFLA_LINK of a veth is its peer, of a tunnel its underlay: nothing that it is stacked on. */
static bool stacked(const char *type)
{
	return type && (!strcmp(type, "vlan") || !strcmp(type, "macvlan") || !strcmp(type, "ipvlan"));
}

static void read_interface(struct rtnl_link *link, struct interface *out)
{
	const char *name = rtnl_link_get_name(link), *type = rtnl_link_get_type(link);

	*out = (struct interface){
		.ifindex = rtnl_link_get_ifindex(link),
		.master = rtnl_link_get_master(link),
		.mtu = rtnl_link_get_mtu(link),
		.received = rtnl_link_get_stat(link, RTNL_LINK_RX_PACKETS),
		.up = rtnl_link_get_flags(link) & IFF_UP,
	};
	strncpy(out->name, name ? name : "", sizeof(out->name) - 1);
	if (stacked(type))
		out->lower = rtnl_link_get_link(link);
	if (rtnl_link_is_vlan(link))
		out->vlan = rtnl_link_vlan_get_id(link);
}

static int read_interfaces(struct nl_sock *sock, struct network *network)
{
	struct nl_cache *cache __attribute__((cleanup(cache_cleanup))) = NULL;
	struct nl_object *object;
	int err = rtnl_link_alloc_cache(sock, AF_UNSPEC, &cache);

	if (err < 0)
		return nl_errno(err);
	network->interfaces = calloc(nl_cache_nitems(cache) + 1, sizeof(*network->interfaces));
	if (!network->interfaces)
		return -ENOMEM;
	for (object = nl_cache_get_first(cache); object; object = nl_cache_get_next(object))
		read_interface((struct rtnl_link *)object,
			       &network->interfaces[network->ninterfaces++]);
	return 0;
}

/* False: neither IPv4 nor IPv6. */
static bool read_addr(const struct nl_addr *addr, struct picket_addr *out)
{
	if (!addr)
		return false;
	if (nl_addr_get_family(addr) == AF_INET && nl_addr_get_len(addr) == 4) {
		*out = (struct picket_addr){ .w = { [2] = htonl(0xffff) } };
		memcpy(&out->w[3], nl_addr_get_binary_addr(addr), 4);
		return true;
	}
	if (nl_addr_get_family(addr) == AF_INET6 && nl_addr_get_len(addr) == 16) {
		memcpy(out, nl_addr_get_binary_addr(addr), sizeof(*out));
		return true;
	}
	return false;
}

static bool loopback_addr(const struct picket_addr *addr)
{
	if (addr->w[0] || addr->w[1])
		return false;
	if (addr->w[2] == htonl(0xffff))
		return ntohl(addr->w[3]) >> 24 == 127;
	return !addr->w[2] && addr->w[3] == htonl(1);
}

static int read_addrs(struct nl_sock *sock, struct network *network)
{
	struct nl_cache *cache __attribute__((cleanup(cache_cleanup))) = NULL;
	struct nl_object *object;
	int err = rtnl_addr_alloc_cache(sock, &cache);

	if (err < 0)
		return nl_errno(err);
	network->addrs = calloc(nl_cache_nitems(cache) + 1, sizeof(*network->addrs));
	if (!network->addrs)
		return -ENOMEM;
	for (object = nl_cache_get_first(cache); object; object = nl_cache_get_next(object)) {
		struct picket_addr *addr = &network->addrs[network->naddrs];

		if (read_addr(rtnl_addr_get_local((struct rtnl_addr *)object), addr) &&
		    !loopback_addr(addr))
			network->naddrs++;
	}
	return 0;
}

int network_get(struct network *out)
{
	struct nl_sock *sock __attribute__((cleanup(socket_cleanup))) = NULL;
	struct network network = {};
	int err = nl_open(&sock);

	if (!err)
		err = read_interfaces(sock, &network);
	if (!err)
		err = read_addrs(sock, &network);
	if (err) {
		network_free(&network);
		return err;
	}
	*out = network;
	return 0;
}

void network_free(struct network *network)
{
	free(network->interfaces);
	free(network->addrs);
	*network = (struct network){};
}

const struct interface *network_find(const struct network *network, const char *name)
{
	for (size_t i = 0; i < network->ninterfaces; i++) {
		if (!strcmp(network->interfaces[i].name, name))
			return &network->interfaces[i];
	}
	return NULL;
}

const struct interface *network_at(const struct network *network, uint32_t ifindex)
{
	for (size_t i = 0; i < network->ninterfaces; i++) {
		if (network->interfaces[i].ifindex == ifindex)
			return &network->interfaces[i];
	}
	return NULL;
}

/* What interface i takes over from those below it, 0: it is not judged. */
static uint32_t inherited(const struct network *network, const uint32_t *judged, size_t i)
{
	const struct interface *upper = &network->interfaces[i];
	uint32_t flags = 0;

	for (size_t k = 0; k < network->ninterfaces; k++) {
		const struct interface *lower = &network->interfaces[k];

		if (upper->lower && lower->ifindex == upper->lower)
			return judged[k];
		if (upper->lower || lower->master != upper->ifindex)
			continue;
		if (!judged[k])
			return 0;
		flags |= judged[k];
	}
	return flags;
}

void network_spread(const struct network *network, uint32_t *judged)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < network->ninterfaces; i++) {
			if (judged[i])
				continue;
			judged[i] = inherited(network, judged, i);
			more |= judged[i] != 0;
		}
	}
}

static bool read_neighbour(struct rtnl_neigh *neigh, struct neighbour *out)
{
	struct nl_addr *mac = rtnl_neigh_get_lladdr(neigh);
	int state = rtnl_neigh_get_state(neigh);

	if (state & (NUD_INCOMPLETE | NUD_FAILED | NUD_NOARP) || !mac || nl_addr_get_len(mac) != 6)
		return false;
	memcpy(out->mac, nl_addr_get_binary_addr(mac), 6);
	out->ifindex = rtnl_neigh_get_ifindex(neigh);
	return read_addr(rtnl_neigh_get_dst(neigh), &out->addr);
}

int neighbours_get(struct neighbour **out, size_t *n)
{
	struct nl_sock *sock __attribute__((cleanup(socket_cleanup))) = NULL;
	struct nl_cache *cache __attribute__((cleanup(cache_cleanup))) = NULL;
	struct neighbour *found;
	struct nl_object *object;
	int err = nl_open(&sock);

	if (err)
		return err;
	err = rtnl_neigh_alloc_cache(sock, &cache);
	if (err < 0)
		return nl_errno(err);
	found = calloc(nl_cache_nitems(cache) + 1, sizeof(*found));
	if (!found)
		return -ENOMEM;
	*n = 0;
	for (object = nl_cache_get_first(cache); object; object = nl_cache_get_next(object))
		*n += read_neighbour((struct rtnl_neigh *)object, &found[*n]);
	*out = found;
	return 0;
}

/* ---- changes ---- */

struct network_events {
	struct nl_sock *sock;
	bool changed;
};

static int on_change(struct nl_msg *msg, void *context)
{
	struct network_events *events = context;

	events->changed = true;
	return NL_OK;
}

void network_events_close(struct network_events *events)
{
	if (!events)
		return;
	if (events->sock)
		nl_socket_free(events->sock);
	free(events);
}

int network_events_open(struct network_events **out)
{
	struct network_events *events = calloc(1, sizeof(*events));
	int err = events ? nl_open(&events->sock) : -ENOMEM;

	if (!err) {
		nl_socket_disable_seq_check(events->sock);
		err = nl_socket_modify_cb(events->sock, NL_CB_VALID, NL_CB_CUSTOM, on_change, events);
		if (!err)
			err = nl_socket_add_memberships(events->sock, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
							RTNLGRP_IPV6_IFADDR, 0);
		if (!err)
			err = nl_socket_set_nonblocking(events->sock);
		err = err ? nl_errno(err) : 0;
	}
	if (err) {
		network_events_close(events);
		return err;
	}
	*out = events;
	return 0;
}

int network_events_fd(const struct network_events *events)
{
	return nl_socket_get_fd(events->sock);
}

bool network_events_take(struct network_events *events)
{
	int err;

	events->changed = false;
	do
		err = nl_recvmsgs_default(events->sock);
	while (!err);
	/* A full socket forgets: then anything may have changed. */
	return events->changed || err != -NLE_AGAIN;
}
