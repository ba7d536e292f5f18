// SPDX-License-Identifier: GPL-2.0-only
#include "eval_packet.h"

#include <arpa/inet.h>
#include <string.h>

#include "picket/reason.h"

#define CHAIN_MAX 8
#define OPTIONS_MAX 8

enum extension { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION_OPTIONS = 60 };

static uint16_t be16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static struct picket_addr ipv4_at(const uint8_t *at)
{
	struct picket_addr addr = { .w = { 0, 0, htonl(0xffff), 0 } };

	memcpy(&addr.w[3], at, 4);
	return addr;
}

static struct picket_addr ipv6_at(const uint8_t *at)
{
	struct picket_addr addr;

	memcpy(addr.w, at, 16);
	return addr;
}

static bool is_tag(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_SERVICE_VLAN;
}

enum reason packet_link(struct packet *p, const uint8_t *frame, size_t len)
{
	size_t at = 14;

	memset(p, 0, sizeof(*p));
	p->bytes = len;
	if (len < at)
		return REASON_MALFORMED;
	memcpy(p->dst_mac, frame, 6);
	memcpy(p->src_mac, frame + 6, 6);
	p->ethertype = be16(frame + 12);
	if (is_tag(p->ethertype)) {
		if (len < 18)
			return REASON_MALFORMED;
		p->vlan = be16(frame + 14) & 0xfff;
		p->ethertype = be16(frame + 16);
		at = 18;
		if (is_tag(p->ethertype))
			return REASON_UNBOUND;
	}
	p->net = frame + at;
	p->net_len = len - at;
	return REASON_NONE;
}

/* Options that stay inside the header, and no source route. */
static bool ipv4_options(const uint8_t *options, size_t len)
{
	size_t at = 0;

	while (at < len) {
		uint8_t type = options[at];

		if (type == 0)
			return true;
		if (type == 131 || type == 137)
			return false;
		if (type == 1) {
			at++;
			continue;
		}
		if (len - at < 2 || options[at + 1] < 2 || options[at + 1] > len - at)
			return false;
		at += options[at + 1];
	}
	return true;
}

static bool ipv4_header(struct packet *p)
{
	const uint8_t *net = p->net;
	size_t header;

	if (p->net_len < 20 || net[0] >> 4 != 4)
		return false;
	header = (net[0] & 15) * 4;
	p->end = be16(net + 2);
	if (header < 20 || p->end < header || p->end > p->net_len)
		return false;
	p->version = 4;
	p->src = ipv4_at(net + 12);
	p->dst = ipv4_at(net + 16);
	p->hop_limit = net[8];
	p->protocol = net[9];
	p->chain_at = header;
	return ipv4_options(net + 20, header - 20);
}

static bool ipv6_header(struct packet *p)
{
	const uint8_t *net = p->net;

	if (p->net_len < 40 || net[0] >> 4 != 6)
		return false;
	p->end = 40 + be16(net + 4);
	if (p->end > p->net_len)
		return false;
	p->version = 6;
	p->src = ipv6_at(net + 8);
	p->dst = ipv6_at(net + 24);
	p->hop_limit = net[7];
	p->protocol = net[6];
	p->chain_at = 40;
	return true;
}

bool packet_ip(struct packet *p)
{
	return p->ethertype == ETHERTYPE_IPV4 ? ipv4_header(p) : ipv6_header(p);
}

/* The part of a fragment's header that both versions have; payload begins at. */
static void set_fragment(struct packet *p, size_t offset, bool more, uint32_t id, size_t at)
{
	p->fragment = offset || more;
	p->later = offset;
	p->offset = offset;
	p->id = id;
	p->payload = p->end - at;
}

static bool is_extension(uint8_t next)
{
	return next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT ||
	       next == DESTINATION_OPTIONS;
}

static bool ipv6_chain(struct packet *p, size_t *at)
{
	bool fragment = false;
	int n;

	for (n = 0; is_extension(p->protocol); n++) {
		const uint8_t *header = p->net + *at;
		uint8_t type = p->protocol;
		size_t len = 8;

		if (n == CHAIN_MAX || (type == HOP_BY_HOP && n) || p->end - *at < 8)
			return false;
		if (type == FRAGMENT && fragment)
			return false;
		if (type == ROUTING && header[3])
			return false;
		if (type != FRAGMENT)
			len = 8 * ((size_t)header[1] + 1);
		if (len > p->end - *at)
			return false;
		*at += len;
		p->protocol = header[0];
		if (type != FRAGMENT)
			continue;
		fragment = true;
		set_fragment(p, be16(header + 2) & 0xfff8, header[3] & 1, be32(header + 4), *at);
		if (p->later)
			return true;
	}
	return true;
}

bool packet_chain(struct packet *p)
{
	size_t at = p->chain_at;

	if (p->version == 4) {
		uint16_t word = be16(p->net + 6);

		set_fragment(p, (word & 0x1fff) * 8, word & 0x2000, be16(p->net + 4), at);
	} else if (!ipv6_chain(p, &at)) {
		return false;
	}
	p->l4 = p->net + at;
	p->l4_len = p->end - at;
	return true;
}

static bool is_icmp_protocol(const struct packet *p)
{
	return p->version == 4 ? p->protocol == PROTOCOL_ICMP : p->protocol == PROTOCOL_ICMPV6;
}

bool packet_has_ports(const struct packet *p)
{
	return p->protocol == PROTOCOL_TCP || p->protocol == PROTOCOL_UDP ||
	       p->protocol == PROTOCOL_SCTP;
}

