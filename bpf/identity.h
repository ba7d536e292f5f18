/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps 4 and 5: who sent it, and whether they are still welcome. */
#ifndef PICKET_BPF_IDENTITY_H
#define PICKET_BPF_IDENTITY_H

#include "lookup.h"

HOT int set_source_device(struct pkt *p, u32 row, const struct ident *ident)
{
	set_device(p, &p->src, row, ident);
	p->report = row;
	return check_welcome(p, ident);
}

/* A link-local source: the MAC's device, else a host where hosts live. */
HOT int identify_link_local(struct pkt *p)
{
	u32 row = mac_device(p);
	struct ident *ident = row ? ident_of(row) : NULL;

	if (ident)
		return set_source_device(p, row, ident);
	if (!p->first_hosts)
		return REASON_UNKNOWN_DEVICE;
	p->src.kind = END_HOST;
	p->src.segment = p->first_hosts;
	return 0;
}

/* A source that no device lists: by longest match, and by its MAC. */
HOT int identify_by_prefix(struct pkt *p)
{
	u32 segment = p->src_prefix.segment, row, other;
	struct segment_info *info = bpf_map_lookup_elem(&segments, &segment);
	struct ident *ident;

	if (!segment || !info || !on_port(p, segment))
		return REASON_SPOOFED;
	row = mac_device(p);
	ident = row ? ident_of(row) : NULL;
	if (ident && ident->segment == segment && known_by_mac(ident, &p->src.addr)) {
		other = learned_device(p, &p->src.addr, STOLEN_WITHIN);
		if (other && other != row)
			return REASON_SPOOFED;
		if (p->learn_count < 2 && !(p->src_prefix.flags & PREFIX_DEFAULT)) {
			p->learn[p->learn_count & 1] = p->src.addr;
			p->learn_count++;
			p->learn_row = row;
		}
		return set_source_device(p, row, ident);
	}
	if (!(info->flags & SEGMENT_HOSTS)) {
		p->src.segment = segment;
		return REASON_UNKNOWN_DEVICE;
	}
	if (ident && !(ident->flags & IDENT_ROUTER))
		return REASON_SPOOFED;
	p->src.kind = END_HOST;
	p->src.segment = segment;
	return 0;
}

/* Steps 4 and 5 for a listed device's address. */
HOT int identify_listed(struct pkt *p, u32 row, const struct port_info *port)
{
	struct ident *ident = ident_of(row);

	if (!ident || !port || !attached(port, ident->segment))
		return REASON_SPOOFED;
	if (ident->flags & IDENT_MAC && !mac_is(ident->mac, p->mac_head, p->mac_tail)) {
		p->src.segment = ident->segment;
		return REASON_MAC_MISMATCH;
	}
	p->src.listed = 1;
	return set_source_device(p, row, ident);
}

/* Steps 4 and 5 for src.addr, which no device lists; src_prefix is looked up. */
COLD int identify_unlisted(struct pkt *p)
{
	if (!p)
		return REASON_MALFORMED;
	if (gateway_address(&p->src.addr))
		return REASON_SPOOFED;
	if (!addr_ipv4(&p->src.addr) && addr_link_local(&p->src.addr))
		return identify_link_local(p);
	return identify_by_prefix(p);
}

/* Steps 4 and 5 for the source; listed and src_prefix are looked up. */
COLD int identify_source(struct pkt *p)
{
	if (!p)
		return REASON_MALFORMED;
	return p->listed ? identify_listed(p, p->listed, pkt_port(p)) : identify_unlisted(p);
}

/* Steps 4 and 5 for an address that a frame claims (ARP, neighbour discovery). */
COLD int identify_claimed(struct pkt *p)
{
	u32 row;

	if (!p)
		return REASON_MALFORMED;
	p->report = 0;
	__builtin_memset(&p->src.kind, 0, sizeof(p->src) - sizeof(p->src.addr));
	row = listed_device(&p->src.addr);
	if (row)
		return identify_listed(p, row, pkt_port(p));
	find_place(&p->src.addr, &p->src_prefix);
	return identify_unlisted(p);
}

/* A subnet's broadcast address as the source; a group MAC around a unicast destination. */
COLD int check_martian_prefixes(struct pkt *p)
{
	struct prefix_info info = {};

	if (!p)
		return REASON_MALFORMED;
	if (!p->listed && !(p->address & (SOURCE_UNSPECIFIED | SOURCE_LINK_LOCAL))) {
		find_place(&p->src.addr, &p->src_prefix);
		if (p->src_prefix.flags & PREFIX_BROADCAST)
			return REASON_MARTIAN;
	}
	if (p->address & DEST_GROUP_MAC && !(p->address & DEST_MULTICAST)) {
		find_place(&p->dst.addr, &info);
		if (!(info.flags & PREFIX_BROADCAST))
			return REASON_MARTIAN;
	}
	return 0;
}

#endif
