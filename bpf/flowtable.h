/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known flows: a set-associative table. A look-up takes no lock; whoever changes an entry holds
 * its bucket's. A device's flows live in a window of buckets of its own, so that it exhausts
 * only itself.
 */
#ifndef PICKET_BPF_FLOWTABLE_H
#define PICKET_BPF_FLOWTABLE_H

#include "lookup.h"

#define CLOSED_LIFETIME (10 * NSEC)
#define FRAGMENT_LIFETIME (30 * NSEC)

enum flow_table { TABLE_DEVICES, TABLE_HOSTS };

HOT u64 mix(u64 h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ULL;
	return h ^ h >> 32;
}

/*
 * Two of NH's universal hashes (Black et al., UMAC, 1999), each of pairs of words with secret keys
 * of its own; the second is mixed, since it also says where the tag lives.
 */
HOT struct tag tag_words(const u32 *words, const u32 n)
{
	u64 low = 0, high = 0;

#pragma unroll
	for (u32 i = 0; i < n; i += 2) {
		low += (u64)(u32)(words[i] + (u32)config.secret[i]) *
		       (u32)(words[i + 1] + (u32)config.secret[i + 1]);
		high += (u64)(u32)(words[i] + (u32)config.secret[i + 12]) *
			(u32)(words[i + 1] + (u32)config.secret[i + 13]);
	}
	return (struct tag){ low | 1, mix(high) }; /* low 0 is a free entry */
}

/* As memcmp() does, word by word. */
HOT int compare_addrs(const struct picket_addr *a, const struct picket_addr *b)
{
#pragma unroll
	for (int i = 0; i < 4; i++)
		if (a->w[i] != b->w[i])
			return a->w[i] < b->w[i] ? -1 : 1;
	return 0;
}

/* Whether the source is the end that sorts first. */
HOT bool source_is_low(const struct picket_addr *s, const struct picket_addr *d, u16 sport, u16 dport)
{
	int order = compare_addrs(s, d);

	return order ? order < 0 : sport <= dport;
}

/* What tells flows apart, the same from both ends: of version 4 or 6, and ports in ends' order. */
HOT struct tag tag_ends(u32 protocol, u32 version, const struct picket_addr *lo,
			const struct picket_addr *hi, u32 ports)
{
	u32 words[10] = { lo->w[3], hi->w[3], ports, protocol | version << 16 };

	if (version == 4)
		return tag_words(words, 4);
#pragma unroll
	for (int i = 0; i < 3; i++) {
		words[4 + i] = lo->w[i];
		words[7 + i] = hi->w[i];
	}
	return tag_words(words, 10);
}

/* The packet's flow's tag; low says which end the source is. */
COLD int tag_flow(struct pkt *p)
{
	const struct picket_addr *s, *d;
	u32 protocol;

	if (!p)
		return 0;
	s = &p->src.addr;
	d = &p->dst.addr;
	protocol = p->protocol | (u32)p->echo << 8;
	p->low = source_is_low(s, d, p->sport, p->dport);
	p->tag = p->low ? tag_ends(protocol, p->version, s, d, (u32)p->sport << 16 | p->dport) :
			  tag_ends(protocol, p->version, d, s, (u32)p->dport << 16 | p->sport);
	return 0;
}

#define TAG_FRAGMENT (1U << 31) /* beside the protocol: no flow's tag has it */

/* A fragmented packet's tag: source, destination, id, and in IPv4 the protocol. */
COLD int tag_fragment(struct pkt *p)
{
	if (!p)
		return 0;
	p->tag = tag_ends(TAG_FRAGMENT | (p->version == 4 ? p->protocol : 0), p->version, &p->src.addr,
			  &p->dst.addr, p->fragment_id);
	return 0;
}

HOT s64 flow_lifetime(u8 kind, u8 flags)
{
	const u8 both = FLOW_FIN_OPENER | FLOW_FIN_RESPONDER;

	if (kind == FLOW_TCP)
		return flags & FLOW_RESET || (flags & both) == both ? CLOSED_LIFETIME : 3600 * NSEC;
	if (kind == FLOW_UDP)
		return 180 * NSEC;
	return kind == FLOW_FRAGMENT ? FRAGMENT_LIFETIME : 60 * NSEC;
}