/* Ports, or ICMP's type and id; there are 8 bytes. */
static void read_l4(struct packet *p)
{
	if (packet_has_ports(p)) {
		p->sport = be16(p->l4);
		p->dport = be16(p->l4 + 2);
	} else if (is_icmp_protocol(p)) {
		p->icmp_type = p->l4[0];
		p->echo_id = be16(p->l4 + 4);
	}
}

static bool tcp_header(struct packet *p)
{
	size_t header = (p->l4[12] >> 4) * 4;
	uint8_t flags = p->l4[13];

	p->tcp_flags = flags;
	if (header < 20 || header > p->l4_len)
		return false;
	if (flags & TCP_SYN && flags & (TCP_FIN | TCP_RST))
		return false;
	return flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);
}

static bool udp_header(const struct packet *p)
{
	uint16_t len = be16(p->l4 + 4);

	return len >= 8 && (p->fragment || len <= p->l4_len);
}

bool packet_l4(struct packet *p)
{
	size_t least = 0;

	if (p->later)
		return true;
	if (p->protocol == PROTOCOL_TCP)
		least = 20;
	else if (p->protocol == PROTOCOL_SCTP)
		least = 12;
	else if (p->protocol == PROTOCOL_UDP || is_icmp_protocol(p))
		least = 8;
	if (!least)
		return true;
	if (p->l4_len < least)
		return false;
	read_l4(p);
	if (p->protocol == PROTOCOL_TCP)
		return tcp_header(p);
	if (p->protocol == PROTOCOL_UDP)
		return udp_header(p);
	return true;
}

static size_t discovery_fixed_part(uint8_t type)
{
	static const size_t bytes[] = { 8, 16, 24, 24, 40 }; /* 133 to 137 */

	return bytes[type - 133];
}

bool packet_discovery(const struct packet *p)
{
	size_t at, n;

	if (p->fragment || !packet_is_icmpv6(p, 133, 137))
		return true;
	at = discovery_fixed_part(p->icmp_type);
	if (p->hop_limit != 255 || p->l4[1] || p->l4_len < at)
		return false;
	for (n = 0; at < p->l4_len; n++) {
		size_t left = p->l4_len - at;

		if (n == OPTIONS_MAX || left < 2 || !p->l4[at + 1] || p->l4[at + 1] * 8U > left)
			return false;
		at += p->l4[at + 1] * 8;
	}
	return true;
}

bool packet_discovery_options_match(const struct packet *p, uint8_t type, const uint8_t mac[6])
{
	size_t at;

	for (at = discovery_fixed_part(p->icmp_type); at < p->l4_len; at += p->l4[at + 1] * 8)
		if (p->l4[at] == type && memcmp(p->l4 + at + 2, mac, 6))
			return false;
	return true;
}

struct picket_addr packet_discovery_target(const struct packet *p)
{
	return ipv6_at(p->l4 + 8);
}

bool packet_arp(struct packet *p)
{
	static const uint8_t ethernet_ipv4[6] = { 0, 1, 8, 0, 6, 4 };

	if (p->net_len < 28 || memcmp(p->net, ethernet_ipv4, 6))
		return false;
	p->arp_operation = be16(p->net + 6);
	memcpy(p->arp_sender, p->net + 8, 6);
	p->src = ipv4_at(p->net + 14);
	p->dst = ipv4_at(p->net + 24);
	return p->arp_operation == 1 || p->arp_operation == 2;
}

/* The IP header of a quote; *at is where its L4 begins. */
static bool quote_header(struct packet *q, size_t *at)
{
	const uint8_t *net = q->net;

	if (q->version == 4) {
		if (q->net_len < 20 || net[0] >> 4 != 4)
			return false;
		*at = (net[0] & 15) * 4;
		q->src = ipv4_at(net + 12);
		q->dst = ipv4_at(net + 16);
		q->protocol = net[9];
		return *at >= 20 && !(be16(net + 6) & 0x1fff);
	}
	if (q->net_len < 40 || net[0] >> 4 != 6)
		return false;
	*at = 40;
	q->src = ipv6_at(net + 8);
	q->dst = ipv6_at(net + 24);
	q->protocol = net[6];
	return !is_extension(q->protocol);
}

bool packet_quote(const struct packet *p, struct packet *quoted)
{
	struct packet q = { .version = p->version, .net = p->l4 + 8, .net_len = p->l4_len - 8 };
	size_t at;

	if (!quote_header(&q, &at) || q.net_len < at + 8)
		return false;
	q.l4 = q.net + at;
	q.l4_len = q.net_len - at;
	read_l4(&q);
	*quoted = q;
	return true;
}

bool packet_is_icmp(const struct packet *p)
{
	return p->version && !p->later && is_icmp_protocol(p);
}

bool packet_is_echo(const struct packet *p)
{
	uint8_t reply = p->version == 4 ? 0 : 129;

	return packet_is_echo_request(p) || (packet_is_icmp(p) && p->icmp_type == reply);
}

bool packet_is_echo_request(const struct packet *p)
{
	return packet_is_icmp(p) && p->icmp_type == (p->version == 4 ? 8 : 128);
}

bool packet_is_icmp_error(const struct packet *p)
{
	if (!packet_is_icmp(p))
		return false;
	if (p->version == 6)
		return p->icmp_type >= 1 && p->icmp_type <= 4;
	return p->icmp_type == 3 || p->icmp_type == 11 || p->icmp_type == 12;
}

bool packet_is_icmpv6(const struct packet *p, uint8_t lo, uint8_t hi)
{
	return p->version == 6 && packet_is_icmp(p) && p->icmp_type >= lo && p->icmp_type <= hi;
}

bool packet_is_udp(const struct packet *p, uint8_t version, uint16_t sport, uint16_t dport)
{
	return p->version == version && !p->later && p->protocol == PROTOCOL_UDP &&
	       p->sport == sport && p->dport == dport;
}
