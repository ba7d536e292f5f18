// SPDX-License-Identifier: GPL-2.0-only
#include "route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "policy.h"

struct asked {
	struct route route;
	bool found;
};

static void socket_cleanup(struct nl_sock **sock)
{
	if (*sock)
		nl_socket_free(*sock);
}

static void msg_cleanup(struct nl_msg **msg)
{
	if (*msg)
		nlmsg_free(*msg);
}

static int put_addr(struct nl_msg *msg, int type, const struct picket_addr *addr)
{
	return addr_is_ipv4(addr) ? nla_put(msg, type, 4, &addr->w[3]) : nla_put(msg, type, sizeof(*addr), addr);
}

/* A router of the other IP version is in RTA_VIA, and stays unknown. */
static void read_hop(const struct nlattr *gateway, struct picket_addr *hop)
{
	if (nla_len(gateway) == 4)
		memcpy(&hop->w[3], nla_data(gateway), 4);
	else if (nla_len(gateway) == sizeof(*hop))
		memcpy(hop, nla_data(gateway), sizeof(*hop));
}

static int on_route(struct nl_msg *msg, void *context)
{
	static struct nla_policy policy[RTA_MAX + 1] = { [RTA_OIF] = { .type = NLA_U32 } };
	struct asked *asked = context;
	struct nlattr *attrs[RTA_MAX + 1];

	if (nlmsg_parse(nlmsg_hdr(msg), sizeof(struct rtmsg), attrs, RTA_MAX, policy) || !attrs[RTA_OIF])
		return NL_OK;
	asked->route.ifindex = nla_get_u32(attrs[RTA_OIF]);
	if (attrs[RTA_GATEWAY])
		read_hop(attrs[RTA_GATEWAY], &asked->route.hop);
	asked->found = true;
	return NL_OK;
}

static struct nl_msg *question(const struct picket_addr *to, const struct picket_addr *from, uint32_t ifindex)
{
	bool ipv4 = addr_is_ipv4(to);
	struct rtmsg header = {
		.rtm_family = ipv4 ? AF_INET : AF_INET6,
		.rtm_dst_len = ipv4 ? 32 : 128,
		.rtm_src_len = ipv4 ? 32 : 128,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);

	if (msg && !nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO) &&
	    !put_addr(msg, RTA_DST, to) && !put_addr(msg, RTA_SRC, from) &&
	    (!ifindex || !nla_put_u32(msg, RTA_OIF, ifindex)))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int route_get(const struct picket_addr *to, const struct picket_addr *from, uint32_t ifindex,
	      struct route *out)
{
	struct nl_sock *sock __attribute__((cleanup(socket_cleanup))) = nl_socket_alloc();
	struct nl_msg *msg __attribute__((cleanup(msg_cleanup))) = question(to, from, ifindex);
	struct asked asked = { .route.hop = *to };

	if (!sock || !msg)
		return -ENOMEM;
	if (nl_connect(sock, NETLINK_ROUTE))
		return -EIO;
	nl_socket_disable_auto_ack(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_route, &asked);
	if (nl_send_auto(sock, msg) < 0)
		return -EIO;
	if (nl_recvmsgs_default(sock) < 0 || !asked.found)
		return -ENETUNREACH;
	*out = asked.route;
	return 0;
}
