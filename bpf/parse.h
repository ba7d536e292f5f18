/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From bytes to struct pkt: Ethernet and tags, IPv4 (RFC 791), IPv6 and its extension headers
 * (RFC 8200), transport headers. frame_t and frame_load() come from the program's type.
 */
#ifndef PICKET_BPF_PARSE_H
#define PICKET_BPF_PARSE_H

#include "pkt.h"

#define MAX_OFFSET 0x7fff /* keeps packet offsets in what the verifier can follow */
#define MAX_EXTENSIONS 8

#define EXT_HOP_BY_HOP 0
#define EXT_ROUTING 43
#define EXT_FRAGMENT 44
#define EXT_DESTINATION 60

HOT bool tag_type(u16 type)
{
	return type == ETH_P_8021Q || type == ETH_P_8021AD;
}

/* Ethernet and at most one tag. Leaves l3 at what the EtherType announces. */
HOT int parse_ethernet(frame_t *ctx, struct pkt *p)
{
	u8 h[14], tag[4];

	if (frame_load(ctx, 0, h, sizeof(h)))
		return REASON_MALFORMED;
	__builtin_memcpy(&p->mac_head, h + 6, 4);
	__builtin_memcpy(&p->mac_tail, h + 10, 2);
	__builtin_memcpy(p->mac, h + 6, 6);
	if (h[0] & 1)
		p->address |= DEST_GROUP_MAC;
	p->ethertype = get_be16(h + 12);
	p->l3 = 14;
	if (!tag_type(p->ethertype))
		return 0;
	if (frame_load(ctx, 14, tag, sizeof(tag)))
		return REASON_MALFORMED;
	p->vlan = get_be16(tag) & 0xfff;
	p->ethertype = get_be16(tag + 2);
	p->l3 = 18;
	return tag_type(p->ethertype) ? REASON_UNBOUND : 0;
}

/* IPv4 options: they stay inside the header, and none is a source route. */
COLD int parse_ipv4_options(frame_t *ctx, u32 off, u32 end)
{
	if (!ctx)
		return REASON_MALFORMED;
	for (int i = 0; i < 40; i++) {
		u8 option[2] = {};

		if (off >= end)
			return 0;
		if (frame_load_bytes(ctx, off, option, 1))
			return REASON_MALFORMED;
		if (option[0] == 0)
			return 0;
		if (option[0] == 1) {
			off++;
			continue;
		}
		if (option[0] == 131 || option[0] == 137 || off + 1 >= end ||
		    frame_load_bytes(ctx, off, option, 2))
			return REASON_MALFORMED;
		if (option[1] < 2 || off + option[1] > end)
			return REASON_MALFORMED;
		off += option[1];
	}
	return 0;
}

HOT int parse_ipv4(frame_t *ctx, struct pkt *p)
{
	u32 header, total, flags;
	u8 h[20];

	if (p->l3 > 18 || frame_load(ctx, p->l3, h, sizeof(h)))
		return REASON_MALFORMED;
	header = (h[0] & 15) * 4;
	total = get_be16(h + 2);
	if (h[0] >> 4 != 4 || header < 20 || total < header || p->l3 + total > p->len)
		return REASON_MALFORMED;
	p->version = 4;
	p->protocol = h[9];
	p->hop_limit = h[8];
	p->l3_end = p->l3 + total;
	p->l4 = p->l3 + header;
	addr_from_ipv4(&p->src.addr, h + 12);
	addr_from_ipv4(&p->dst.addr, h + 16);
	flags = get_be16(h + 6);
	p->fragment_id = get_be16(h + 4);
	p->fragment_offset = (flags & 0x1fff) * 8;
	p->fragment = !(flags & 0x3fff) ? WHOLE : p->fragment_offset ? FRAGMENT_LATER : FRAGMENT_FIRST;
	p->fragment_start = p->l4;
	if (header > 20)
		return parse_ipv4_options(ctx, p->l3 + 20, p->l4);
	return 0;
}

/* One fragment header; an atomic one leaves a whole packet (RFC 6946). */
HOT int parse_fragment(struct pkt *p, const u8 *e, u32 off)
{
	u32 field = get_be16(e + 2);
	u32 id;

	if (p->fragment_start)
		return REASON_MALFORMED;
	__builtin_memcpy(&id, e + 4, 4);
	p->fragment_start = off + 8;
	if (!(field & 0xfff9))
		return 0;
	p->fragment_id = id;
	p->fragment_offset = field & 0xfff8;
	p->fragment = p->fragment_offset ? FRAGMENT_LATER : FRAGMENT_FIRST;
	return 0;
}

