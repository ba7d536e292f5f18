/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What eval remembers between frames: flows, fragments, learned addresses, buckets. Times in
 * Unix ns. Something is alive while its age is under its limit.
 */
#ifndef PICKET_EVAL_STATE_H
#define PICKET_EVAL_STATE_H

#include "eval_packet.h"
#include "limit.h"
#include "policy.h"
#include "table.h"

enum party_kind { PARTY_NONE, PARTY_GATEWAY, PARTY_GROUP, PARTY_DEVICE, PARTY_HOST };

/* One end of a packet. */
struct party {
	enum party_kind kind;
	struct picket_addr addr;
	uint32_t device; /* INDEX_NONE: none */
	uint32_t segment; /* INDEX_NONE: of none, or not known */
};

/* What rules call a packet: echo request, what "any" alone covers, or protocol and port. */
struct asked {
	bool echo;
	bool odd;
	uint8_t protocol;
	uint16_t port;
};

/* From one end to the other. A flow is one of its owner's: of the device that opened it, or, when
 * a host did, of the device that it was opened to. */
struct flow_key {
	struct picket_addr from, to;
	uint32_t owner; /* INDEX_NONE: no device at either end */
	uint16_t from_port, to_port; /* echo: the id, twice */
	uint8_t protocol;
	bool echo;
};

struct eval_flow {
	struct flow_key key; /* from: who opened it */
	struct party opener, responder;
	struct asked asked;
	bool gone;
	bool fin[2]; /* [0] from the opener, [1] from the responder */
	bool reset;
	int64_t seen;
	enum reason mark; /* what enforcing would have said to it */
};

struct eval_fragment {
	struct picket_addr src, dst;
	uint32_t id;
	uint8_t protocol; /* 0 in IPv6 */
	int64_t seen; /* when the first one passed */
	size_t end; /* payload bytes that it carried */
};

struct eval_learned {
	struct picket_addr addr;
	uint32_t device;
	int64_t since, used;
};

/* Theoretical arrival times in 1/64 ns. 128 bits: no rebasing. */
struct bucket_state {
	bool used; /* a fresh one is idle */
	__int128 tat;
};

struct device_state {
	struct bucket_state limit[DIRECTIONS][LIMIT_KINDS];
	struct bucket_state control;
	int64_t quarantined_until;
};

struct segment_state {
	struct bucket_state limit[DIRECTIONS][LIMIT_KINDS];
};

struct eval_state {
	struct eval_flow *flows;
	size_t nflows, flow_capacity;
	struct table flow_index; /* by the key in canonical order */
	struct eval_fragment *fragments;
	size_t nfragments, fragment_capacity;
	struct eval_learned *learned;
	size_t nlearned, learned_capacity;
	struct device_state *devices; /* by policy index, like the next two */
	struct segment_state *segments;
	struct bucket_state *port_control;
};

int state_init(struct eval_state *state, const struct policy *policy);
void state_free(struct eval_state *state);

/* The owner's flow between these two addresses, alive or not, whichever opened it; or NULL. */
struct eval_flow *state_flow(struct eval_state *state, const struct flow_key *key);
/* Opens one, over an older one of the same key. NULL without memory. */
struct eval_flow *state_open_flow(struct eval_state *state, const struct flow_key *key);
bool flow_alive(const struct eval_flow *flow, int64_t now);
/* Whether key runs the way in which the flow was opened. */
bool flow_is_own_direction(const struct eval_flow *flow, const struct flow_key *key);

/* The entry of a fragment's packet, alive or not; or NULL. */
struct eval_fragment *state_fragment(struct eval_state *state, const struct packet *p);
/* Remembers a first fragment that passed. 0 or -ENOMEM. */
int state_add_fragment(struct eval_state *state, const struct packet *p, int64_t now);
bool fragment_alive(const struct eval_fragment *fragment, int64_t now);

/* The living entry of an address, or NULL. */
struct eval_learned *state_learned(struct eval_state *state, const struct picket_addr *addr,
				   int64_t now);
/* 0 or -ENOMEM. */
int state_learn(struct eval_state *state, const struct picket_addr *addr, uint32_t device,
		int64_t now);

/* Charges n units when they fit. */
bool bucket_admit(struct bucket_state *bucket, const struct gcra *gcra, uint64_t n, int64_t now);

#endif
