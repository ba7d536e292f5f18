// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict for a frame that leaves through a port. The admin's own filters run after it.
 */
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "pkt.h"

typedef struct __sk_buff frame_t;

/* Its own: this program and the one for arriving frames may meet on a CPU. */
MAP(egress_scratch, PERCPU_ARRAY, 0, 2, __u32, struct pkt);
#define SCRATCH egress_scratch

HOT int frame_load_bytes(frame_t *ctx, u32 off, void *to, u32 n)
{
	return bpf_skb_load_bytes(ctx, off, to, n);
}

HOT int frame_load(frame_t *ctx, u32 off, void *to, const u32 n)
{
	return off > 0x7fff ? -1 : bpf_skb_load_bytes(ctx, off, to, n);
}

#include "egress.h"

HOT struct pkt *new_pkt(frame_t *ctx)
{
	u32 zero = 0, ifindex = ctx->ifindex, len = ctx->len, segs = ctx->gso_segs, size = ctx->gso_size;
	u32 vlan = ctx->vlan_present ? ctx->vlan_tci & 0xfff : 0;
	struct pkt *p = bpf_map_lookup_elem(&egress_scratch, &zero);

	if (!p)
		return NULL;
	__builtin_memset(p, 0, sizeof(*p));
	p->ifindex = ifindex;
	p->vlan = vlan;
	p->len = len;
	p->unit_len = len;
	p->units = segs ? segs : 1;
	p->gso_size = segs > 1 ? size : 0;
	p->out = 1;
	return p;
}

/* Where a frame that leaves came from; -1: nobody's that is asked about. */
HOT int origin_of(struct pkt *p, u32 from)
{
	u32 *flags;

	if (!from)
		return ORIGIN_GATEWAY;
	flags = bpf_map_lookup_elem(&interfaces, &from);
	if (!flags)
		return ORIGIN_OUTSIDE;
	/* What audit mode let in, egress does not stop. */
	return *flags & INTERFACE_AUDIT ? -1 : ORIGIN_PORT;
}

/*
 * Whether it is plainly IPv4 to no device, as most of what leaves is: nothing here is asked about that. Only
 * where devices are found by the pages alone.
 */
HOT bool to_no_device(frame_t *ctx)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	const struct iphdr *ip = data + sizeof(*eth);
	u32 entry;

	if (config.use_sparse || config.use_learning || (void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->version != 4)
		return false;
	entry = locate_ipv4(bpf_ntohl(ip->daddr));
	return !entry || entry & PICKET_ENTRY_PLACE;
}

SEC("tc")
int picket_egress(struct __sk_buff *ctx)
{
	u32 from = ctx->ingress_ifindex;
	struct pkt *p;
	int origin, r;

	if (to_no_device(ctx))
		return TC_ACT_UNSPEC;
	p = new_pkt(ctx);
	if (!p || parse_ethernet(ctx, p) || !pkt_port(p))
		return TC_ACT_UNSPEC;
	origin = origin_of(p, from);
	if (origin < 0)
		return TC_ACT_UNSPEC;
	r = judge_departure(ctx, p, origin);
	if (r == STEP_PASS)
		return TC_ACT_UNSPEC;
	return settle(ctx, p, r) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
