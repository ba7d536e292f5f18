/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds frames for tests, layer by layer from the outside in:
 *
 *	struct frame f;
 *	frame_ethernet(&f, "02:00:00:00:00:01", "02:00:5e:10:00:17");
 *	frame_vlan(&f, 0x8100, 20);
 *	frame_ip(&f, frame_addr("10.20.0.17"), frame_addr("10.1.0.10"));
 *	frame_tcp(&f, 40000, 8883, FRAME_SYN);
 *	frame_data(&f, "hello", 5);
 *	frame_pad(&f, 60);
 *
 * Each layer writes its number (EtherType, protocol, next header) into the one before it, and
 * everything that is appended counts in the IP and UDP lengths before it, up to frame_pad(). To
 * lie about a field, overwrite it afterwards with frame_set8() and frame_set16() at an offset
 * from f.network or f.transport; to truncate, lower f.len. Checksums are left zero.
 * A frame that outgrows FRAME_MAX, and text that is no address, abort the test.
 */
#ifndef TEST_FRAME_H
#define TEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

#define FRAME_MAX 2048

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t len;
	size_t network; /* offset of the IP or ARP header, or of what follows the EtherType */
	size_t transport; /* offset of the L4 header */
	/* where the next layer writes its number; 0: nowhere. A byte long within IP, else two. */
	size_t next;
	size_t udp; /* offset of the UDP header whose length grows; 0: none */
	uint8_t version; /* 4, 6, or 0 before there is an IP header */
};

enum frame_tcp_flags {
	FRAME_FIN = 1,
	FRAME_SYN = 2,
	FRAME_RST = 4,
	FRAME_PSH = 8,
	FRAME_ACK = 16,
};

/* "10.0.0.1" or "fd00::1"; IPv4 as ::ffff:10.0.0.1 */
struct picket_addr frame_addr(const char *text);
void frame_mac(const char *text, uint8_t mac[6]);

/* Starts a frame over. */
void frame_ethernet(struct frame *f, const char *dst, const char *src);
void frame_ethernet_raw(struct frame *f, const uint8_t dst[6], const uint8_t src[6]);

/* A tag; tpid is 0x8100 or 0x88a8, tci the id with its priority bits. */
void frame_vlan(struct frame *f, uint16_t tpid, uint16_t tci);

/* An EtherType of neither IP nor ARP; its payload comes with frame_data(). */
void frame_ethertype(struct frame *f, uint16_t ethertype);

/* operation: 1 request, 2 reply. Addresses are IPv4. */
void frame_arp(struct frame *f, uint16_t operation, const uint8_t sender_mac[6],
	       struct picket_addr sender, struct picket_addr target);

/* IPv4 when src is, else IPv6. TTL and hop limit are 64. */
void frame_ip(struct frame *f, struct picket_addr src, struct picket_addr dst);
/* The same with the version said, e.g. IPv6 from ::ffff:10.0.0.1. */
void frame_ipv4(struct frame *f, struct picket_addr src, struct picket_addr dst);
void frame_ipv6(struct frame *f, struct picket_addr src, struct picket_addr dst);

/* TTL or hop limit of the last IP header. */
void frame_hop_limit(struct frame *f, uint8_t limit);

/* n bytes of IPv4 options, straight after frame_ipv4(); n is a multiple of 4, up to 40. */
void frame_ipv4_options(struct frame *f, const void *options, size_t n);

/*
 * Makes it a fragment: offset in bytes (a multiple of 8). IPv4 writes the header's fields; IPv6
 * appends a fragment header, so that it comes before the L4 layer. offset 0 without more is an
 * atomic fragment in IPv6 and a whole packet in IPv4. After an offset, use frame_protocol()
 * and frame_data().
 */
void frame_fragment(struct frame *f, uint32_t id, uint16_t offset, bool more);

/* IPv6 extension header of (units + 1) * 8 bytes: 0 hop-by-hop, 60 destination options. */
void frame_extension(struct frame *f, uint8_t type, uint8_t units);
/* A routing header (type 0) with so many segments left. */
void frame_routing(struct frame *f, uint8_t segments_left);

/* Protocol number (next header) of what follows, when no layer function does. */
void frame_protocol(struct frame *f, uint8_t protocol);

void frame_tcp(struct frame *f, uint16_t sport, uint16_t dport, uint8_t flags);
void frame_udp(struct frame *f, uint16_t sport, uint16_t dport);
void frame_sctp(struct frame *f, uint16_t sport, uint16_t dport);

/* 8 bytes: ICMP in IPv4, ICMPv6 in IPv6; rest is the last four, in host order. */
void frame_icmp(struct frame *f, uint8_t type, uint8_t code, uint32_t rest);
/* Echo request or reply of the version at hand. */
void frame_echo(struct frame *f, bool reply, uint16_t id, uint16_t sequence);

/* ICMPv6 133 or 134 without, 135 or 136 with a target, 137 with target and destination. */
void frame_nd(struct frame *f, uint8_t type, struct picket_addr target);
/* An option of 8 bytes; type 1 source, 2 target link-layer address. */
void frame_nd_option(struct frame *f, uint8_t type, const uint8_t mac[6]);

/* The first max bytes of inner's network packet, as an ICMP error carries them. */
void frame_quote(struct frame *f, const struct frame *inner, size_t max);

void frame_data(struct frame *f, const void *data, size_t n);
void frame_zeros(struct frame *f, size_t n);

/* Trailing padding up to len bytes; no length field counts it. */
void frame_pad(struct frame *f, size_t len);

void frame_set8(struct frame *f, size_t at, uint8_t value);
void frame_set16(struct frame *f, size_t at, uint16_t value);

#endif
