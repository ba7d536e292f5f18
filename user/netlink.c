// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
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

/* ---- interfaces: read here, since libnl follows NULL where a message says "vlan" and no more ---- */

struct reading {
	struct network *network;
	int err;
};

static void read_kind(struct nlattr *info, const struct nlattr *lower, struct interface *out)
{
	static struct nla_policy infos[IFLA_INFO_MAX + 1] = {
		[IFLA_INFO_KIND] = { .type = NLA_STRING }, [IFLA_INFO_DATA] = { .type = NLA_NESTED },
	};
	static struct nla_policy data[IFLA_VLAN_MAX + 1] = { [IFLA_VLAN_ID] = { .type = NLA_U16 } };
	struct nlattr *attrs[IFLA_INFO_MAX + 1], *vlan[IFLA_VLAN_MAX + 1];
	const char *kind;

	if (nla_parse_nested(attrs, IFLA_INFO_MAX, info, infos) || !attrs[IFLA_INFO_KIND])
		return;
	kind = nla_get_string(attrs[IFLA_INFO_KIND]);
	if (stacked(kind) && lower)
		out->lower = nla_get_u32(lower);
	if (!strcmp(kind, "vlan") && attrs[IFLA_INFO_DATA] &&
	    !nla_parse_nested(vlan, IFLA_VLAN_MAX, attrs[IFLA_INFO_DATA], data) && vlan[IFLA_VLAN_ID])
		out->vlan = nla_get_u16(vlan[IFLA_VLAN_ID]);
}

static uint32_t number_or_0(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

/* False: it is not about an interface. */
static bool read_interface(struct nlmsghdr *message, struct interface *out)
{
	static struct nla_policy policy[IFLA_MAX + 1] = {
		[IFLA_IFNAME] = { .type = NLA_STRING, .maxlen = IF_NAMESIZE }, [IFLA_LINK] = { .type = NLA_U32 },
		[IFLA_MASTER] = { .type = NLA_U32 }, [IFLA_MTU] = { .type = NLA_U32 },
		[IFLA_STATS64] = { .minlen = sizeof(uint64_t) }, [IFLA_LINKINFO] = { .type = NLA_NESTED },
	};
	struct nlattr *attrs[IFLA_MAX + 1];
	const struct ifinfomsg *info;

	if (message->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(message, sizeof(*info), attrs, IFLA_MAX, policy) || !attrs[IFLA_IFNAME])
		return false;
	info = nlmsg_data(message);
	*out = (struct interface){
		.ifindex = info->ifi_index,
		.master = number_or_0(attrs[IFLA_MASTER]),
		.mtu = number_or_0(attrs[IFLA_MTU]),
		.up = info->ifi_flags & IFF_UP,
	};
	nla_strlcpy(out->name, attrs[IFLA_IFNAME], sizeof(out->name));
	if (attrs[IFLA_STATS64]) /* frames received come first */
		memcpy(&out->received, nla_data(attrs[IFLA_STATS64]), sizeof(out->received));
	if (attrs[IFLA_LINKINFO])
		read_kind(attrs[IFLA_LINKINFO], attrs[IFLA_LINK], out);
	return true;
}

static int on_interface(struct nl_msg *msg, void *context)
{
	struct reading *reading = context;
	struct network *network = reading->network;
	struct interface interface, *grown;

	if (!read_interface(nlmsg_hdr(msg), &interface))
		return NL_OK;
	grown = reallocarray(network->interfaces, network->ninterfaces + 1, sizeof(*grown));
	if (!grown) {
		reading->err = -ENOMEM;
		return NL_STOP;
	}
	network->interfaces = grown;
	grown[network->ninterfaces++] = interface;
	return NL_OK;
}

static int read_interfaces(struct nl_sock *sock, struct network *network)
{
	struct reading reading = { .network = network };
	struct ifinfomsg all = { .ifi_family = AF_UNSPEC };
	int err = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_interface, &reading);

	if (err)
		return nl_errno(err);
	do { /* they may have changed meanwhile */
		network->ninterfaces = 0;
		err = nl_send_simple(sock, RTM_GETLINK, NLM_F_DUMP, &all, sizeof(all));
		if (err >= 0)
			err = nl_recvmsgs_default(sock);
	} while (err == -NLE_DUMP_INTR);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	return err < 0 ? nl_errno(err) : reading.err;
}

/* ---- addresses ---- */

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
