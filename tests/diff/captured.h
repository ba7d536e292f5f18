/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that others captured, and policies that suit them: their addresses and MACs are the devices', so that most
 * frames get far. What runs are the frames as they were, again, answered, and mutated.
 */
#ifndef TEST_CAPTURED_H
#define TEST_CAPTURED_H

#include "frames.h"
#include "policy_rules.h"

struct captured_frame {
	uint8_t *bytes;
	size_t len; /* at most FRAME_MAX */
};

/* Every capture below a folder. */
struct pool {
	struct captured_frame *frames;
	size_t nframes;
	struct captured_span { size_t first, n; } *spans; /* a capture each */
	size_t nspans;
};

/* Reads FOLDER/?/?.pcap. 0 and *out; -ENOENT: there are none; -errno. */
int pool_read(const char *folder, struct pool *out);
void pool_free(struct pool *pool);

#define CAPTURED_MACS 24
#define CAPTURED_ADDRS 96
#define CAPTURED_PORTS 24
#define CAPTURED_TAGS 6
#define CAPTURED_SPANS 4

/* What the frames of a scenario hold, each once. */
struct captured_facts {
	uint8_t macs[CAPTURED_MACS][6]; /* of senders */
	size_t nmacs;
	struct captured_addr {
		struct picket_addr addr;
		uint32_t mac; /* that sent from it, INDEX_NONE: only sent to */
		uint32_t segment; /* in the policy */
		bool gateway, device;
	} addrs[CAPTURED_ADDRS];
	size_t naddrs;
	struct service services[CAPTURED_PORTS];
	size_t nservices;
	uint16_t vlans[CAPTURED_TAGS], ethertypes[CAPTURED_TAGS];
	size_t nvlans, nethertypes;
};

/* Some captures of the pool, from somewhere on. */
struct captured {
	const struct pool *pool;
	size_t spans[CAPTURED_SPANS], at[CAPTURED_SPANS];
	size_t nspans;
	struct captured_facts facts;
	struct traffic *traffic; /* clock, random numbers, what was sent */
};

/* Chooses the captures, before there is a policy. */
void captured_choose(struct captured *captured, struct rng *r, const struct pool *pool);
/* YAML text of a policy that suits them, to be freed. */
char *captured_policy(struct captured *captured, struct rng *r);
/* With a traffic that has the policy. */
void captured_next(struct captured *captured, struct sent *out);

/* ---- mutate.c ---- */

/* Changes a frame; other is one to take parts of, and may be NULL. */
void mutate(struct rng *r, const struct captured_facts *facts, struct frame *f, const struct frame *other);
/* Makes it an answer to itself; false where it has no addresses. */
bool turn_round(struct frame *f);

#endif