HOT struct flow_bucket *flow_bucket(u32 table, u32 bucket)
{
	return table == TABLE_HOSTS ? bpf_map_lookup_elem(&hostflows, &bucket) :
				      bpf_map_lookup_elem(&flows, &bucket);
}

/*
 * The keyed hash of an address: where the window of its flows begins. Mixed, since a network's addresses are one
 * step apart, and so would be their windows: with an unlucky key all in the same place.
 */
HOT u32 window_of(const struct picket_addr *addr, u32 version)
{
	u64 h = config.secret[24] + config.secret[25] * addr->w[3];

	if (version == 6)
		h += config.secret[26] * addr->w[0] + config.secret[27] * addr->w[1] +
		     config.secret[28] * addr->w[2];
	return mix(h) >> 32;
}

/* A device owns flows by the address that it lists; by its row where others may have the address. */
HOT u32 owner_of(const struct end *end, u32 version)
{
	return end->listed ? window_of(&end->addr, version) :
			     mix(config.secret[29] + config.secret[30] * end->row) >> 32;
}

/* Where a tag lives: in its owner's window, or anywhere among the flows of hosts. */
HOT u32 bucket_of(u64 tag_high, u32 table, u32 owner)
{
	u32 within = tag_high >> 32;

	return table == TABLE_HOSTS ? within & config.hostflow_mask :
				      (owner + (within & config.flow_window)) & config.flow_mask;
}

/* A flow is of the devices at its ends, and of no others that have their addresses by now. */
HOT bool same_ends(const struct flow *flow, const struct pkt *ends)
{
	bool own = !!(flow->flags & FLOW_LOW_OPENED) == ends->low;

	return flow->opener == (own ? ends->src.row : ends->dst.row) &&
	       flow->responder == (own ? ends->dst.row : ends->src.row);
}

/*
 * Of the half that is mixed, bits that say neither where it lives nor which way is its home: the other half's
 * highest bits are the same for most flows between two addresses.
 */
HOT u16 hint_of(const struct tag *tag)
{
	return tag->high >> 8 | 1; /* 0 is a free entry */
}

HOT bool tagged(const struct flow *flow, const struct tag *tag)
{
	return flow->low == tag->low && flow->high == tag->high;
}

/* A bit for each way whose hint is the given one; without a branch, which the verifier would fork at. */
HOT u32 ways_with(const struct flow_bucket *b, u16 hint)
{
	u32 ways = 0;

#pragma unroll
	for (u32 i = 0; i < PICKET_FLOW_WAYS; i++)
		ways |= ((u32)(b->hint[i] ^ hint) - 1) >> 31 << i;
	return ways;
}

/* The way that holds the tag when it is not its home; PICKET_FLOW_WAYS: none. */
COLD int find_other_way(u32 table, u32 bucket, u64 low, u64 high)
{
	struct tag tag = { low, high };
	struct flow_bucket *b = flow_bucket(table, bucket);
	u16 hint = hint_of(&tag);

	if (!b)
		return PICKET_FLOW_WAYS;
	for (u32 i = 0; i < PICKET_FLOW_WAYS; i++)
		if (b->hint[i] == hint && tagged(&b->flow[i], &tag))
			return i;
	return PICKET_FLOW_WAYS;
}

HOT u32 home_of(const struct tag *tag)
{
	return tag->high & (PICKET_FLOW_WAYS - 1);
}

/* The way that holds the tag: its home, or another that its hint is in; PICKET_FLOW_WAYS: none. */
HOT u32 find_way(const struct flow_bucket *b, u32 table, u32 bucket, const struct tag *tag)
{
	if (tagged(&b->flow[home_of(tag)], tag))
		return home_of(tag);
	return ways_with(b, hint_of(tag)) ? find_other_way(table, bucket, tag->low, tag->high) :
					    PICKET_FLOW_WAYS;
}

/* The entry in a way; the mask is for the verifier, hidden from clang, which knows that it is idle. */
HOT struct flow *flow_at(struct flow_bucket *b, u32 way)
{
	barrier_var(way);
	return &b->flow[way & (PICKET_FLOW_WAYS - 1)];
}

