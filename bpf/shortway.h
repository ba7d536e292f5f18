/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way, for nearly all of the traffic: a plain packet of a known flow, another of whose
 * packets went the long way under this policy, from the same port and MAC; and for a flood from sources
 * that nobody lists. What it does not know goes the long way, which says the same of what it does know.
 */
#ifndef PICKET_BPF_SHORTWAY_H
#define PICKET_BPF_SHORTWAY_H

#include "destination.h"
#include "flowtable.h"
#include "limit.h"
#include "parse.h"
#include "stats.h"

#define SHORT_PASS (-1)
#define SHORT_DROP (-2)

/*
 * Whole TCP or UDP that step 3 has nothing against, that opens and ends no connection, and that
 * is none of steps 6 to 8's business.
 */
struct plain {
	struct picket_addr src, dst;
	u64 arrival;
	u32 ifindex;
	u32 port; /* "untagged"'s value */
	u32 len; /* of the frame */
	u32 ports; /* source, destination, as they lie on the wire */
	u32 protocol;
};

/* Packets are read as words wherever they begin, as both of our architectures can. */
HOT u32 read32(const void *at)
{
	return *(const u32 *)at;
}

HOT u16 read16(const void *at)
{
	return bpf_ntohs(*(const u16 *)at);
}

HOT bool plain_tcp(const u8 *h, const void *end, u32 room)
{
	u32 header;

	if ((void *)h + 20 > end || room < 20)
		return false;
	header = (h[12] >> 4) * 4;
	return header >= 20 && header <= room &&
	       (h[13] & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)) == TCP_ACK;
}

HOT bool dhcp_port(u32 port)
{
	return (port & ~1U) == 546 || port - 67 < 2;
}

HOT bool plain_udp(const u8 *h, u32 room)
{
	u32 length = read16(h + 4);

	return length >= 8 && length <= room && !dhcp_port(read16(h + 2));
}

/* There are 8 bytes at l4. room: bytes from there on that the IP header says are there. */
HOT bool plain_transport(const u8 *l4, const void *end, u32 room, struct plain *f)
{
	f->ports = read32(l4);
	if (f->protocol == IPPROTO_TCP)
		return plain_tcp(l4, end, room);
	return f->protocol == IPPROTO_UDP && room >= 8 && plain_udp(l4, room);
}

HOT bool plain_ipv4(const u8 *h, const void *end, u32 l3, struct plain *f)
{
	u32 total;

	if ((void *)h + 28 > end || h[0] != 0x45 || read16(h + 6) & 0x3fff)
		return false;
	total = read16(h + 2);
	if (total < 20 || l3 + total > f->len)
		return false;
	f->protocol = h[9];
	f->src = (struct picket_addr){ { 0, 0, bpf_htonl(0xffff), read32(h + 12) } };
	f->dst = (struct picket_addr){ { 0, 0, bpf_htonl(0xffff), read32(h + 16) } };
	return plain_transport(h + 20, end, total - 20, f);
}

HOT bool plain_ipv6(const u8 *h, const void *end, u32 l3, struct plain *f)
{
	u32 room;

	if ((void *)h + 48 > end || h[0] >> 4 != 6)
		return false;
	room = read16(h + 4);
	if (l3 + 40 + room > f->len)
		return false;
	f->protocol = h[6];
#pragma unroll
	for (int i = 0; i < 4; i++) {
		f->src.w[i] = read32(h + 8 + 4 * i);
		f->dst.w[i] = read32(h + 24 + 4 * i);
	}
	return plain_transport(h + 40, end, room, f);
}

/* A frame's port, as "untagged" has it; 0: none, or one that the array has no room for. */
HOT u32 plain_port(u32 ifindex, u32 vlan)
{
	struct port_key key = { .ifindex = ifindex, .vlan = vlan };
	struct port_info *port;
	u32 *found;

	if (!config.use_vlan || !vlan) {
		found = bpf_map_lookup_elem(&untagged, &ifindex);
		return found ? *found : 0;
	}
	port = bpf_map_lookup_elem(&ports, &key);
	return port && port->id <= PICKET_UNTAGGED_ID ? port->id : 0;
}

/* Ethernet and a tag; the EtherType's header is at *l3. */
HOT bool read_link(frame_t *ctx, struct plain *f, u32 *type, u32 *l3)
{
	const u32 incoming = ctx->ingress_ifindex; /* read here: clang would share its address */
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	u32 vlan = 0;
	u64 mac;

	if (data + 18 > end || *(u8 *)data & 1 || *(u8 *)(data + 6) & 1)
		return false;
	mac = *(const u64 *)(data + 6) & 0xffffffffffffULL;
	*type = read16(data + 12);
	*l3 = 14;
	if (config.use_vlan && tag_type(*type)) {
		vlan = read16(data + 14) & 0xfff;
		*type = read16(data + 16);
		*l3 = 18;
	}
	f->ifindex = config.replay ? offline.ifindex : incoming;
	f->port = plain_port(f->ifindex, vlan);
	f->arrival = PICKET_ARRIVAL(mac, f->port & PICKET_UNTAGGED_ID);
	return mac && f->port;
}

