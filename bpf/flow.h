/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps 11 and 15: the flow that a packet belongs to, and remembering it; tracked fragments. */
#ifndef PICKET_BPF_FLOW_H
#define PICKET_BPF_FLOW_H

#include "destination.h"
#include "flowtable.h"
#include "parse.h"
#include "rules.h"

HOT u8 flow_kind(const struct pkt *p)
{
	return p->protocol == IPPROTO_TCP ? FLOW_TCP : p->protocol == IPPROTO_UDP ? FLOW_UDP : FLOW_OTHER;
}

HOT u64 arrival_of(const struct pkt *p)
{
	return PICKET_ARRIVAL((u64)p->mac_tail << 32 | p->mac_head, p->port);
}

/*
 * Lets more packets like this one take the short way, until another policy comes: from where it
 * came, its source is who it is by what does not change but with the policy.
 */
HOT void open_short_way(const struct pkt *p, struct flow *flow, bool own)
{
	u64 arrival = arrival_of(p);

	if (p->out || p->mark || !p->dst.fixed || !(p->listed || p->src.kind == END_HOST) ||
	    p->port > PICKET_UNTAGGED_ID || !(flow->opener || flow->responder))
		return;
	if (flow->arrival[!own] == arrival)
		return;
	/* An address on the link is of its port's segment as a source, and of none as a destination. */
	if (flow->arrival[own] &&
	    (flow->segment[!own] != p->src.segment || flow->segment[own] != p->dst.segment))
		return;
	flow->segment[!own] = p->src.segment;
	flow->segment[own] = p->dst.segment;
	flow->arrival[!own] = arrival;
}

/* Opens the packet's flow; whatever had its tag ends. */
COLD int open_flow(struct pkt *p)
{
	struct flow fresh = {};

	if (!p)
		return 0;
	if (p->found)
		forget_flow(p);
	fresh.seen = pkt_now(p);
	fresh.opener = p->src.row;
	fresh.responder = p->dst.row;
	fresh.opener_step = p->src.step;
	fresh.responder_step = p->dst.step;
	fresh.generation = config.generation;
	fresh.kind = flow_kind(p);
	fresh.mark = p->mark;
	fresh.flags = p->low ? FLOW_LOW_OPENED : 0;
	if (fresh.kind == FLOW_TCP) {
		if (p->tcp_flags & TCP_RST)
			fresh.flags |= FLOW_RESET;
		if (p->tcp_flags & TCP_FIN)
			fresh.flags |= FLOW_FIN_OPENER;
	}
	open_short_way(p, &fresh, true);
	if (p->src.row || p->dst.row)
		return insert_flow(p, &fresh, TABLE_DEVICES,
				   owner_of(p->src.row ? &p->src : &p->dst, p->version));
	return insert_flow(p, &fresh, TABLE_HOSTS, 0);
}

/* Step 15 for a packet of a known flow. */
HOT void refresh_flow(struct pkt *p)
{
	struct flow *flow = found_flow(p);
	u8 flags, own;

	if (!flow || newer(flow) || config.dry)
		return;
	own = !!(flow->flags & FLOW_LOW_OPENED) == p->low;
	flags = flow->flags | (own ? 0 : FLOW_ANSWERED);
	if (flow->kind == FLOW_TCP) {
		if (p->tcp_flags & TCP_RST)
			flags |= FLOW_RESET;
		if (p->tcp_flags & TCP_FIN)
			flags |= own ? FLOW_FIN_OPENER : FLOW_FIN_RESPONDER;
	}
	if (flags != flow->flags)
		flow->flags = flags;
	open_short_way(p, flow, own);
	flow->seen = pkt_now(p);
}

/* The service that the flow was opened for, seen from the end that answers. */
HOT u32 opening_service(const struct pkt *p, bool own)
{
	if (p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP || p->protocol == IPPROTO_SCTP)
		return (u32)p->protocol << 16 | (own ? p->dport : p->sport);
	return p->service;
}

