/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a packet was dropped: one list, from which the BPF program, the names,
 * the counters and the documentation come.
 */
#ifndef PICKET_REASON_H
#define PICKET_REASON_H

#define PICKET_REASONS(X)                     \
	X(MALFORMED, "malformed")             \
	X(UNBOUND, "unbound")                 \
	X(ETHERTYPE, "ethertype")             \
	X(MARTIAN, "martian")                 \
	X(SPOOFED, "spoofed")                 \
	X(MAC_MISMATCH, "mac-mismatch")       \
	X(UNKNOWN_DEVICE, "unknown-device")   \
	X(QUARANTINED, "quarantined")         \
	X(EXPIRED, "expired")                 \
	X(ROGUE_ROUTER, "rogue-router")       \
	X(ROGUE_DHCP, "rogue-dhcp")           \
	X(ARP_SPOOFED, "arp-spoofed")         \
	X(ND_SPOOFED, "nd-spoofed")           \
	X(FRAGMENT, "fragment")               \
	X(NO_FLOW, "no-flow")                 \
	X(SEGMENT, "segment")                 \
	X(ROLE_CONNECT, "role-connect")       \
	X(ROLE_ACCEPT, "role-accept")         \
	X(LIMIT_FLOWS, "limit-flows")         \
	X(LIMIT_PACKETS, "limit-packets")     \
	X(LIMIT_BYTES, "limit-bytes")

/* REASON_NONE: no reason to drop. */
enum reason {
	REASON_NONE,
#define X(id, name) REASON_##id,
	PICKET_REASONS(X)
#undef X
	REASON_COUNT
};

enum verdict { VERDICT_PASS, VERDICT_DROP, VERDICT_AUDIT };

#endif