/* The flow of one owner. */
HOT struct flow *flow_of(const struct tag *tag, const struct picket_addr *owner, const u32 version)
{
	u32 bucket = bucket_of(tag->high, TABLE_DEVICES, window_of(owner, version));
	struct flow_bucket *b = flow_bucket(TABLE_DEVICES, bucket);
	u32 way = b ? find_way(b, TABLE_DEVICES, bucket, tag) : PICKET_FLOW_WAYS;

	return b && way < PICKET_FLOW_WAYS ? flow_at(b, way) : NULL;
}

/* Where the packet is going: one of the two ends opened its flow. */
struct course {
	struct flow *flow;
	u64 low; /* of its tag */
	bool own; /* the flow's own direction */
};

/* Steps 4, 9 and 11, by what the flow remembers. */
HOT bool find_course(const struct plain *f, const u32 version, struct course *c)
{
	u16 sport = bpf_ntohs((u16)f->ports), dport = bpf_ntohs(f->ports >> 16);
	bool low = source_is_low(&f->src, &f->dst, sport, dport);
	struct tag tag = low ?
		tag_ends(f->protocol, version, &f->src, &f->dst, (u32)sport << 16 | dport) :
		tag_ends(f->protocol, version, &f->dst, &f->src, (u32)dport << 16 | sport);
	bool hosts = f->port & UNTAGGED_HOSTS;

	c->flow = flow_of(&tag, hosts ? &f->dst : &f->src, version);
	if (!c->flow && !hosts)
		c->flow = flow_of(&tag, &f->dst, version);
	if (!c->flow || c->flow->generation != config.generation || c->flow->mark)
		return false;
	c->own = !!(c->flow->flags & FLOW_LOW_OPENED) == low;
	c->low = tag.low;
	return c->flow->arrival[!c->own] == f->arrival;
}

/* Step 14 for one end, a device. */
HOT bool pay_device(struct cost *cost, struct lane *lane, u32 direction)
{
	u32 number = lane->welcome & 0xffff;
	struct profile *profile;

	if (!config.use_limits || !number)
		return true;
	profile = bpf_map_lookup_elem(&profiles, &number);
	return profile && !charge_lane(cost, lane, profile, direction);
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
	return !profile || !state || !charge_lane(cost, lane_of(state, direction), profile, direction);
}

/* The lane of a device's row; NULL: it is none. */
HOT struct lane *device_lane(u32 row, u32 direction)
{
	struct state *state = row ? bpf_map_lookup_elem(&devices, &row) : NULL;

	return state ? lane_of(state, direction) : NULL;
}

/*
 * Asks for the owner's cache line while the flow's is still on its way from memory, instead of when the
 * flow says which it is: two misses at once.
 */
HOT void fetch_early(const struct plain *f)
{
	bool hosts = f->port & UNTAGGED_HOSTS;
	const struct picket_addr *owner = hosts ? &f->dst : &f->src;
	u32 low = bpf_ntohl(owner->w[3]), row, *guess;
	u32 block = PICKET_GUESS_BLOCK(owner->w[0], owner->w[1], owner->w[2], low >> 16);
	struct state *state;
	u64 word;

	guess = bpf_map_lookup_elem(&guesses, &block);
	row = guess ? *guess + (low & 0xffff) : 0;
	state = bpf_map_lookup_elem(&devices, &row);
	if (state) {
		word = hosts ? state->received.welcome : state->sent.welcome;
		barrier_var(word);
	}
}

/* Whether the place's segment is on the packet's port, which is untagged. */
HOT bool place_here(const struct plain *f, const struct place_info *place)
{
	struct port_key key = { .ifindex = f->ifindex };
	struct port_info *port;

	if (place->port)
		return place->port == (f->port & PICKET_UNTAGGED_ID);
	port = bpf_map_lookup_elem(&ports, &key);
	return port && attached(port, place->segment);
}

/*
 * A plain IPv4 packet, on a port where only listed devices may send, from somebody else: dropped here,
 * but for what step 3 or 4 calls by another name, and for one now and then, which the long way reports.
 */
