/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames as one line of words, for tables. Layers come in the order in which they are on the
 * wire; numbers are decimal, or hexadecimal with 0x.
 *
 *	eth DST SRC              MACs in full, or: bc (broadcast), mc (33:33:00:00:00:01),
 *	                         gw (02:00:00:00:00:01), or hex digits XX: 02:00:00:00:00:XX
 *	vlan TCI, svlan TCI      a tag, 0x8100 or 0x88a8
 *	type ETHERTYPE
 *	arp OP MAC SPA TPA       OP is 1 (request) or 2 (reply)
 *	ip SRC DST               ip4 and ip6 say the version
 *	ttl N                    TTL or hop limit
 *	opts HEX                 IPv4 options
 *	frag ID OFFSET more|last
 *	ext TYPE UNITS           IPv6 extension header of (UNITS + 1) * 8 bytes
 *	routing SEGMENTS_LEFT
 *	proto N                  what follows, when no layer says so
 *	tcp SPORT DPORT FLAGS    letters of S A F R P, or - for none
 *	udp SPORT DPORT          sctp SPORT DPORT
 *	icmp TYPE CODE           ICMP or ICMPv6
 *	echo ID, reply ID        echo request and reply
 *	nd TYPE TARGET           ICMPv6 133 to 137; TARGET - for none
 *	ndopt TYPE MAC
 *	quote MAX { ... }        at most MAX bytes of the packet between the braces, without eth
 *	data N                   N zero bytes
 *	hex HEX                  these bytes
 *	pad LEN                  pad the frame to LEN bytes, that no length counts
 *	cut LEN                  cut the frame to LEN bytes
 *	n8 OFF V, n16 OFF V      overwrite a byte or two at OFF from the network header,
 *	t8 OFF V, t16 OFF V      or from the transport header; e8: from the frame's start
 */
#ifndef TEST_FRAME_TEXT_H
#define TEST_FRAME_TEXT_H

#include "frame.h"

/* Aborts the test on a word that it does not know. */
void frame_from_text(struct frame *f, const char *text);

#endif