/* Looks into one bucket; what is found is named by table, bucket and way. */
HOT bool search_bucket(struct pkt *p, const struct pkt *ends, u32 table, u32 bucket)
{
	struct flow_bucket *b = flow_bucket(table, bucket);
	u32 way = b ? find_way(b, table, bucket, &p->tag) : PICKET_FLOW_WAYS;

	if (!b || way >= PICKET_FLOW_WAYS || (ends && !same_ends(flow_at(b, way), ends)))
		return false;
	p->table = table;
	p->bucket = bucket;
	p->way = way;
	p->found = 1;
	return true;
}

/* Either end may have opened it, and it lives with the one that did. */
HOT bool find_flow(struct pkt *p, const struct pkt *ends)
{
	const u32 a = ends->src.row, b = ends->dst.row;
	const u64 high = p->tag.high;

	p->found = 0;
	if (!a && !b)
		return search_bucket(p, ends, TABLE_HOSTS, bucket_of(high, TABLE_HOSTS, 0));
	if (a && search_bucket(p, ends, TABLE_DEVICES,
			       bucket_of(high, TABLE_DEVICES, owner_of(&ends->src, ends->version))))
		return true;
	return b && search_bucket(p, ends, TABLE_DEVICES,
				  bucket_of(high, TABLE_DEVICES, owner_of(&ends->dst, ends->version)));
}

/* The entry that was found, when it is still there. */
HOT struct flow *found_flow(struct pkt *p)
{
	struct flow_bucket *b = flow_bucket(p->table, p->bucket);
	u32 way = p->way & (PICKET_FLOW_WAYS - 1);

	return b && tagged(&b->flow[way], &p->tag) ? &b->flow[way] : NULL;
}

/* A program never touches what a newer policy has judged. */
HOT bool newer(const struct flow *flow)
{
	return (int)(flow->generation - config.generation) > 0;
}

COLD int forget_flow(struct pkt *p)
{
	struct flow_bucket *b;
	u32 way;

	if (!p || config.dry)
		return 0;
	b = flow_bucket(p->table, p->bucket);
	way = p->way & (PICKET_FLOW_WAYS - 1);
	if (!b)
		return 0;
	bpf_spin_lock(&b->lock);
	if (tagged(&b->flow[way], &p->tag) && !newer(&b->flow[way])) {
		b->flow[way].low = 0;
		b->hint[way] = 0;
	}
	bpf_spin_unlock(&b->lock);
	p->found = 0;
	return 0;
}

/* Unanswered flows of a device's in a bucket, with the one that comes, that are worth as much as answered ones. */
#define ASKING 3

/*
 * How much an entry is worth keeping when one of owner's comes: over, unanswered or closed, then answered; of these
 * of who holds most, the oldest. A flood at a device's open or closed ports leaves nothing but the former; it must
 * not cost another device's request its answer, nor its fragment the rest of the packet, neither when the flood's
 * next comes nor when the other device's own does: so few are not given up for the asking.
 */
COLD u64 keep_rank(struct pkt *p, u32 table, u32 bucket, u32 way, u32 owner)
{
	struct flow_bucket *b = flow_bucket(table, bucket);
	u64 ms = 0, held, asking, rank;
	struct flow *flow;
	s64 idle, lifetime;
	u32 whose;

	if (!p || !b)
		return 0;
	way &= PICKET_FLOW_WAYS - 1;
	flow = &b->flow[way];
	idle = age(p, flow->seen);
	lifetime = flow_lifetime(flow->kind, flow->flags);
	if (idle >= lifetime)
		return 0;
	if (idle > 0)
		ms = (u64)idle >> 20;
	if (ms > 0xffffff)
		ms = 0xffffff;
	whose = b->owner[way];
	held = whose == owner;
	asking = held;
	/* without a branch, which the verifier would fork at */
	for (u32 i = 0; i < PICKET_FLOW_WAYS; i++) {
		u64 same = ((u64)(b->owner[i] ^ whose) - 1) >> 63;

		held += same;
		asking += same & ((b->flow[i].flags & FLOW_ANSWERED) / FLOW_ANSWERED ^ 1);
	}
	rank = 1 + ((PICKET_FLOW_WAYS + 1 - held) << 24 | (0xffffff - ms));
	if (lifetime != CLOSED_LIFETIME && (flow->flags & FLOW_ANSWERED || asking <= ASKING))
		rank |= 1ULL << 32;
	return rank;
}

