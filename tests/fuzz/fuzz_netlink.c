// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that the kernel is asked by netlink, with answers of its own: libnl reads and parses them, and then
 * picket's handlers have them. The first byte says what is asked; the rest are messages, as one read after another
 * returns them, each read with its length (two bytes) before it.
 *
 * wrap: nl_connect genl_connect nl_socket_add_memberships nl_socket_set_nonblocking
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "fuzz.h"
#include "hostview.h"
#include "netdev.h"
#include "netlink.h"
#include "route.h"

#define INTERFACES 64

int __wrap_nl_connect(struct nl_sock *sock, int protocol);
int __wrap_genl_connect(struct nl_sock *sock);
int __wrap_nl_socket_add_memberships(struct nl_sock *sock, int group, ...);
int __wrap_nl_socket_set_nonblocking(const struct nl_sock *sock);

static struct fuzz_input answers;

static int answer(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **out, struct ucred **creds)
{
	const uint8_t *bytes;
	size_t len;

	if (!answers.left)
		return -NLE_AGAIN;
	bytes = fuzz_bytes(&answers, fuzz_word(&answers), &len);
	if (!len)
		return 0;
	*out = malloc(len);
	require(*out);
	memcpy(*out, bytes, len);
	*from = (struct sockaddr_nl){ .nl_family = AF_NETLINK };
	return len;
}

/* Nobody hears it. */
static int swallow(struct nl_sock *sock, struct nl_msg *msg)
{
	return nlmsg_hdr(msg)->nlmsg_len;
}

/* Where the sequence numbers of the answers must fit, no answer would. */
static int any_sequence(struct nl_msg *msg, void *context)
{
	return NL_OK;
}

int __wrap_nl_connect(struct nl_sock *sock, int protocol)
{
	struct nl_cb *cb = nl_socket_get_cb(sock);

	nl_cb_overwrite_recv(cb, answer);
	nl_cb_overwrite_send(cb, swallow);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, any_sequence, NULL);
	nl_cb_put(cb);
	nl_socket_disable_auto_ack(sock);
	return 0;
}

int __wrap_genl_connect(struct nl_sock *sock)
{
	return __wrap_nl_connect(sock, NETLINK_GENERIC);
}

int __wrap_nl_socket_add_memberships(struct nl_sock *sock, int group, ...)
{
	return 0;
}

int __wrap_nl_socket_set_nonblocking(const struct nl_sock *sock)
{
	return 0;
}

static void ask_network(void)
{
	const char *const names[] = { "lan0", "wan0", "" };
	uint32_t judged[INTERFACES] = { INTERFACE_JUDGED | 1, 0, INTERFACE_JUDGED | 2 }, ifindexes[3];
	struct network network;

	if (network_get(&network))
		return;
	for (size_t i = 0; i < network.ninterfaces; i++) {
		require(strlen(network.interfaces[i].name) < IF_NAMESIZE);
		require(network_find(&network, network.interfaces[i].name));
		require(network_at(&network, network.interfaces[i].ifindex));
	}
	if (network.ninterfaces <= INTERFACES)
		network_spread(&network, judged);
	hostview_find(names, 3, &network, NULL, ifindexes);
	hostview_jumbo(ifindexes, 3, &network);
	hostview_hash(ifindexes, 3, &network);
	network_free(&network);
}

static void ask_neighbours(void)
{
	struct neighbour *neighbours;
	size_t n;

	if (neighbours_get(&neighbours, &n))
		return;
	fuzz_look(neighbours, n * sizeof(*neighbours));
	free(neighbours);
}

static void hear_events(void)
{
	struct network_events *events;

	require(!network_events_open(&events));
	network_events_take(events);
	network_events_close(events);
}

/* A read that returns this message and, so that the dump is over, DONE. */
static size_t put_read(uint8_t *to, struct nl_msg *msg)
{
	const struct nlmsghdr done = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = NLMSG_DONE, .nlmsg_flags = NLM_F_MULTI };
	size_t len = msg ? nlmsg_hdr(msg)->nlmsg_len : 0;

	to[0] = (len + sizeof(done)) >> 8;
	to[1] = len + sizeof(done);
	if (msg)
		memcpy(to + 2, nlmsg_hdr(msg), len);
	memcpy(to + 2 + len, &done, sizeof(done));
	return 2 + len + sizeof(done);
}

/* What the kernel says of a VLAN device is read as it is meant. */
static void check_vlan(void)
{
	struct ifinfomsg header = { .ifi_index = 7, .ifi_flags = IFF_UP };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_MULTI);
	struct nlattr *info, *data;
	struct network network;
	uint8_t bytes[1024];
	size_t len;

	require(msg && !nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO) &&
		!nla_put_string(msg, IFLA_IFNAME, "lan0.20") && !nla_put_u32(msg, IFLA_LINK, 3) &&
		!nla_put_u32(msg, IFLA_MASTER, 9) && !nla_put_u32(msg, IFLA_MTU, 1500) &&
		!nla_put_u64(msg, IFLA_STATS64, 77));
	info = nla_nest_start(msg, IFLA_LINKINFO);
	require(info && !nla_put_string(msg, IFLA_INFO_KIND, "vlan"));
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	require(data && !nla_put_u16(msg, IFLA_VLAN_ID, 20));
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	len = put_read(bytes, msg);
	len += put_read(bytes + len, NULL);
	answers = (struct fuzz_input){ bytes, len };
	require(!network_get(&network) && network.ninterfaces == 1);
	require(!strcmp(network.interfaces[0].name, "lan0.20") && network.interfaces[0].ifindex == 7);
	require(network.interfaces[0].vlan == 20 && network.interfaces[0].lower == 3);
	require(network.interfaces[0].master == 9 && network.interfaces[0].mtu == 1500);
	require(network.interfaces[0].received == 77 && network.interfaces[0].up);
	network_free(&network);
	nlmsg_free(msg);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	check_vlan();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint8_t what = fuzz_byte(&input);
	struct picket_addr to = { .w = { 0, 0, htonl(0xffff), htonl(0x0a140001) } };
	struct route route;
	uint64_t features;

	answers = input;
	switch (what % 5) {
	case 0:
		ask_network();
		break;
	case 1:
		ask_neighbours();
		break;
	case 2:
		netdev_xdp_features(3, &features);
		break;
	case 3:
		hear_events();
		break;
	case 4:
		route_get(&to, &to, 0, &route);
		break;
	}
	return 0;
}
