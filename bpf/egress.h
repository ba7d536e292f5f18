/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that leave: what the gateway itself sends to a device, and what goes to a device without
 * having been judged as such when it arrived.
 */
#ifndef PICKET_BPF_EGRESS_H
#define PICKET_BPF_EGRESS_H

#include "linkctl.h"
#include "verdict.h"

enum origin {
	ORIGIN_GATEWAY, /* the gateway's own */
	ORIGIN_PORT, /* judged when it arrived, unless its destination was rewritten since */
	ORIGIN_OUTSIDE, /* from an interface that is no port */
};

/* Link control and DHCP answers are the gateway's own business. */
HOT bool gateway_control(const struct pkt *p)
{
	if (p->fragment == FRAGMENT_LATER || dhcp_answer(p))
		return true;
	if (p->version == 6)
		return p->protocol == PROTO_ICMPV6 && icmpv6_control(p);
	return p->protocol == PROTO_IGMP;
}

/* Reads a packet to a device; STEP_PASS for everything else. */
COLD int read_departure(frame_t *ctx, struct pkt *p)
{
	int r;

	if (!ctx || !p)
		return STEP_PASS;
	if (p->ethertype == ETH_P_IP)
		r = parse_ipv4(ctx, p);
	else if (p->ethertype == ETH_P_IPV6)
		r = parse_ipv6(ctx, p);
	else
		return STEP_PASS;
	if (r)
		return STEP_PASS;
	p->wire_src = p->src.addr;
	if (p->version == 4)
		check_martian_ipv4(p);
	else
		check_martian_ipv6(p);
	locate(p);
	if (p->dst.kind != END_DEVICE)
		return STEP_PASS;
	if (p->version == 6 && extension(p))
		r = parse_extensions(ctx, p);
	return r ? r : parse_transport(ctx, p);
}

/* From elsewhere: a host of no segment. */
COLD int set_outside(struct pkt *p)
{
	struct prefix_info info = {};

	if (!p)
		return 0;
	find_place(&p->src.addr, &info);
	p->src.kind = END_HOST;
	p->src.row = 0;
	p->src.segment = info.segment;
	p->src.outside = 1;
	return 0;
}

/*
 * Whether what arrived on a port is on its way as it was judged there: as link control, or as
 * a packet of the flow that it opened.
 */
COLD int still_as_judged(frame_t *ctx, struct pkt *p)
{
	if (!ctx || !p || p->fragment == FRAGMENT_LATER || link_control(p))
		return 1;
	resolve(p, &p->src);
	if (match_flow(ctx, p))
		return 1;
	/* a SYN opened its flow anew when it arrived */
	return p->found && p->protocol == IPPROTO_TCP && !reply_direction(p) && flow_holds(p, p);
}

/* A packet that the gateway made with somebody else's address is not its own word. */
HOT bool own_source(const struct pkt *p)
{
	return config.replay || gateway_address(&p->src.addr);
}

/* Steps 5 and 11 to 15 for a packet to a device. */
HOT int judge_departure(frame_t *ctx, struct pkt *p, u32 origin)
{
	struct ident *ident;
	int r = read_departure(ctx, p);

	if (r)
		return origin == ORIGIN_PORT ? STEP_PASS : r;
	if (origin == ORIGIN_GATEWAY && !own_source(p))
		return STEP_PASS;
	if (origin == ORIGIN_GATEWAY && gateway_control(p))
		return 0;
	if (origin == ORIGIN_PORT && still_as_judged(ctx, p))
		return STEP_PASS;
	if (origin == ORIGIN_GATEWAY)
		p->src.kind = END_GATEWAY;
	else
		set_outside(p);
	ident = ident_of(p->dst.row);
	r = ident ? check_welcome(p, ident) : REASON_UNKNOWN_DEVICE;
	if (r)
		return r;
	if (p->fragment == FRAGMENT_LATER) {
		r = check_later_fragment(p);
		return r ? r : check_limits(p);
	}
	/* The gateway's own later fragments pass without it. */
	p->tracked = p->fragment == FRAGMENT_FIRST && origin != ORIGIN_GATEWAY;
	return conclude(p, match_flow(ctx, p));
}

#endif
