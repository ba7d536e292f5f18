// SPDX-License-Identifier: GPL-2.0-only
#include "netdev.h"

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdbool.h>

/* linux/netdev.h, which Linux 6.1's headers do not have */
#define DEV_GET 1
#define ATTR_IFINDEX 1
#define ATTR_XDP_FEATURES 3
#define ATTRS 8

struct answer {
	uint64_t features;
	bool given;
};

static int on_answer(struct nl_msg *msg, void *context)
{
	static struct nla_policy policy[ATTRS + 1] = { [ATTR_XDP_FEATURES] = { .type = NLA_U64 } };
	struct nlattr *attrs[ATTRS + 1];
	struct answer *answer = context;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, ATTRS, policy) || !attrs[ATTR_XDP_FEATURES])
		return NL_OK;
	answer->features = nla_get_u64(attrs[ATTR_XDP_FEATURES]);
	answer->given = true;
	return NL_OK;
}

static int ask(struct nl_sock *sock, int family, uint32_t ifindex)
{
	struct nl_msg *msg = nlmsg_alloc();
	int err = msg ? 0 : -ENOMEM;

	if (!err && (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, DEV_GET, 1) ||
		     nla_put_u32(msg, ATTR_IFINDEX, ifindex)))
		err = -ENOMEM;
	if (!err && nl_send_auto(sock, msg) < 0)
		err = -EIO;
	if (!err && nl_recvmsgs_default(sock) < 0)
		err = -EOPNOTSUPP;
	nlmsg_free(msg);
	return err;
}

int netdev_xdp_features(uint32_t ifindex, uint64_t *out)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct answer answer = {};
	int err, family;

	if (!sock)
		return -ENOMEM;
	err = genl_connect(sock) ? -EIO : 0;
	family = err ? -1 : genl_ctrl_resolve(sock, "netdev");
	if (!err && family < 0)
		err = -EOPNOTSUPP;
	if (!err)
		err = nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_answer, &answer) ? -ENOMEM : 0;
	if (!err)
		err = ask(sock, family, ifindex);
	nl_socket_free(sock);
	if (!err && !answer.given)
		err = -EOPNOTSUPP;
	if (!err)
		*out = answer.features;
	return err;
}
