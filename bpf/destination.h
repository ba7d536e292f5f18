/* SPDX-License-Identifier: GPL-2.0-only */
/* Step 9: where it goes. */
#ifndef PICKET_BPF_DESTINATION_H
#define PICKET_BPF_DESTINATION_H

#include "lookup.h"

HOT void set_host(struct end *end, u32 segment)
{
	end->kind = END_HOST;
	end->segment = segment;
}

/* The flag of segments in which a device may learn such an address. */
HOT u32 learns(const struct picket_addr *addr)
{
	return addr_ipv4(addr) ? SEGMENT_LEARNS_IPV4 : SEGMENT_LEARNS_IPV6;
}

/* Step 9 for what is no listed device. */
COLD int locate_unlisted(struct pkt *p)
{
	struct prefix_info info = {};
	struct segment_info *segment;
	struct ident *ident;
	u32 row;

	if (!p)
		return REASON_MALFORMED;
	p->dst.fixed = 1;
	if (gateway_address(&p->dst.addr)) {
		p->dst.kind = END_GATEWAY;
		return 0;
	}
	if (p->address & (DEST_MULTICAST | DEST_LINK_LOCAL)) {
		p->dst.kind = END_GROUP;
		return 0;
	}
	find_place(&p->dst.addr, &info);
	if (info.flags & PREFIX_BROADCAST) {
		if (!on_port(p, info.broadcast_segment))
			return REASON_SEGMENT;
		p->dst.kind = END_GROUP;
		return 0;
	}
	segment = bpf_map_lookup_elem(&segments, &info.segment);
	/* Nobody learns an address of the internet, or of a segment without devices that may. */
	p->dst.fixed = !config.use_learning || info.flags & PREFIX_DEFAULT ||
		       !segment || !(segment->flags & learns(&p->dst.addr));
	row = learned_device(p, &p->dst.addr, LEARNED_LIFETIME);
	ident = row ? ident_of(row) : NULL;
	if (ident) {
		set_device(p, &p->dst, row, ident);
		return check_welcome(p, ident);
	}
	if (!info.segment || !segment)
		return REASON_SEGMENT;
	p->dst.segment = info.segment;
	if (!(segment->flags & SEGMENT_HOSTS))
		return REASON_UNKNOWN_DEVICE;
	p->dst.kind = END_HOST;
	return 0;
}

/* Step 9: where it goes, and step 5 of a device there. */
HOT int locate(struct pkt *p)
{
	u32 row = p->address & (DEST_MULTICAST | DEST_LINK_LOCAL) ? 0 : listed_device(&p->dst.addr);
	struct ident *ident = row ? ident_of(row) : NULL;

	if (!ident)
		return locate_unlisted(p);
	set_device(p, &p->dst, row, ident);
	p->dst.listed = 1;
	p->dst.fixed = 1;
	return check_welcome(p, ident);
}

/* Who an address that a packet only quotes is; leaves kind 0 where it is nobody. */
COLD int resolve(struct pkt *p, struct end *end)
{
	struct prefix_info info = {};
	struct segment_info *segment;
	struct ident *ident;
	u32 row;

	if (!p || !end)
		return 0;
	if (gateway_address(&end->addr)) {
		end->kind = END_GATEWAY;
		return 0;
	}
	if ((addr_ipv4(&end->addr) && bpf_ntohl(end->addr.w[3]) >> 28 >= 14) ||
	    (!addr_ipv4(&end->addr) &&
	     (addr_link_local(&end->addr) || (end->addr.w[0] & bpf_htonl(0xff000000)) ==
						     bpf_htonl(0xff000000)))) {
		end->kind = END_GROUP;
		return 0;
	}
	find_place(&end->addr, &info);
	row = listed_device(&end->addr);
	if (!row && info.flags & PREFIX_BROADCAST) {
		end->kind = END_GROUP;
		return 0;
	}
	end->listed = row != 0;
	if (!row)
		row = learned_device(p, &end->addr, LEARNED_LIFETIME);
	ident = row ? ident_of(row) : NULL;
	if (ident) {
		set_device(p, end, row, ident);
		return 0;
	}
	segment = bpf_map_lookup_elem(&segments, &info.segment);
	if (info.segment && segment && segment->flags & SEGMENT_HOSTS)
		set_host(end, info.segment);
	return 0;
}

#endif
