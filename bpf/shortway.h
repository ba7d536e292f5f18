/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way, for nearly all of the traffic: a plain packet of a known flow, another of whose
 * packets went the long way under this policy. It only ever passes. What it does not know goes
 * the long way, which says the same of what it does know.
 */
#ifndef PICKET_BPF_SHORTWAY_H
#define PICKET_BPF_SHORTWAY_H

#include "destination.h"
#include "flowtable.h"
#include "limit.h"
#include "stats.h"

/*
 * Whole TCP or UDP that step 3 has nothing against, that opens and ends no connection, and that
 * is none of steps 6 to 8's business.
 */
struct plain {
	struct picket_addr src, dst;
	u32 vlan;
	u32 len; /* of the frame */
	u32 mac_head;
	u16 mac_tail;
	u16 sport, dport;
	u8 version;
	u8 protocol;
};

HOT bool plain_tcp(const u8 *h, const void *end, u32 room, struct plain *f)
{
	u32 header;

	if ((void *)h + 20 > end || room < 20)
		return false;
	header = (h[12] >> 4) * 4;
	f->sport = get_be16(h);
	f->dport = get_be16(h + 2);
	return header >= 20 && header <= room &&
	       (h[13] & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == TCP_ACK;
}

HOT bool plain_udp(const u8 *h, const void *end, u32 room, struct plain *f)
{
	u32 length;

	if ((void *)h + 8 > end || room < 8)
		return false;
	length = get_be16(h + 4);
	f->sport = get_be16(h);
	f->dport = get_be16(h + 2);
	return length >= 8 && length <= room && f->dport != 67 && f->dport != 68 && f->dport != 546 &&
	       f->dport != 547; /* DHCP */
}

/* room: bytes of the frame from l4 on that the IP header says are there. */
HOT bool plain_transport(const u8 *l4, const void *end, u32 room, struct plain *f)
{
	if (f->protocol == IPPROTO_TCP)
		return plain_tcp(l4, end, room, f);
	return f->protocol == IPPROTO_UDP && plain_udp(l4, end, room, f);
}

HOT bool plain_ipv4(const u8 *h, const void *end, u32 l3, struct plain *f)
{
	u32 total;

	if ((void *)h + 20 > end || h[0] != 0x45 || get_be16(h + 6) & 0x3fff)
		return false;
	total = get_be16(h + 2);
	if (total < 20 || l3 + total > f->len)
		return false;
	f->version = 4;
	f->protocol = h[9];
	addr_from_ipv4(&f->src, h + 12);
	addr_from_ipv4(&f->dst, h + 16);
	return plain_transport(h + 20, end, total - 20, f);
}

HOT bool plain_ipv6(const u8 *h, const void *end, u32 l3, struct plain *f)
{
	u32 room;

	if ((void *)h + 40 > end || h[0] >> 4 != 6)
		return false;
	room = get_be16(h + 4);
	if (l3 + 40 + room > f->len)
		return false;
	f->version = 6;
	f->protocol = h[6];
	__builtin_memcpy(&f->src, h + 8, 16);
	__builtin_memcpy(&f->dst, h + 24, 16);
	return plain_transport(h + 40, end, room, f);
}

HOT bool read_plain(frame_t *ctx, struct plain *f)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const u8 *h = data;
	u32 type, l3 = 14;

	if (data + 18 > end || h[0] & 1 || h[6] & 1)
		return false;
	__builtin_memcpy(&f->mac_head, h + 6, 4);
	__builtin_memcpy(&f->mac_tail, h + 10, 2);
	type = get_be16(h + 12);
	h += 14;
	if (config.use_vlan && (type == ETH_P_8021Q || type == ETH_P_8021AD)) {
		f->vlan = get_be16(h) & 0xfff;
		type = get_be16(h + 2);
		h += 4;
		l3 = 18;
	}
	if (!(f->mac_head | f->mac_tail))
		return false;
	if (type == ETH_P_IP)
		return plain_ipv4(h, end, l3, f);
	return type == ETH_P_IPV6 && plain_ipv6(h, end, l3, f);
}

/* Step 5; false also when it takes a longer look. */
HOT bool plainly_welcome(const struct ident *ident)
{
	s64 now;

	if (ident->quarantined_until || (config.use_schedules && ident->flags & IDENT_SCHEDULE))
		return false;
	if (!config.use_validity || !(ident->flags & IDENT_VALIDITY))
		return true;
	now = unix_now();
	return now >= ident->valid_from && now < ident->valid_until;
}

/* The flow of one owner. */
HOT struct flow *flow_of(const struct tag *tag, u32 owner)
{
	u32 bucket = bucket_of(tag->high, owner);
	struct flow_bucket *b = owner ? flow_bucket(TABLE_DEVICES, bucket) : NULL;
	u32 way = b ? find_way(b, TABLE_DEVICES, bucket, tag) : PICKET_FLOW_WAYS;

	return b && way < PICKET_FLOW_WAYS ? flow_at(b, way) : NULL;
}

HOT bool pay_device(struct cost *cost, u32 row, const struct ident *ident, u32 direction)
{
	u32 number = ident->grants.profile;
	struct profile *profile;
	struct state *state;

	if (!config.use_limits || !number)
		return true;
	profile = bpf_map_lookup_elem(&profiles, &number);
	state = bpf_map_lookup_elem(&devices, &row);
	return !profile || !state || !charge_lane(cost, state, profile, direction);
}