/* The extension chain from l4 on, whose first header is protocol. Moves both to what follows. */
COLD int parse_extensions(frame_t *ctx, struct pkt *p)
{
	u32 off, next;

	if (!ctx || !p)
		return REASON_MALFORMED;
	off = p->l4;
	next = p->protocol;
	/* Unrolled: Linux 6.1 takes this loop's shape for an endless one. */
#pragma clang loop unroll(full)
	for (int i = 0; i <= MAX_EXTENSIONS; i++) {
		u8 e[8];

		if (next != EXT_HOP_BY_HOP && next != EXT_ROUTING && next != EXT_FRAGMENT &&
		    next != EXT_DESTINATION) {
			p->l4 = off;
			p->protocol = next;
			return 0;
		}
		if (i == MAX_EXTENSIONS || (next == EXT_HOP_BY_HOP && i))
			break;
		if (off > MAX_OFFSET || off + 8 > p->l3_end || frame_load_bytes(ctx, off, e, sizeof(e)))
			break;
		if (next == EXT_FRAGMENT) {
			if (parse_fragment(p, e, off))
				break;
			off += 8;
			next = e[0];
			if (p->fragment == FRAGMENT_LATER) {
				p->l4 = off;
				p->protocol = next;
				return 0;
			}
			continue;
		}
		if (next == EXT_ROUTING && e[3])
			break;
		off += (e[1] + 1) * 8;
		next = e[0];
		if (off > p->l3_end)
			break;
	}
	return REASON_MALFORMED;
}

HOT int parse_ipv6(frame_t *ctx, struct pkt *p)
{
	u8 h[40];

	if (p->l3 > 18 || frame_load(ctx, p->l3, h, sizeof(h)))
		return REASON_MALFORMED;
	p->l3_end = p->l3 + 40 + get_be16(h + 4);
	if (h[0] >> 4 != 6 || p->l3_end > p->len)
		return REASON_MALFORMED;
	p->version = 6;
	p->protocol = h[6];
	p->hop_limit = h[7];
	p->l4 = p->l3 + 40;
	__builtin_memcpy(&p->src.addr, h + 8, 16);
	__builtin_memcpy(&p->dst.addr, h + 24, 16);
	return 0;
}

HOT bool extension(const struct pkt *p)
{
	return p->protocol == EXT_HOP_BY_HOP || p->protocol == EXT_ROUTING ||
	       p->protocol == EXT_FRAGMENT || p->protocol == EXT_DESTINATION;
}

/* Neighbour discovery (RFC 4861 section 6 and 7's validity checks), unfragmented. */
COLD int parse_nd(frame_t *ctx, struct pkt *p)
{
	u32 fixed, wanted, off;
	u8 h[24];

	if (!ctx || !p)
		return REASON_MALFORMED;
	switch (p->icmp_type) {
	case ND_ROUTER_SOLICITATION: fixed = 8; wanted = 1; break;
	case ND_ROUTER_ADVERTISEMENT: fixed = 16; wanted = 0; break;
	case ND_NEIGHBOUR_SOLICITATION: fixed = 24; wanted = 1; break;
	case ND_NEIGHBOUR_ADVERTISEMENT: fixed = 24; wanted = 2; break;
	default: fixed = 40; wanted = 0; break;
	}
	off = p->l4;
	if (p->hop_limit != 255 || p->icmp_code || off > MAX_OFFSET || off + fixed > p->l3_end)
		return REASON_MALFORMED;
	if (fixed == 24) {
		if (frame_load_bytes(ctx, off, h, sizeof(h)))
			return REASON_MALFORMED;
		__builtin_memcpy(&p->nd_target, h + 8, 16);
	}
	off += fixed;
	for (int i = 0; i <= 8; i++) {
		if (off == p->l3_end)
			return 0;
		if (i == 8 || off > MAX_OFFSET || off + 8 > p->l3_end ||
		    frame_load_bytes(ctx, off, h, 8) || !h[1])
			break;
		if (wanted && h[0] == wanted && !mac_equal(h + 2, p->mac))
			p->nd_foreign = 1;
		off += h[1] * 8;
		if (off > p->l3_end)
			break;
	}
	return REASON_MALFORMED;
}

HOT int parse_tcp(frame_t *ctx, struct pkt *p)
{
	u32 header;
	u8 h[20], flags;

	if (p->l4 + 20 > p->l3_end || frame_load(ctx, p->l4, h, sizeof(h)))
		return REASON_MALFORMED;
	header = (h[12] >> 4) * 4;
	flags = h[13];
	if (header < 20 || p->l4 + header > p->l3_end)
		return REASON_MALFORMED;
	if ((flags & TCP_SYN && flags & (TCP_FIN | TCP_RST)) ||
	    !(flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST)))
		return REASON_MALFORMED;
	p->tcp_flags = flags;
	p->sport = get_be16(h);
	p->dport = get_be16(h + 2);
	if (p->gso_size)
		p->unit_len = p->l4 + header + p->gso_size;
	return 0;
}

