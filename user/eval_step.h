/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eval's steps, and what they know about the frame at hand. A step returns the reason to drop
 * it, or REASON_NONE; it sets passed when the frame needs no further step.
 */
#ifndef PICKET_EVAL_STEP_H
#define PICKET_EVAL_STEP_H

#include "eval.h"
#include "eval_packet.h"
#include "eval_state.h"

struct eval {
	const struct policy *policy;
	struct picket_addr *gateway;
	size_t ngateway;
	int64_t now; /* never goes back */
	struct eval_state state;
	/* Room for role_set(): whose rules are read, and who is asked for a role; and marks. */
	uint32_t *role_room[2];
	bool *role_seen;
};

enum role_room { ROOM_RULES, ROOM_TARGET };

struct judgement {
	struct eval *eval;
	const struct policy *policy;
	bool out;
	const struct port *port; /* NULL before it is found, and on the way out */
	struct packet p;
	uint32_t mac_device; /* the MAC's device */
	struct party from, to;
	bool passed;
	bool fragment_tracked; /* a first fragment that step 8 let on */

	/* What step 4 knew by its MAC: learned when the frame passes. */
	struct { struct picket_addr addr; uint32_t device; } lesson[2];
	size_t nlessons;

	struct asked asked;
	struct flow_key key;
	struct eval_flow *flow; /* that the packet belongs to */
	bool prolongs; /* the flow: not by ICMP errors */
	enum reason mark; /* of the flow that it belongs to or opens */
	enum reason audited; /* the first reason that audit let pass */
	struct eval_trace *trace;
	int error;
};

/* ---- addresses ---- */

bool eval_is_gateway(const struct eval *eval, const struct picket_addr *addr);
/* Multicast, link-local, the gateway, or an address whose segment is on the port. */
bool eval_on_link(const struct judgement *j, const struct picket_addr *addr);

/* ---- the steps ---- */

enum reason step_martian(struct judgement *j); /* the second half of 3 */

/* 4 for an address that the frame gives as its own: sets from, as far as it is known. */
enum reason step_source(struct judgement *j, const struct picket_addr *addr);
enum reason step_welcome(struct judgement *j, uint32_t device); /* 5 */
enum reason step_source_welcome(struct judgement *j, const struct picket_addr *addr); /* 4, 5 */

enum reason step_link(struct judgement *j); /* 6 */
enum reason step_arp(struct judgement *j); /* 7 */
/* 5 for the MAC's device. */
enum reason step_mac_welcome(struct judgement *j);
/* Charges the control budget and passes. */
enum reason step_control_pass(struct judgement *j, const char *what);
/* Whether the form is one that 6 takes from an unspecified source. */
bool link_takes_unspecified(const struct judgement *j);

enum reason step_fragment(struct judgement *j); /* 8 */
enum reason step_destination(struct judgement *j); /* 9 */
enum reason step_hosts(struct judgement *j); /* 10 */
enum reason step_flow(struct judgement *j); /* 11 */
enum reason step_conduit(struct judgement *j); /* 12 */
enum reason step_roles(struct judgement *j); /* 13 */
enum reason step_limits(struct judgement *j); /* 14 */
void step_remember(struct judgement *j); /* 15 */

/* Where an address is, as 9 finds it: the party, and REASON_NONE or why it is nowhere. */
enum reason find_destination(const struct judgement *j, const struct picket_addr *addr,
			     struct party *to);

/* S's send limits alone, for 10. */
enum reason charge_segment(struct judgement *j, uint32_t segment, enum direction direction);

/* ---- rules ---- */

/* What a packet asks for when it opens a flow. */
struct asked asked_of(const struct packet *p);
/* Would 12 and 13 allow this today? */
bool rules_allow(const struct eval *eval, const struct party *from, const struct party *to,
		 const struct asked *asked);
/* Stands until the next call with the same room. */
struct role_set role_set(const struct eval *eval, uint32_t device, enum role_room room);

/* ---- the trace ---- */

__attribute__((format(printf, 4, 5)))
void trace_add(struct eval_trace *trace, const char *step, struct loc loc, const char *format, ...);

/* Text that lives as long as the full expression: addr_text(a).s */
struct text {
	char s[192];
};
struct text addr_text(const struct picket_addr *addr);
struct text mac_text(const uint8_t mac[6]);
struct text asked_text(const struct asked *asked);
/* "device therm-17 (10.20.0.17)", "the gateway (10.20.0.1)"... */
struct text party_text(const struct policy *policy, const struct party *party);

#define NOWHERE ((struct loc){ 0 })

#endif