HOT bool drop_unlisted(const struct plain *f, u32 entry)
{
	u32 s = bpf_ntohl(f->src.w[3]), d = bpf_ntohl(f->dst.w[3]), number = entry & PICKET_ENTRY_NUMBER;
	struct place_info *place = NULL;
	struct quiet *held;
	struct tally *t;
	u32 row = 0, key;

	if (!(s >> 24) || ipv4_loopback(s) || s >> 28 >= 14 || !d || ipv4_loopback(d))
		return false;
	if (entry) {
		place = bpf_map_lookup_elem(&places, &number);
		if (!place || place->flags & (PREFIX_BROADCAST | PREFIX_GATEWAY))
			return false;
		if (place_here(f, place))
			row = place->segment;
	}
	held = bpf_map_lookup_elem(&quiet, &row);
	if (!held || bpf_jiffies64() - held->since >= PICKET_QUIET_JIFFIES)
		return false;
	key = row * PICKET_TALLIES + (row ? REASON_UNKNOWN_DEVICE : REASON_SPOOFED);
	t = bpf_map_lookup_elem(&totals, &key);
	if (!t)
		return false;
	held->held++;
	t->packets++;
	t->bytes += f->len;
	if (config.replay) {
		offline.result.verdict = VERDICT_DROP;
		offline.result.reason = row ? REASON_UNKNOWN_DEVICE : REASON_SPOOFED;
		offline.result.device = 0;
		offline.result.segment = row;
	}
	return true;
}

HOT void count_passed(struct lane *lane, u32 bytes)
{
	__sync_fetch_and_add(&lane->packets, 1);
	__sync_fetch_and_add(&lane->bytes, bytes);
}

/* The packet's whole way; false with what was admitted: the long way does not ask for it again. */
HOT bool go_short(const struct plain *f, const u32 version, struct cost *cost)
{
	struct lane *sender, *receiver;
	u32 from, to, from_segment, key;
	struct course c = {};
	struct tally *t;
	u64 now;

	if (config.use_guesses)
		fetch_early(f);
	if (!find_course(f, version, &c))
		return false;
	now = boot_now();
	if ((s64)(now - c.flow->seen) >= flow_lifetime(c.flow->kind, c.flow->flags))
		return false;
	cost->now = now * UNITS_PER_NS;
	cost->packets = 1;
	cost->first = f->len;
	cost->bytes = f->len;
	from = c.own ? c.flow->opener : c.flow->responder;
	to = c.own ? c.flow->responder : c.flow->opener;
	from_segment = c.flow->segment[!c.own];
	sender = device_lane(from, BUCKET_SEND_FLOWS);
	receiver = device_lane(to, BUCKET_RECEIVE_FLOWS);
	/* Step 5; and the entry was this flow's all the while: another CPU may have given it away. */
	if ((sender && !surely_welcome(sender->welcome, now)) ||
	    (receiver && !surely_welcome(receiver->welcome, now)) ||
	    *(volatile u64 *)&c.flow->low != c.low)
		return false;
	if ((sender && !pay_device(cost, sender, BUCKET_SEND_FLOWS)) ||
	    !pay_segment(cost, from_segment, BUCKET_SEND_FLOWS) ||
	    (receiver && !pay_device(cost, receiver, BUCKET_RECEIVE_FLOWS)) ||
	    !pay_segment(cost, c.flow->segment[c.own], BUCKET_RECEIVE_FLOWS))
		return false;
	if (!c.own && !(c.flow->flags & FLOW_ANSWERED))
		c.flow->flags |= FLOW_ANSWERED;
	c.flow->seen = now;
	key = from_segment * PICKET_TALLIES;
	t = bpf_map_lookup_elem(&totals, &key);
	if (t) {
		t->packets++;
		t->bytes += f->len;
	}
	if (sender) {
		count_passed(sender, f->len);
		sender->seen = now;
	}
	if (receiver)
		count_passed(receiver, f->len);
	if (config.replay) {
		offline.result.verdict = VERDICT_PASS;
		offline.result.reason = REASON_NONE;
		offline.result.device = from ? from : to;
		offline.result.segment = from_segment;
	}
	return true;
}

/* Whether a plain IPv4 packet is one of a flood that ends here. */
HOT bool flood(const struct plain *f)
{
	u32 entry;

	if (!(f->port & UNTAGGED_CLOSED))
		return false;
	entry = locate_ipv4(bpf_ntohl(f->src.w[3]));
	return (!entry || entry & PICKET_ENTRY_PLACE) && drop_unlisted(f, entry);
}

/* SHORT_PASS, SHORT_DROP, or how many buckets were charged on a way that ended before that. */
HOT int take_short_way(frame_t *ctx)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct plain f = { .len = config.use_frags ? bpf_xdp_get_buff_len(ctx) : end - data };
	struct cost cost = {};
	u32 type, l3;
	int r = 0;

	if (config.dry || !read_link(ctx, &f, &type, &l3))
		return 0;
	if (type == ETH_P_IP && plain_ipv4(data + l3, end, l3, &f))
		r = flood(&f) ? SHORT_DROP : go_short(&f, 4, &cost) ? SHORT_PASS : 0;
	else if (type == ETH_P_IPV6 && plain_ipv6(data + l3, end, l3, &f))
		r = go_short(&f, 6, &cost) ? SHORT_PASS : 0;
	return r ? r : (int)cost.admitted;
}

#endif
