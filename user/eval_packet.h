/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eval's own frame decoder: what a frame says, and whether its headers are well-formed.
 */
#ifndef PICKET_EVAL_PACKET_H
#define PICKET_EVAL_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_SERVICE_VLAN = 0x88a8,
};

enum protocol {
	PROTOCOL_ICMP = 1,
	PROTOCOL_IGMP = 2,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_SCTP = 132,
};

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

struct packet {
	size_t bytes; /* of the frame */
	uint8_t dst_mac[6], src_mac[6];
	uint16_t vlan; /* 0: untagged */
	uint16_t ethertype;
	const uint8_t *net; /* what follows the EtherType */
	size_t net_len;

	uint8_t version; /* 4, 6; 0: no IP */
	struct picket_addr src, dst; /* ARP: the sender's and the target's */
	uint8_t hop_limit;
	uint8_t protocol;
	bool fragment; /* first or later; an atomic one is none */
	bool later; /* a fragment after the first: nothing of L4 is known */
	uint32_t id; /* of a fragment */
	size_t offset; /* of a fragment, in bytes */
	size_t payload; /* bytes that the fragment carries */
	size_t chain_at; /* where the extension chain, or IPv4's payload, begins in net */
	size_t end; /* of the IP packet in net, by its own length */

	const uint8_t *l4;
	size_t l4_len; /* to the end of the IP packet by its own length */
	uint16_t sport, dport; /* TCP, UDP, SCTP */
	uint8_t tcp_flags;
	uint8_t icmp_type; /* when packet_is_icmp() */
	uint16_t echo_id; /* when packet_is_echo() */
	uint16_t arp_operation; /* 1 request, 2 reply */
	uint8_t arp_sender[6];
};

/* Ethernet and VLAN tag: REASON_MALFORMED, REASON_UNBOUND (a second tag) or REASON_NONE. */
enum reason packet_link(struct packet *p, const uint8_t *frame, size_t len);

/* Each false when malformed. packet_ip() first: the IP header itself, its lengths and options. */
bool packet_ip(struct packet *p);
bool packet_chain(struct packet *p); /* extension headers, fragments */
bool packet_l4(struct packet *p); /* TCP, UDP, SCTP, ICMP */
bool packet_discovery(const struct packet *p); /* ICMPv6 133 to 137 and their options */
bool packet_arp(struct packet *p);

/* The packet that an ICMP error quotes; false when it can belong to no flow. */
bool packet_quote(const struct packet *p, struct packet *quoted);

/* ICMP in IPv4 or ICMPv6 in IPv6, with a header that can be read. */
bool packet_is_icmp(const struct packet *p);
bool packet_is_echo(const struct packet *p); /* request or reply */
bool packet_is_echo_request(const struct packet *p);
bool packet_is_icmp_error(const struct packet *p);
bool packet_is_icmpv6(const struct packet *p, uint8_t lo, uint8_t hi); /* of such a type */
bool packet_is_udp(const struct packet *p, uint8_t version, uint16_t sport, uint16_t dport);
bool packet_has_ports(const struct packet *p);

/* Every option of the kind has to carry mac; options of ICMPv6 133, 135 and 136. */
bool packet_discovery_options_match(const struct packet *p, uint8_t type, const uint8_t mac[6]);
/* The target of ICMPv6 135 and 136. */
struct picket_addr packet_discovery_target(const struct packet *p);

#endif
