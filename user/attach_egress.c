// SPDX-License-Identifier: GPL-2.0-only
#include "attach_egress.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <netlink/netlink.h>
#include <netlink/route/classifier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "changes.h"
#include "cleanup.h"
#include "pins.h"

#define TCX_EGRESS 47 /* BPF_TCX_EGRESS, which this libbpf and older headers do not know */
#define FILTER_HANDLE 0x7069
#define FILTER_PRIORITY 1 /* before the admin's */

static void tcx_pin(uint32_t ifindex, char name[LINK_NAME_LEN])
{
	link_name("tcx", ifindex, name);
}

/* BPF_LINK_CREATE by hand: a link's file descriptor or -errno; -EINVAL where there is no tcx. */
static int tcx_link(int program, uint32_t ifindex)
{
	struct {
		__u32 program, ifindex, type, flags;
		__u32 relative, pad;
		__u64 revision;
	} attr = { .program = program, .ifindex = ifindex, .type = TCX_EGRESS };
	long fd = syscall(__NR_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : fd;
}

/* False: it is gone, or another filter has taken its place. */
static bool filter_there(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);

	return !bpf_tc_query(&hook, &options);
}

bool egress_attached(uint32_t ifindex, bool *clsact)
{
	struct change change;
	char pin[LINK_NAME_LEN];
	uint32_t program;

	tcx_pin(ifindex, pin);
	if (clsact)
		*clsact = false;
	if (link_alive(pin, ifindex, &program))
		return true;
	if (change_get(ifindex, "", &change) || !(change.egress & EGRESS_FILTER) ||
	    !filter_there(ifindex))
		return false;
	if (clsact)
		*clsact = true;
	return true;
}

int egress_attach_clsact(int program, const char *interface, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY,
		    .prog_fd = program, .flags = BPF_TC_F_REPLACE);
	struct change change;
	int err = change_get(ifindex, interface, &change);
	bool ours = change.egress & EGRESS_QDISC;

	if (err)
		return err;
	change.egress |= EGRESS_FILTER | EGRESS_QDISC;
	err = change_put(ifindex, &change);
	if (err)
		return err;
	err = bpf_tc_hook_create(&hook);
	if (err == -EEXIST && ours)
		err = 0;
	if (err == -EEXIST) {
		change.egress &= ~EGRESS_QDISC;
		err = change_put(ifindex, &change);
	}
	return err ? err : bpf_tc_attach(&hook, &options);
}

int egress_attach(int program, const char *interface, uint32_t ifindex)
{
	_cleanup_close_ int link = tcx_link(program, ifindex);
	char pin[LINK_NAME_LEN];

	if (link == -EINVAL)
		return egress_attach_clsact(program, interface, ifindex);
	if (link < 0)
		return link;
	tcx_pin(ifindex, pin);
	return pins_put(link, "links", pin);
}

static int count_filters(struct nl_sock *sock, uint32_t ifindex, uint32_t parent)
{
	struct nl_cache *cache;
	int n;

	if (rtnl_cls_alloc_cache(sock, ifindex, parent, &cache) < 0)
		return 0;
	n = nl_cache_nitems(cache);
	nl_cache_free(cache);
	return n;
}

/* True when somebody has filters in the interface's clsact. */
static bool clsact_used(uint32_t ifindex)
{
	struct nl_sock *sock = nl_socket_alloc();
	bool used = true;

	if (sock && !nl_connect(sock, NETLINK_ROUTE))
		used = count_filters(sock, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
		       count_filters(sock, ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
	if (sock)
		nl_socket_free(sock);
	return used;
}

static int clsact_detach(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	struct change change;
	int err = change_get(ifindex, "", &change);

	if (err || !change.egress)
		return err;
	if (change.egress & EGRESS_FILTER && filter_there(ifindex))
		err = bpf_tc_detach(&hook, &options);
	if (!err && change.egress & EGRESS_QDISC && !clsact_used(ifindex)) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
	if (err)
		return err;
	change.egress = 0;
	return change_put(ifindex, &change);
}

int egress_detach(uint32_t ifindex)
{
	char pin[LINK_NAME_LEN];
	int err, filter = clsact_detach(ifindex);

	tcx_pin(ifindex, pin);
	err = link_remove(pin);
	return err ? err : filter;
}
