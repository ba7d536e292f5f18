/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who an address is: devices by address and by MAC, learned addresses, segments, ports.
 */
#ifndef PICKET_BPF_LOOKUP_H
#define PICKET_BPF_LOOKUP_H

#include "pkt.h"

#define NSEC 1000000000LL
#define LEARNED_LIFETIME (3600 * NSEC)
#define STOLEN_WITHIN (600 * NSEC)

HOT u32 page_entry(u32 entry, u32 at)
{
	u32 key = (entry & PICKET_ENTRY_NUMBER) * PICKET_PAGE + (at & (PICKET_PAGE - 1));
	u32 *value = bpf_map_lookup_elem(&pages, &key);

	return value ? *value : 0;
}

/* What the pages say of an IPv4 address (host order): a device's row, a place, or 0. */
HOT u32 locate_ipv4(u32 addr)
{
	u32 root = addr >> 16, *value = bpf_map_lookup_elem(&roots, &root), entry = value ? *value : 0;

	if (entry & PICKET_ENTRY_PAGE)
		entry = page_entry(entry, addr >> 8);
	if (entry & PICKET_ENTRY_PAGE)
		entry = page_entry(entry, addr);
	return entry;
}

/* The row of the device that lists the address, 0: none. */
HOT u32 listed_device(const struct picket_addr *addr)
{
	struct picket_addr key = *addr;
	u32 *value;

	if (addr_ipv4(addr)) {
		u32 entry = locate_ipv4(bpf_ntohl(addr->w[3]));

		if (entry && !(entry & PICKET_ENTRY_PLACE))
			return entry;
		if (!config.use_sparse)
			return 0;
	}
	value = bpf_map_lookup_elem(&addrs, &key);
	return value ? *value : 0;
}

HOT bool gateway_address(const struct picket_addr *addr)
{
	struct picket_addr key = *addr;

	return bpf_map_lookup_elem(&gateway, &key) != NULL;
}

HOT struct port_info *pkt_port(struct pkt *p)
{
	struct port_key key = { .ifindex = p->ifindex, .vlan = p->vlan };

	return bpf_map_lookup_elem(&ports, &key);
}

HOT bool attached(const struct port_info *port, u32 segment)
{
	return port->segments[segment / 64 % (PICKET_MAX_SEGMENTS / 64)] >> (segment & 63) & 1;
}

HOT bool on_port(struct pkt *p, u32 segment)
{
	struct port_info *port = pkt_port(p);

	return port && attached(port, segment);
}

/* What the longest prefix says of an address; all zero where there is none. */
COLD int find_prefix(const struct picket_addr *addr, struct prefix_info *out)
{
	struct prefix_key key = { .len = 128 };
	struct prefix_info *info;

	if (!addr || !out)
		return 0;
	key.addr = *addr;
	info = bpf_map_lookup_elem(&prefixes, &key);
	if (info)
		*out = *info;
	else
		__builtin_memset(out, 0, sizeof(*out));
	return 0;
}

/* The same, of what rules do not name: quicker for an IPv4 address that is no device's. */
COLD int find_place(const struct picket_addr *addr, struct prefix_info *out)
{
	struct place_info *place;
	u32 entry;

	if (!addr || !out)
		return 0;
	entry = addr_ipv4(addr) ? locate_ipv4(bpf_ntohl(addr->w[3])) : 0;
	if (!(entry & PICKET_ENTRY_PLACE))
		return find_prefix(addr, out);
	entry &= PICKET_ENTRY_NUMBER;
	place = bpf_map_lookup_elem(&places, &entry);
	__builtin_memset(out, 0, sizeof(*out));
	if (place) {
		out->segment = place->segment;
		out->flags = place->flags;
		out->broadcast_segment = place->broadcast_segment;
	}
	return 0;
}

/*
 * The row of the frame's source MAC on its port, if it is in this bucket; a free entry has row 0. Without a branch,
 * which the verifier would fork at.
 */
HOT u32 mac_row(const struct pkt *p, u64 hash, u32 half)
{
	u32 bucket = picket_mac_bucket(hash, half, config.mac_buckets), row = 0;
	const struct mac_bucket *b = bpf_map_lookup_elem(&macs, &bucket);

	if (!b)
		return 0;
#pragma unroll
	for (u32 i = 0; i < PICKET_MAC_WAYS; i++) {
		const struct mac_entry *entry = &b->way[i];
		u64 other = (*(const u32 *)entry->mac ^ p->mac_head) | (*(const u16 *)(entry->mac + 4) ^ p->mac_tail) |
			    (entry->port ^ p->port);

		row |= entry->row & (u32)((other - 1) >> 32);
	}
	return row;
}

