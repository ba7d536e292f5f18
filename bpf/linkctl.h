/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keeps a link working and is passed without a rule: address resolution, neighbour and
 * router discovery, DHCP, multicast membership. Each is held to what its sender may say.
 */
#ifndef PICKET_BPF_LINKCTL_H
#define PICKET_BPF_LINKCTL_H

#include "identity.h"
#include "limit.h"
#include "parse.h"

#define DHCP_CLIENT 68
#define DHCP_SERVER 67
#define DHCPV6_CLIENT 546
#define DHCPV6_SERVER 547

/* Multicast, link-local, the gateway, or an address whose segment is on the port. */
COLD int on_link(struct pkt *p)
{
	struct prefix_info info = {};
	struct ident *ident;
	u32 row;

	if (!p)
		return 0;
	if (p->address & (DEST_MULTICAST | DEST_LINK_LOCAL) || gateway_address(&p->dst.addr))
		return 1;
	row = listed_device(&p->dst.addr);
	ident = row ? ident_of(row) : NULL;
	if (ident)
		return on_port(p, ident->segment);
	find_place(&p->dst.addr, &info);
	return info.segment && on_port(p, info.segment);
}

/* The MAC's device is welcome, and the link has room for one more. */
HOT int pass_by_mac(struct pkt *p)
{
	int r = check_mac_welcome(p);

	return r ? r : control_pass(p);
}

HOT int pass_by_source(struct pkt *p)
{
	int r = identify_source(p);

	return r ? r : control_pass(p);
}

/* From :: or a link-local address nobody is asked for but the gateway's own. */
HOT int check_anonymous(struct pkt *p)
{
	if (gateway_address(&p->src.addr))
		return REASON_SPOOFED;
	return check_mac_welcome(p);
}

HOT bool anonymous(const struct pkt *p)
{
	return p->address & (SOURCE_UNSPECIFIED | SOURCE_LINK_LOCAL);
}

/* Router advertisements and redirects (RFC 6105's guard). */
HOT int judge_router_message(struct pkt *p)
{
	struct ident *ident;
	u32 row;

	if (p->address & SOURCE_UNSPECIFIED)
		return 0;
	if (p->version == 6 && !(p->address & SOURCE_LINK_LOCAL))
		return REASON_MALFORMED;
	if (gateway_address(&p->src.addr))
		return REASON_SPOOFED;
	row = mac_device(p);
	ident = row ? ident_of(row) : NULL;
	if (!(p->port_flags & PORT_ROUTER_ADVERTISEMENTS) ||
	    (ident && !(ident->flags & IDENT_ROUTER)))
		return REASON_ROGUE_ROUTER;
	return on_link(p) ? pass_by_mac(p) : 0;
}

HOT bool dhcp_destination(struct pkt *p)
{
	struct prefix_info info = {};

	if (p->dst.addr.w[3] == 0xffffffff || gateway_address(&p->dst.addr))
		return true;
	find_place(&p->dst.addr, &info);
	return info.flags & PREFIX_BROADCAST && on_port(p, info.broadcast_segment);
}

HOT int judge_dhcp(struct pkt *p)
{
	if (!(p->port_flags & PORT_DHCP))
		return 0;
	if (p->version == 4) {
		if (!dhcp_destination(p))
			return 0;
		return p->address & SOURCE_UNSPECIFIED ? pass_by_mac(p) : pass_by_source(p);
	}
	if (!(p->address & SOURCE_LINK_LOCAL) || p->dst.addr.w[0] != bpf_htonl(0xff020000) ||
	    p->dst.addr.w[1] || p->dst.addr.w[2] || p->dst.addr.w[3] != bpf_htonl(0x00010002))
		return 0;
	return gateway_address(&p->src.addr) ? REASON_SPOOFED : pass_by_mac(p);
}

/* The address that a neighbour claims is judged as if it were the source. */
HOT int judge_nd_target(struct pkt *p)
{
	if (addr_link_local(&p->nd_target))
		return gateway_address(&p->nd_target) ? REASON_SPOOFED : 0;
	p->src.addr = p->nd_target;
	if (!addr_ipv4(&p->nd_target))
		return identify_claimed(p);
	p->report = 0;
	p->src.segment = 0;
	return REASON_SPOOFED;
}

HOT int judge_nd(struct pkt *p)
{
	int r;

	if (!on_link(p))
		return 0;
	r = anonymous(p) ? check_anonymous(p) : identify_source(p);
	if (r)
		return r;
	if (p->nd_foreign)
		return REASON_ND_SPOOFED;
	if (p->icmp_type == ND_NEIGHBOUR_ADVERTISEMENT ||
	    (p->icmp_type == ND_NEIGHBOUR_SOLICITATION && p->address & SOURCE_UNSPECIFIED))
		r = judge_nd_target(p);
	return r ? r : control_pass(p);
}