HOT bool audited_segment(u32 row)
{
	struct segment_info *segment = row ? bpf_map_lookup_elem(&segments, &row) : NULL;

	return segment && segment->flags & SEGMENT_AUDIT;
}

/*
 * A flow that another policy, or another step of a schedule, allowed is judged again, once.
 * Returns 0 when it stays.
 */
COLD int judge_again(struct pkt *p, const struct pkt *quoted, u32 own)
{
	const struct end *from, *to;
	struct flow *flow;
	int r;

	if (!p || !quoted)
		return REASON_SEGMENT;
	flow = found_flow(p);
	if (!flow)
		return REASON_SEGMENT;
	if (flow->generation == config.generation && flow->mark)
		return 0;
	from = own ? &quoted->src : &quoted->dst;
	to = own ? &quoted->dst : &quoted->src;
	r = check_rules(from, to, opening_service(quoted, own));
	if (r && (!flow->mark || !(audited_segment(from->segment) || audited_segment(to->segment))))
		return r;
	if (!config.dry) {
		flow->mark = r;
		flow->arrival[0] = 0;
		flow->arrival[1] = 0;
		flow->opener_step = from->step;
		flow->responder_step = to->step;
		flow->generation = config.generation;
	}
	return 0;
}

/* Whether the flow that was found lives, and is still allowed. */
HOT bool flow_holds(struct pkt *p, const struct pkt *ends)
{
	struct flow *flow = found_flow(p);
	bool own;

	if (!flow || age(p, flow->seen) >= flow_lifetime(flow->kind, flow->flags))
		return false;
	own = !!(flow->flags & FLOW_LOW_OPENED) == ends->low;
	if (flow->generation != config.generation ||
	    (config.use_schedules && (flow->opener_step != (own ? ends->src.step : ends->dst.step) ||
				      flow->responder_step != (own ? ends->dst.step : ends->src.step)))) {
		if (!newer(flow) && judge_again(p, ends, own)) {
			forget_flow(p);
			return false;
		}
		flow = found_flow(p);
		if (!flow)
			return false;
	}
	p->mark = flow->mark;
	return true;
}

HOT bool echo_request(const struct pkt *p)
{
	return p->echo && (p->icmp_type == ICMP_ECHO_REQUEST || p->icmp_type == ICMPV6_ECHO_REQ);
}

/* An echo request is never a reply. */
HOT bool reply_direction(struct pkt *p)
{
	struct flow *flow = found_flow(p);

	return flow && !!(flow->flags & FLOW_LOW_OPENED) != p->low;
}

/* The packet that an ICMP error quotes, read into q. 0, or it belongs to nothing. */
COLD int parse_quote(frame_t *ctx, struct pkt *p, struct pkt *q)
{
	u32 off, header;
	u8 h[40];

	if (!ctx || !p || !q || p->l4 > MAX_OFFSET)
		return REASON_NO_FLOW;
	off = p->l4 + 8;
	q->version = p->version;
	q->echo = 0;
	q->sport = 0;
	q->dport = 0;
	if (p->version == 4) {
		if (off + 20 > p->l3_end || frame_load_bytes(ctx, off, h, 20))
			return REASON_NO_FLOW;
		header = (h[0] & 15) * 4;
		if (h[0] >> 4 != 4 || header < 20 || get_be16(h + 6) & 0x1fff)
			return REASON_NO_FLOW;
		q->protocol = h[9];
		addr_from_ipv4(&q->src.addr, h + 12);
		addr_from_ipv4(&q->dst.addr, h + 16);
	} else {
		header = 40;
		if (off + 40 > p->l3_end || frame_load_bytes(ctx, off, h, 40) || h[0] >> 4 != 6)
			return REASON_NO_FLOW;
		q->protocol = h[6];
		__builtin_memcpy(&q->src.addr, h + 8, 16);
		__builtin_memcpy(&q->dst.addr, h + 24, 16);
		if (extension(q))
			return REASON_NO_FLOW;
	}
	off += header;
	if (off + 8 > p->l3_end || frame_load_bytes(ctx, off, h, 8))
		return REASON_NO_FLOW;
	q->service = (u32)q->protocol << 16;
	if (q->protocol == IPPROTO_TCP || q->protocol == IPPROTO_UDP || q->protocol == IPPROTO_SCTP) {
		q->sport = get_be16(h);
		q->dport = get_be16(h + 2);
	} else if (icmp(q)) {
		q->icmp_type = h[0];
		q->echo = q->version == 4 ? h[0] == ICMP_ECHO_REQUEST || h[0] == ICMP_ECHO_REPLY :
					    h[0] == ICMPV6_ECHO_REQ || h[0] == ICMPV6_ECHO_REP;
		q->service = q->echo ? PICKET_SERVICE_ECHO : PICKET_SERVICE_ODD;
		q->sport = q->echo ? get_be16(h + 4) : 0;
		q->dport = q->sport;
	} else if (q->protocol == IPPROTO_ICMP || q->protocol == PROTO_ICMPV6) {
		q->service = PICKET_SERVICE_ODD;
	}
	return 0;
}