/* The device with the frame's source MAC in a segment on the port, 0: none. */
COLD int find_mac_device(struct pkt *p)
{
	u64 hash;

	if (!p)
		return 0;
	hash = picket_mac_hash((u64)p->mac_tail << 32 | p->mac_head, p->port, config.mac_seed);
	p->mac_row = mac_row(p, hash, 0) | mac_row(p, hash, 1);
	p->mac_asked = 1;
	return 0;
}

HOT u32 mac_device(struct pkt *p)
{
	if (!p->mac_asked)
		find_mac_device(p);
	return p->mac_row;
}

HOT struct ident *ident_of(u32 row)
{
	return bpf_map_lookup_elem(&idents, &row);
}

/* A device that lists no address of the packet's version, and does not forward for others. */
HOT bool known_by_mac(const struct ident *ident, const struct picket_addr *addr)
{
	u32 lists = addr_ipv4(addr) ? IDENT_IPV4 : IDENT_IPV6;

	return (ident->flags & (IDENT_PRESENT | IDENT_ROUTER | lists)) == IDENT_PRESENT;
}

/* The device that uses a learned address, 0: none, or not within lifetime ns. */
HOT u32 learned_device(struct pkt *p, const struct picket_addr *addr, s64 lifetime)
{
	struct picket_addr key = *addr;
	struct learned *learned_addr;
	struct ident *ident;

	if (!config.use_learning)
		return 0;
	learned_addr = bpf_map_lookup_elem(&learned, &key);
	if (!learned_addr || age(p, learned_addr->used) >= lifetime)
		return 0;
	ident = ident_of(learned_addr->row);
	return ident && known_by_mac(ident, addr) ? learned_addr->row : 0;
}

/* The step of a schedule that holds now: its number from 1, 0 before the first. */
COLD int find_step(struct pkt *p, u32 first, u32 n, struct grants *out)
{
	u32 lo = 0, hi = n;
	s64 now;

	if (!p || !out)
		return 0;
	now = pkt_unix(p);
	for (int i = 0; i <= PICKET_MAX_STEPS_LOG2 && lo < hi; i++) {
		u32 middle = lo + (hi - lo) / 2, key = first + middle;
		struct step *step = bpf_map_lookup_elem(&steps, &key);

		if (!step)
			return 0;
		if (step->from <= now)
			lo = middle + 1;
		else
			hi = middle;
	}
	if (lo) {
		u32 key = first + lo - 1;
		struct step *step = bpf_map_lookup_elem(&steps, &key);

		if (step)
			*out = step->grants;
	}
	return lo;
}

HOT void set_device(struct pkt *p, struct end *end, u32 row, const struct ident *ident)
{
	end->kind = END_DEVICE;
	end->row = row;
	end->segment = ident->segment;
	end->name = ident->name;
	end->grants = ident->grants;
	if (config.use_schedules && ident->flags & IDENT_SCHEDULE)
		end->step = find_step(p, ident->first_step, ident->nsteps, &end->grants);
}

/* Step 5. */
HOT int check_welcome(struct pkt *p, const struct ident *ident)
{
	s64 until = ident->quarantined_until;

	if (until && pkt_unix(p) < until)
		return REASON_QUARANTINED;
	if (config.use_validity && ident->flags & IDENT_VALIDITY &&
	    (pkt_unix(p) < ident->valid_from || pkt_unix(p) >= ident->valid_until))
		return REASON_EXPIRED;
	return 0;
}

/* Whether the long way found, under this policy, that step 5 lets the device on now. */
HOT bool surely_welcome(u64 welcome, u64 now)
{
	return (u16)(welcome >> 16) == (u16)config.generation &&
	       welcome >> 32 > now >> PICKET_WELCOME_SHIFT;
}

/* Step 5 where step 4 is not asked. */
COLD int check_mac_welcome(struct pkt *p)
{
	struct ident *ident;
	u32 row;
	int r;

	if (!p)
		return REASON_MALFORMED;
	row = mac_device(p);
	ident = row ? ident_of(row) : NULL;
	r = ident ? check_welcome(p, ident) : 0;
	if (r)
		p->report = row;
	return r;
}

#endif
