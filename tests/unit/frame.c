// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

static void fail(const char *what)
{
	fprintf(stderr, "frame builder: %s\n", what);
	abort();
}

void frame_set8(struct frame *f, size_t at, uint8_t value)
{
	if (at >= FRAME_MAX)
		fail("offset outside of the frame");
	f->bytes[at] = value;
}

void frame_set16(struct frame *f, size_t at, uint16_t value)
{
	frame_set8(f, at, value >> 8);
	frame_set8(f, at + 1, value & 0xff);
}

static void append(struct frame *f, const void *data, size_t n)
{
	if (n > FRAME_MAX - f->len)
		fail("frame too long");
	if (data)
		memcpy(f->bytes + f->len, data, n);
	else
		memset(f->bytes + f->len, 0, n);
	f->len += n;
}

/* Appends and lets the lengths before it grow; NULL: zeros. */
static void grow(struct frame *f, const void *data, size_t n)
{
	append(f, data, n);
	if (f->version == 4)
		frame_set16(f, f->network + 2, f->len - f->network);
	else if (f->version == 6)
		frame_set16(f, f->network + 4, f->len - f->network - 40);
	if (f->udp)
		frame_set16(f, f->udp + 4, f->len - f->udp);
}

struct picket_addr frame_addr(const char *text)
{
	struct picket_addr addr = { .w = { 0, 0, htonl(0xffff), 0 } };

	if (strchr(text, ':') ? inet_pton(AF_INET6, text, addr.w) != 1 :
				inet_pton(AF_INET, text, &addr.w[3]) != 1)
		fail(text);
	return addr;
}

void frame_mac(const char *text, uint8_t mac[6])
{
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5]) != 6)
		fail(text);
}

void frame_ethernet_raw(struct frame *f, const uint8_t dst[6], const uint8_t src[6])
{
	memset(f, 0, sizeof(*f));
	append(f, dst, 6);
	append(f, src, 6);
	f->next = f->len;
	append(f, NULL, 2);
	f->network = f->len;
}

void frame_ethernet(struct frame *f, const char *dst, const char *src)
{
	uint8_t to[6], from[6];

	frame_mac(dst, to);
	frame_mac(src, from);
	frame_ethernet_raw(f, to, from);
}

void frame_vlan(struct frame *f, uint16_t tpid, uint16_t tci)
{
	frame_set16(f, f->next, tpid);
	append(f, NULL, 4);
	frame_set16(f, f->len - 4, tci);
	f->next = f->len - 2;
	f->network = f->len;
}

void frame_ethertype(struct frame *f, uint16_t ethertype)
{
	frame_set16(f, f->next, ethertype);
	f->next = 0;
}

void frame_arp(struct frame *f, uint16_t operation, const uint8_t sender_mac[6],
	       struct picket_addr sender, struct picket_addr target)
{
	static const uint8_t fixed[6] = { 0, 1, 8, 0, 6, 4 };

	frame_ethertype(f, 0x0806);
	append(f, fixed, sizeof(fixed));
	append(f, NULL, 2);
	frame_set16(f, f->network + 6, operation);
	append(f, sender_mac, 6);
	append(f, &sender.w[3], 4);
	append(f, NULL, 6);
	append(f, &target.w[3], 4);
}

static void start_ip(struct frame *f, uint8_t version, size_t next)
{
	frame_ethertype(f, version == 4 ? 0x0800 : 0x86dd);
	f->version = version;
	f->next = f->network + next;
	f->transport = f->len;
	grow(f, NULL, 0);
}

void frame_ipv4(struct frame *f, struct picket_addr src, struct picket_addr dst)
{
	append(f, NULL, 12);
	append(f, &src.w[3], 4);
	append(f, &dst.w[3], 4);
	frame_set8(f, f->network, 0x45);
	frame_set8(f, f->network + 8, 64);
	start_ip(f, 4, 9);
}

void frame_ipv6(struct frame *f, struct picket_addr src, struct picket_addr dst)
{
	append(f, NULL, 8);
	append(f, src.w, 16);
	append(f, dst.w, 16);
	frame_set8(f, f->network, 0x60);
	frame_set8(f, f->network + 6, 59);
	frame_set8(f, f->network + 7, 64);
	start_ip(f, 6, 6);
}

void frame_ip(struct frame *f, struct picket_addr src, struct picket_addr dst)
{
	if (!src.w[0] && !src.w[1] && src.w[2] == htonl(0xffff))
		frame_ipv4(f, src, dst);
	else
		frame_ipv6(f, src, dst);
}

void frame_hop_limit(struct frame *f, uint8_t limit)
{
	frame_set8(f, f->network + (f->version == 4 ? 8 : 7), limit);
}

