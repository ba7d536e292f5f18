/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random frames that mean something to a policy: conversations between ends that it knows,
 * their replies, errors and fragments, the link's own traffic, and lies about all of it.
 */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include "frame.h"
#include "policy.h"
#include "random.h"

enum end_kind { END_DEVICE, END_HOST, END_GATEWAY, END_GROUP, END_STRAY };

struct end {
	enum end_kind kind;
	struct picket_addr addr;
	uint8_t mac[6];
	uint32_t port; /* index into the policy's ports; INDEX_NONE: on none of them */
};

struct talk {
	struct end a, b; /* a opens it */
	int version;
	uint8_t protocol;
	bool echo;
	uint16_t sport, dport;
	unsigned int said; /* frames so far */
};

struct sent {
	struct frame frame;
	struct end from, to;
	const char *interface;
	bool out; /* the gateway sends it */
	int64_t time; /* Unix ns, never before the one before it */
};

#define HISTORY 48
#define TALKS 12
#define PENDING 6

struct traffic {
	struct rng *r;
	const struct policy *policy;
	int64_t now;
	struct sent history[HISTORY]; /* a ring */
	size_t nhistory; /* ever */
	struct talk talks[TALKS];
	size_t ntalks;
	struct sent pending[PENDING]; /* fragments that are still to come */
	size_t npending;
};

void traffic_init(struct traffic *t, struct rng *r, const struct policy *policy);
void traffic_next(struct traffic *t, struct sent *out);
/* Time goes on between two frames, mostly little. */
void traffic_pass_time(struct traffic *t);

/* ---- ends.c ---- */

/* An end of this IP version; false when the policy has none of the kind. */
bool end_device(struct traffic *t, int version, struct end *out);
bool end_host(struct traffic *t, int version, struct end *out);
void end_gateway(struct traffic *t, int version, struct end *out);
void end_group(struct traffic *t, int version, struct end *out);
void end_stray(struct traffic *t, int version, struct end *out);
/* Anyone who could send, the likely ones more often. */
void end_sender(struct traffic *t, int version, struct end *out);
void end_receiver(struct traffic *t, int version, struct end *out);
/* An address from anywhere: pools, the policy, odd blocks. */
struct picket_addr any_address(struct traffic *t, int version);
struct picket_addr link_local(struct traffic *t);

/* ---- talks.c ---- */

/* Ethernet header and tags from one end towards another, as its port has them. */
void begin_frame(struct traffic *t, struct sent *s, const struct end *from, const struct end *to);
void talk_frame(struct traffic *t, struct sent *s);
void fragment_frames(struct traffic *t, struct sent *s);
void icmp_error_frame(struct traffic *t, struct sent *s);

/* ---- control.c ---- */

void control_frame(struct traffic *t, struct sent *s);

#endif
