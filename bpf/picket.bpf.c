// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict for a frame that arrives on a port, step by step; and, for offline runs, for one
 * that leaves.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "pkt.h"

typedef struct xdp_md frame_t;

MAP(scratch, PERCPU_ARRAY, 0, 2, __u32, struct pkt);
#define SCRATCH scratch

/*
 * Entry 0: picket_long. A program of its own, so that neither way's stack, and neither's look of the
 * verifier, weighs on the other. Without it nothing but known flows passes.
 */
MAP(long_way, PROG_ARRAY, 0, 1, __u32, __u32);

/* n bytes from off, which may lie in a later fragment of a jumbo frame. 0, or it ends before. */
HOT int frame_load_bytes(frame_t *ctx, u32 off, void *to, u32 n)
{
	return bpf_xdp_load_bytes(ctx, off, to, n);
}

HOT int frame_load(frame_t *ctx, u32 off, void *to, const u32 n)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (off > 0x7fff)
		return -1;
	if (data + off + n > end)
		return bpf_xdp_load_bytes(ctx, off, to, n);
	__builtin_memcpy(to, data + off, n);
	return 0;
}

#include "egress.h"
#include "shortway.h"

HOT struct pkt *new_pkt(frame_t *ctx)
{
	u32 zero = 0, ifindex = ctx->ingress_ifindex, paid;
	struct pkt *p = bpf_map_lookup_elem(&scratch, &zero);

	if (!p)
		return NULL;
	paid = p->paid;
	__builtin_memset(p, 0, sizeof(*p));
	p->paid = paid;
	p->ifindex = config.replay || config.dry ? offline.ifindex : ifindex;
	p->len = bpf_xdp_get_buff_len(ctx);
	p->unit_len = p->len;
	p->units = 1;
	return p;
}

/* 1. The port that the frame arrived on. */
HOT int step_port(frame_t *ctx, struct pkt *p, struct port_info **port)
{
	int r = parse_ethernet(ctx, p);

	if (r)
		return r;
	if (!config.use_vlan && p->vlan)
		return REASON_UNBOUND;
	*port = pkt_port(p);
	if (!*port)
		return REASON_UNBOUND;
	p->port = (*port)->id;
	p->first_segment = (*port)->first_segment;
	p->first_hosts = (*port)->first_hosts;
	p->port_flags = (*port)->flags;
	return p->mac[0] & 1 || !(p->mac_head | p->mac_tail) ? REASON_MALFORMED : 0;
}

/* 3. Headers: what does not fit its frame, then what nobody may say. */
COLD int step_headers(frame_t *ctx, struct pkt *p)
{
	int r;

	if (!ctx || !p)
		return REASON_MALFORMED;
	if (p->ethertype == ETH_P_IP)
		r = parse_ipv4(ctx, p);
	else
		r = parse_ipv6(ctx, p);
	if (!r && p->version == 6 && extension(p))
		r = parse_extensions(ctx, p);
	if (!r)
		r = parse_transport(ctx, p);
	if (r)
		return r;
	p->wire_src = p->src.addr;
	r = p->version == 4 ? check_martian_ipv4(p) : check_martian_ipv6(p);
	if (r)
		return r;
	p->listed = listed_device(&p->src.addr);
	if (p->listed && !(p->address & DEST_GROUP_MAC))
		return 0;
	return check_martian_prefixes(p);
}

/* 4 and 5. Who sent it, and whether it is still welcome. */
HOT int step_source(struct pkt *p, const struct port_info *port)
{
	if (p->address & SOURCE_UNSPECIFIED)
		return REASON_MARTIAN; /* step 6 passed it as nothing it knows */
	return p->listed ? identify_listed(p, p->listed, port) : identify_unlisted(p);
}

/* 8. Fragments, and DHCP answers from who is no server. */
HOT int step_fragment(struct pkt *p)
{
	struct segment_info *segment;
	struct ident *ident;
	int r = 0;

	if (p->fragment != WHOLE) {
		segment = bpf_map_lookup_elem(&segments, &p->src.segment);
		if (!config.use_fragments || !segment || !(segment->flags & SEGMENT_TRACK))
			return REASON_FRAGMENT;
		if (p->fragment == FRAGMENT_LATER)
			return check_later_fragment(p);
		if (p->version == 6 && p->protocol == PROTO_ICMPV6 &&
		    p->icmp_type >= ND_ROUTER_SOLICITATION && p->icmp_type <= ND_REDIRECT_MESSAGE)
			return REASON_FRAGMENT;
	}
	if (dhcp_answer(p) && p->src.kind == END_DEVICE) {
		ident = ident_of(p->src.row);
		r = ident && ident->flags & IDENT_DHCP_SERVER ? 0 : REASON_ROGUE_DHCP;
	}
	p->tracked = !r && p->fragment == FRAGMENT_FIRST;
	return r;
}

/* 10. From a host to the gateway or to a group: the host firewall's business. */
HOT bool hosts_own_business(const struct pkt *p)
{
	return p->src.kind == END_HOST && (p->dst.kind == END_GATEWAY || p->dst.kind == END_GROUP);
}

HOT int judge(frame_t *ctx, struct pkt *p)
{
	struct port_info *port = NULL;
	int r = step_port(ctx, p, &port);

	if (r)
		return r;
	if (p->ethertype == ETH_P_ARP)
		return judge_arp(ctx, p); /* 7 */
	if (p->ethertype != ETH_P_IP && p->ethertype != ETH_P_IPV6)
		return judge_ethertype(p); /* 2 */
	r = step_headers(ctx, p);
	if (r)
		return r;
	if (link_control(p)) {
		r = judge_link_control(p); /* 6 */
		if (r)
			return r;
	}
	r = step_source(p, port);
	if (r)
		return r;
	r = step_fragment(p);
	if (r)
		return r;
	r = locate(p); /* 9 */
	if (r)
		return r;
	if (hosts_own_business(p))
		return charge_segment(p, p->src.segment, BUCKET_SEND_FLOWS);
	if (p->fragment == FRAGMENT_LATER)
		return check_limits(p); /* 14 */
	return conclude(p, match_flow(ctx, p)); /* 11 to 15 */
}

/* All that the short way does not know. */
SEC("xdp.frags")
int picket_long(struct xdp_md *ctx)
{
	struct pkt *p = new_pkt(ctx);

	if (!p)
		return XDP_DROP;
	return settle(ctx, p, judge(ctx, p)) ? XDP_PASS : XDP_DROP;
}

SEC("xdp.frags")
int picket_ingress(struct xdp_md *ctx)
{
	int paid = take_short_way(ctx);
	struct pkt *p;
	u32 zero = 0;

	if (paid < 0)
		return paid == SHORT_PASS ? XDP_PASS : XDP_DROP;
	p = bpf_map_lookup_elem(&scratch, &zero);
	if (!p)
		return XDP_DROP;
	p->paid = paid;
	bpf_tail_call_static(ctx, &long_way, 0);
	return XDP_DROP;
}

/* Frames that the gateway sends, in offline runs. */
SEC("xdp.frags")
int picket_egress_xdp(struct xdp_md *ctx)
{
	struct pkt *p = new_pkt(ctx);
	int r;

	if (!p)
		return XDP_DROP;
	p->paid = 0;
	p->out = 1;
	r = parse_ethernet(ctx, p) ? STEP_PASS : judge_departure(ctx, p, ORIGIN_GATEWAY);
	if (r == STEP_PASS) {
		__builtin_memset(&offline.result, 0, sizeof(offline.result));
		return XDP_PASS;
	}
	return settle(ctx, p, r) ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