void frame_ipv4_options(struct frame *f, const void *options, size_t n)
{
	if (n % 4 || n > 40)
		fail("IPv4 options of such a length");
	grow(f, options, n);
	frame_set8(f, f->network, 0x45 + n / 4);
	f->transport = f->len;
}

void frame_protocol(struct frame *f, uint8_t protocol)
{
	if (f->next)
		frame_set8(f, f->next, protocol);
	f->transport = f->len;
}

void frame_extension(struct frame *f, uint8_t type, uint8_t units)
{
	size_t at = f->len;

	frame_protocol(f, type);
	grow(f, NULL, 8 * ((size_t)units + 1));
	frame_set8(f, at, 59);
	frame_set8(f, at + 1, units);
	/* PadN over all of it, so that options are well-formed too */
	if (type == 0 || type == 60) {
		frame_set8(f, at + 2, 1);
		frame_set8(f, at + 3, units < 31 ? 4 + 8 * units : 4);
	}
	f->next = at;
	f->transport = f->len;
}

void frame_routing(struct frame *f, uint8_t segments_left)
{
	size_t at = f->len;

	frame_extension(f, 43, 0);
	frame_set8(f, at + 3, segments_left);
}

void frame_fragment(struct frame *f, uint32_t id, uint16_t offset, bool more)
{
	size_t at = f->len;

	if (f->version == 4) {
		frame_set16(f, f->network + 4, id);
		frame_set16(f, f->network + 6, (more ? 0x2000 : 0) | offset / 8);
		return;
	}
	frame_extension(f, 44, 0);
	frame_set8(f, at + 1, 0);
	frame_set16(f, at + 2, offset | (more ? 1 : 0));
	frame_set16(f, at + 4, id >> 16);
	frame_set16(f, at + 6, id & 0xffff);
}

static void start_l4(struct frame *f, uint8_t protocol, size_t n)
{
	frame_protocol(f, protocol);
	f->next = 0;
	grow(f, NULL, n);
}

static void set_ports(struct frame *f, uint16_t sport, uint16_t dport)
{
	frame_set16(f, f->transport, sport);
	frame_set16(f, f->transport + 2, dport);
}

void frame_tcp(struct frame *f, uint16_t sport, uint16_t dport, uint8_t flags)
{
	start_l4(f, 6, 20);
	set_ports(f, sport, dport);
	frame_set8(f, f->transport + 12, 0x50);
	frame_set8(f, f->transport + 13, flags);
}

void frame_udp(struct frame *f, uint16_t sport, uint16_t dport)
{
	start_l4(f, 17, 8);
	set_ports(f, sport, dport);
	f->udp = f->transport;
	grow(f, NULL, 0);
}

void frame_sctp(struct frame *f, uint16_t sport, uint16_t dport)
{
	start_l4(f, 132, 12);
	set_ports(f, sport, dport);
}

void frame_icmp(struct frame *f, uint8_t type, uint8_t code, uint32_t rest)
{
	start_l4(f, f->version == 4 ? 1 : 58, 8);
	frame_set8(f, f->transport, type);
	frame_set8(f, f->transport + 1, code);
	frame_set16(f, f->transport + 4, rest >> 16);
	frame_set16(f, f->transport + 6, rest & 0xffff);
}

void frame_echo(struct frame *f, bool reply, uint16_t id, uint16_t sequence)
{
	uint8_t request = f->version == 4 ? 8 : 128;
	uint8_t answer = f->version == 4 ? 0 : 129;

	frame_icmp(f, reply ? answer : request, 0, (uint32_t)id << 16 | sequence);
}

void frame_nd(struct frame *f, uint8_t type, struct picket_addr target)
{
	frame_hop_limit(f, 255);
	frame_icmp(f, type, 0, 0);
	if (type == 134)
		grow(f, NULL, 8);
	if (type >= 135)
		grow(f, target.w, 16);
	if (type == 137)
		grow(f, target.w, 16);
}

void frame_nd_option(struct frame *f, uint8_t type, const uint8_t mac[6])
{
	const uint8_t head[2] = { type, 1 };

	grow(f, head, 2);
	grow(f, mac, 6);
}

void frame_quote(struct frame *f, const struct frame *inner, size_t max)
{
	size_t n = inner->len - inner->network;

	grow(f, inner->bytes + inner->network, n < max ? n : max);
}

void frame_data(struct frame *f, const void *data, size_t n)
{
	grow(f, data, n);
}

void frame_zeros(struct frame *f, size_t n)
{
	grow(f, NULL, n);
}

void frame_pad(struct frame *f, size_t len)
{
	if (len > f->len)
		append(f, NULL, len - f->len);
}