HOT int judge_mld(struct pkt *p)
{
	int r;

	if (p->hop_limit != 1 || !(p->address & DEST_MULTICAST))
		return 0;
	r = anonymous(p) ? check_anonymous(p) : identify_source(p);
	return r ? r : control_pass(p);
}

HOT int judge_icmpv6_control(struct pkt *p)
{
	switch (p->icmp_type) {
	case ND_ROUTER_ADVERTISEMENT:
	case ND_REDIRECT_MESSAGE:
		return judge_router_message(p);
	case ND_ROUTER_SOLICITATION:
	case ND_NEIGHBOUR_SOLICITATION:
	case ND_NEIGHBOUR_ADVERTISEMENT:
		return judge_nd(p);
	default:
		return judge_mld(p);
	}
}

HOT bool icmpv6_control(const struct pkt *p)
{
	return (p->icmp_type >= MLD_QUERY && p->icmp_type <= ND_REDIRECT_MESSAGE) ||
	       p->icmp_type == MLD2_REPORT;
}

HOT bool dhcp_answer(const struct pkt *p)
{
	if (p->protocol != IPPROTO_UDP)
		return false;
	return p->version == 4 ? p->sport == DHCP_SERVER && p->dport == DHCP_CLIENT :
				 p->sport == DHCPV6_SERVER && p->dport == DHCPV6_CLIENT;
}

/* Whether step 6 has to look: a fragment is never link control. */
HOT bool link_control(const struct pkt *p)
{
	if (p->fragment != WHOLE)
		return false;
	if (p->protocol == IPPROTO_UDP)
		return p->version == 4 ? p->sport == DHCP_CLIENT && p->dport == DHCP_SERVER :
					 p->sport == DHCPV6_CLIENT && p->dport == DHCPV6_SERVER;
	if (p->version == 6)
		return p->protocol == PROTO_ICMPV6 && icmpv6_control(p);
	return p->protocol == PROTO_IGMP ||
	       (p->protocol == IPPROTO_ICMP && (p->icmp_type == ICMP_REDIRECT_MESSAGE ||
						p->icmp_type == ICMP_ROUTER_ADVERTISEMENT));
}

/* Step 6; 0: it is no link control after all. */
COLD int judge_link_control(struct pkt *p)
{
	if (!p)
		return REASON_MALFORMED;
	if (p->protocol == IPPROTO_UDP)
		return judge_dhcp(p);
	if (p->version == 6)
		return judge_icmpv6_control(p);
	if (p->protocol == IPPROTO_ICMP)
		return judge_router_message(p);
	if (p->address & SOURCE_UNSPECIFIED || bpf_ntohl(p->dst.addr.w[3]) >> 28 != 14)
		return 0;
	return pass_by_source(p);
}

/* Step 2 for what is neither IP nor ARP. */
COLD int judge_ethertype(struct pkt *p)
{
	struct ethertype_key key = {};

	if (!p)
		return REASON_MALFORMED;
	key.port = p->port;
	key.ethertype = p->ethertype;
	if (!bpf_map_lookup_elem(&ethertypes, &key))
		return REASON_ETHERTYPE;
	return pass_by_mac(p);
}

#define ARP_REQUEST 1
#define ARP_REPLY 2

/* Step 7 (RFC 826): Ethernet and IPv4 only, and nobody speaks for another. */
COLD int judge_arp(frame_t *ctx, struct pkt *p)
{
	u32 operation, sender;
	u8 a[28];
	int r;

	if (!ctx || !p || p->l3 > 18 || frame_load_bytes(ctx, p->l3, a, sizeof(a)) ||
	    get_be16(a) != 1 || get_be16(a + 2) != ETH_P_IP || a[4] != 6 || a[5] != 4)
		return REASON_MALFORMED;
	operation = get_be16(a + 6);
	if (operation != ARP_REQUEST && operation != ARP_REPLY)
		return REASON_MALFORMED;
	if (!mac_equal(a + 8, p->mac))
		return REASON_ARP_SPOOFED;
	addr_from_ipv4(&p->src.addr, a + 14);
	p->wire_src = p->src.addr;
	sender = bpf_ntohl(p->src.addr.w[3]);
	if (!sender && operation == ARP_REQUEST)
		return pass_by_mac(p);
	if (!(sender >> 24) || ipv4_loopback(sender) || sender >> 28 >= 14)
		return REASON_MARTIAN;
	p->listed = listed_device(&p->src.addr);
	p->address = 0; /* ARP has no destination of its own */
	r = check_martian_prefixes(p);
	return r ? r : pass_by_source(p);
}

#endif