/* The way of a full bucket to give up for one of owner's; p->judged says which flow is there. */
COLD int worst_way(struct pkt *p, u32 table, u32 bucket, u32 owner)
{
	struct flow_bucket *b = flow_bucket(table, bucket);
	u64 least = ~0ULL;
	u32 way = 0;

	if (!p || !b)
		return 0;
	for (u32 i = 0; i < PICKET_FLOW_WAYS; i++) {
		u64 low = *(volatile u64 *)&b->flow[i].low, rank = keep_rank(p, table, bucket, i, owner);

		if (rank < least) {
			least = rank;
			way = i;
			p->judged = low;
		}
	}
	return way;
}

/* The number of the lowest bit of 8 that is set (de Bruijn). */
HOT u32 lowest_way(u32 ways)
{
	return 0x34572610 >> ((ways & -ways) * 0x1d >> 3 & 28) & (PICKET_FLOW_WAYS - 1);
}

/*
 * A place for a tag in a bucket: its own, else its home, else a free one, else way. Under the lock
 * there are no calls, so its own is looked for where the hint is lowest: should two tags of a
 * bucket share a hint (once in 10,000 full buckets), the older entry of this one just ages.
 */
HOT u32 place_of(const struct flow_bucket *b, const struct tag *tag, u32 way)
{
	u32 own = ways_with(b, hint_of(tag)), free = ways_with(b, 0);

	if (own && tagged(&b->flow[lowest_way(own)], tag))
		return lowest_way(own);
	if (free >> home_of(tag) & 1)
		return home_of(tag);
	return free ? lowest_way(free) : way;
}

/*
 * Puts an entry under the packet's tag: in its place, else in that of the worst. 0: another CPU took that before; the
 * last try takes it whatever is there.
 */
COLD int put_flow(struct pkt *p, struct flow *fresh, u32 table, u32 owner, u32 last)
{
	u32 bucket, worst = PICKET_FLOW_WAYS, way, stat = STAT_FLOWS_OPENED;
	struct flow_bucket *b;
	const struct tag *tag;
	bool lost;

	if (!p || !fresh)
		return 1;
	tag = &p->tag;
	bucket = bucket_of(tag->high, table, owner);
	b = flow_bucket(table, bucket);
	if (!b)
		return 1;
	if (place_of(b, tag, worst) == PICKET_FLOW_WAYS) {
		worst = worst_way(p, table, bucket, owner);
		stat = STAT_FLOWS_EVICTED;
	}
	fresh->low = 0; /* nobody matches it while it changes */
	fresh->high = tag->high;
	bpf_spin_lock(&b->lock);
	/* Another CPU may have taken the place, or opened the same flow. */
	way = place_of(b, tag, worst);
	lost = way == PICKET_FLOW_WAYS || (way == worst && flow_at(b, way)->low != p->judged);
	way &= PICKET_FLOW_WAYS - 1;
	if (lost && !last) {
		bpf_spin_unlock(&b->lock);
		return 0;
	}
	*(volatile u64 *)&b->flow[way].low = 0;
	b->owner[way] = owner;
	b->hint[way] = hint_of(tag);
	b->flow[way] = *fresh;
	*(volatile u64 *)&b->flow[way].low = tag->low;
	bpf_spin_unlock(&b->lock);
	count_stat(stat, 1);
	return 1;
}

#define INSERT_TRIES 4

COLD int insert_flow(struct pkt *p, struct flow *fresh, u32 table, u32 owner)
{
	if (!p || !fresh || config.dry)
		return 0;
#pragma unroll
	for (u32 i = 1; i <= INSERT_TRIES; i++)
		if (put_flow(p, fresh, table, owner, i == INSERT_TRIES))
			break;
	return 0;
}

#endif