HOT bool pay_segment(struct cost *cost, u32 row, u32 direction)
{
	struct segment_info *segment;
	struct profile *profile;
	struct state *state;
	u32 number;

	if (!config.use_segment_limits || !row)
		return true;
	segment = bpf_map_lookup_elem(&segments, &row);
	number = segment ? segment->profile : 0;
	profile = number ? bpf_map_lookup_elem(&profiles, &number) : NULL;
	state = bpf_map_lookup_elem(&segstates, &row);
	return !profile || !state || !charge_lane(cost, state, profile, direction);
}

/* Who the ends are: rows of devices, else 0 and a segment. */
struct ends {
	u32 from, to;
	struct ident *sender, *receiver;
	u32 from_segment, to_segment;
};

/* Steps 4, 5 and 9, by what the flow remembers. */
HOT bool know_ends(const struct plain *f, const struct port_info *port, const struct flow *flow,
		   struct ends *e)
{
	if (!e->from && (flow->host_port != port->id || !mac_is(flow->host_mac, f->mac_head, f->mac_tail)))
		return false;
	e->receiver = e->to ? ident_of(e->to) : NULL;
	if (e->to && (!e->receiver || !plainly_welcome(e->receiver)))
		return false;
	e->from_segment = e->sender ? e->sender->segment : flow->host_segment;
	e->to_segment = e->receiver ? e->receiver->segment : flow->host_segment;
	return true;
}

/* Step 14. What it admitted before it gave up stays charged: the long way does not ask again. */
HOT bool pay(struct cost *cost, const struct ends *e)
{
	if (e->sender && !pay_device(cost, e->from, e->sender, BUCKET_SEND_FLOWS))
		return false;
	if (!pay_segment(cost, e->from_segment, BUCKET_SEND_FLOWS))
		return false;
	if (e->receiver && !pay_device(cost, e->to, e->receiver, BUCKET_RECEIVE_FLOWS))
		return false;
	return pay_segment(cost, e->to_segment, BUCKET_RECEIVE_FLOWS);
}

/* Step 15's counters. */
HOT void count_plain(const struct ends *e, u32 bytes, u64 now)
{
	u32 key = e->from_segment * PICKET_TALLIES, row = e->from;
	struct tally *t = bpf_map_lookup_elem(&totals, &key);
	struct state *state;

	if (t) {
		t->packets++;
		t->bytes += bytes;
	}
	state = row ? bpf_map_lookup_elem(&devices, &row) : NULL;
	if (state) {
		__sync_fetch_and_add(&state->sent.packets, 1);
		__sync_fetch_and_add(&state->sent.bytes, bytes);
		state->sent.seen = now;
	}
	row = e->to;
	state = row ? bpf_map_lookup_elem(&devices, &row) : NULL;
	if (state) {
		__sync_fetch_and_add(&state->received.packets, 1);
		__sync_fetch_and_add(&state->received.bytes, bytes);
	}
}

/* STEP_PASS, or how many buckets were charged on a way that ended before that. */
COLD int take_short_way(frame_t *ctx)
{
	const u32 ifindex = ctx->ingress_ifindex; /* read here: clang would share its address */
	struct port_key key = { .ifindex = config.replay ? offline.ifindex : ifindex };
	struct plain f = { .len = bpf_xdp_get_buff_len(ctx) };
	struct port_info *port;
	struct cost cost = {};
	struct ends e = {};
	struct flow *flow = NULL;
	struct tag tag;
	bool low, own;
	u64 now;

	if (!read_plain(ctx, &f))
		return 0;
	key.vlan = f.vlan;
	port = bpf_map_lookup_elem(&ports, &key);
	if (!port)
		return 0;
	e.from = listed_device(&f.src);
	if (e.from) {
		e.sender = ident_of(e.from);
		if (!e.sender || !attached(port, e.sender->segment) || !plainly_welcome(e.sender) ||
		    (e.sender->flags & IDENT_MAC && !mac_is(e.sender->mac, f.mac_head, f.mac_tail)))
			return 0;
	}
	low = source_is_low(&f.src, &f.dst, f.sport, f.dport);
	tag = low ? tag_ends(f.protocol, f.version, &f.src, &f.dst, (u32)f.sport << 16 | f.dport) :
		    tag_ends(f.protocol, f.version, &f.dst, &f.src, (u32)f.dport << 16 | f.sport);
	flow = flow_of(&tag, e.from);
	if (!flow)
		flow = flow_of(&tag, listed_device(&f.dst));
	if (!flow || flow->generation != config.generation || flow->mark)
		return 0;
	own = !!(flow->flags & FLOW_LOW_OPENED) == low;
	e.to = own ? flow->responder : flow->opener;
	if (!(flow->flags & (own ? FLOW_SHORT_OPENER : FLOW_SHORT_RESPONDER)) ||
	    e.from != (own ? flow->opener : flow->responder) || !know_ends(&f, port, flow, &e))
		return 0;
	now = boot_now();
	if ((s64)(now - flow->seen) >= flow_lifetime(flow->kind, flow->flags))
		return 0;
	cost.now = now * UNITS_PER_NS;
	cost.packets = 1;
	cost.first = f.len;
	cost.bytes = f.len;
	if (!pay(&cost, &e))
		return cost.admitted;
	if (!own && !(flow->flags & FLOW_ANSWERED))
		flow->flags |= FLOW_ANSWERED;
	flow->seen = now;
	count_plain(&e, f.len, now);
	if (config.replay) {
		offline.result.verdict = VERDICT_PASS;
		offline.result.reason = REASON_NONE;
		offline.result.device = e.from ? e.from : e.to;
		offline.result.segment = e.from_segment;
	}
	return STEP_PASS;
}

#endif