/* An ICMP error belongs to the flow of what it quotes (RFC 5927: never on its word alone). */
COLD int match_error(frame_t *ctx, struct pkt *p)
{
	u32 one = 1;
	struct pkt *q = bpf_map_lookup_elem(&SCRATCH, &one);
	struct ident *ident;

	if (!ctx || !p || !q)
		return 0;
	__builtin_memset(&q->src, 0, sizeof(q->src));
	__builtin_memset(&q->dst, 0, sizeof(q->dst));
	if (parse_quote(ctx, p, q) || !addr_equal(&q->src.addr, &p->dst.addr))
		return 0;
	if (p->src.kind == END_DEVICE && !addr_equal(&q->dst.addr, &p->src.addr)) {
		ident = ident_of(p->src.row);
		if (!ident || !(ident->flags & IDENT_ROUTER))
			return 0;
	}
	q->src = p->dst;
	resolve(p, &q->dst);
	tag_flow(q);
	p->tag = q->tag;
	return find_flow(p, q) && flow_holds(p, q);
}

/* Step 11: whether the packet belongs to a flow. */
HOT bool match_flow(frame_t *ctx, struct pkt *p)
{
	if (icmp_error(p))
		return match_error(ctx, p);
	tag_flow(p);
	if (!find_flow(p, p))
		return false;
	if (p->protocol == IPPROTO_TCP && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		return false;
	if (echo_request(p) && reply_direction(p))
		return false;
	return flow_holds(p, p);
}

/* What opens no flow of its own. */
HOT bool orphan(const struct pkt *p)
{
	if (p->protocol == IPPROTO_TCP)
		return p->tcp_flags & TCP_RST || (p->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
	if (icmp_error(p))
		return true;
	return p->echo && !echo_request(p);
}

/* A first fragment that passed lets its later ones through. */
COLD int remember_fragment(struct pkt *p)
{
	struct flow fresh = {};

	if (!p)
		return 0;
	tag_fragment(p);
	fresh.seen = pkt_now(p);
	fresh.kind = FLOW_FRAGMENT;
	fresh.generation = config.generation;
	fresh.fragment_end = p->l3_end - p->fragment_start;
	return insert_flow(p, &fresh, TABLE_DEVICES, window_of(&p->src.addr, p->version));
}

/* Step 8 for a later fragment of a segment that tracks them. */
COLD int check_later_fragment(struct pkt *p)
{
	struct flow *flow;

	if (!p)
		return REASON_FRAGMENT;
	tag_fragment(p);
	p->found = 0;
	if (!search_bucket(p, NULL, TABLE_DEVICES,
			   bucket_of(p->tag.high, TABLE_DEVICES, window_of(&p->src.addr, p->version))))
		return REASON_FRAGMENT;
	flow = found_flow(p);
	if (!flow || age(p, flow->seen) >= FRAGMENT_LIFETIME || p->fragment_offset < flow->fragment_end)
		return REASON_FRAGMENT;
	return 0;
}

#endif