HOT int parse_udp(frame_t *ctx, struct pkt *p)
{
	u32 length;
	u8 h[8];

	if (p->l4 + 8 > p->l3_end || frame_load(ctx, p->l4, h, sizeof(h)))
		return REASON_MALFORMED;
	length = get_be16(h + 4);
	if (length < 8 || (p->fragment != FRAGMENT_FIRST && p->l4 + length > p->l3_end))
		return REASON_MALFORMED;
	p->sport = get_be16(h);
	p->dport = get_be16(h + 2);
	if (p->gso_size)
		p->unit_len = p->l4 + 8 + p->gso_size;
	return 0;
}

HOT int parse_icmp(frame_t *ctx, struct pkt *p)
{
	u8 h[8];

	if (p->l4 + 8 > p->l3_end || frame_load(ctx, p->l4, h, sizeof(h)))
		return REASON_MALFORMED;
	p->icmp_type = h[0];
	p->icmp_code = h[1];
	if (p->version == 4)
		p->echo = h[0] == ICMP_ECHO_REQUEST || h[0] == ICMP_ECHO_REPLY;
	else
		p->echo = h[0] == ICMPV6_ECHO_REQ || h[0] == ICMPV6_ECHO_REP;
	if (p->echo) {
		p->sport = get_be16(h + 4);
		p->dport = p->sport;
		p->service = PICKET_SERVICE_ECHO;
		return 0;
	}
	p->service = PICKET_SERVICE_ODD;
	if (p->version == 6 && p->fragment == WHOLE && !p->out && h[0] >= ND_ROUTER_SOLICITATION &&
	    h[0] <= ND_REDIRECT_MESSAGE)
		return parse_nd(ctx, p);
	return 0;
}

/* The transport header of a whole packet or a first fragment. */
HOT int parse_transport(frame_t *ctx, struct pkt *p)
{
	u8 head[12];
	int r;

	if (p->fragment == FRAGMENT_LATER)
		return 0;
	p->service = (u32)p->protocol << 16;
	if (p->l4 > MAX_OFFSET)
		return REASON_MALFORMED;
	switch (p->protocol) {
	case IPPROTO_TCP:
		r = parse_tcp(ctx, p);
		break;
	case IPPROTO_UDP:
		r = parse_udp(ctx, p);
		break;
	case IPPROTO_SCTP:
		if (p->l4 + sizeof(head) > p->l3_end || frame_load(ctx, p->l4, head, sizeof(head)))
			return REASON_MALFORMED;
		p->sport = get_be16(head);
		p->dport = get_be16(head + 2);
		r = 0;
		break;
	case IPPROTO_ICMP:
	case PROTO_ICMPV6:
		p->service = PICKET_SERVICE_ODD;
		return icmp(p) ? parse_icmp(ctx, p) : 0;
	default:
		return 0;
	}
	p->service |= p->dport;
	return r;
}

HOT bool ipv4_loopback(u32 addr)
{
	return addr >> 24 == 127;
}

/* Martians that arithmetic tells; broadcast addresses need the prefixes (identity.h). */
HOT int check_martian_ipv4(struct pkt *p)
{
	u32 s = bpf_ntohl(p->src.addr.w[3]), d = bpf_ntohl(p->dst.addr.w[3]);

	if (!s)
		p->address |= SOURCE_UNSPECIFIED;
	else if (!(s >> 24) || ipv4_loopback(s) || s >> 28 >= 14)
		return REASON_MARTIAN;
	if (!d || ipv4_loopback(d))
		return REASON_MARTIAN;
	if (d >> 28 == 14 || d == 0xffffffff)
		p->address |= DEST_MULTICAST;
	return 0;
}

HOT int check_martian_ipv6(struct pkt *p)
{
	const struct picket_addr *s = &p->src.addr, *d = &p->dst.addr;

	if (!s->w[0] && !s->w[1] && !s->w[2] && !s->w[3])
		p->address |= SOURCE_UNSPECIFIED;
	else if (!s->w[0] && !s->w[1] && (!s->w[2] || s->w[2] == bpf_htonl(0xffff)))
		return REASON_MARTIAN;
	else if ((s->w[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000))
		return REASON_MARTIAN;
	if (!d->w[0] && !d->w[1] && (!d->w[2] || d->w[2] == bpf_htonl(0xffff)))
		return REASON_MARTIAN;
	if (addr_link_local(s))
		p->address |= SOURCE_LINK_LOCAL;
	if (addr_link_local(d))
		p->address |= DEST_LINK_LOCAL;
	if ((d->w[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000))
		p->address |= DEST_MULTICAST;
	return 0;
}

#endif
