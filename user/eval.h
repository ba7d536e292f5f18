/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second reading of the verdict, naive on purpose: linear scans over the checked policy, no
 * classes, no maps. It says what the BPF program must say, and why.
 */
#ifndef PICKET_EVAL_H
#define PICKET_EVAL_H

#include "picket/reason.h"
#include "policy.h"

struct eval;

struct eval_input {
	const char *interface;
	bool out; /* the gateway itself sends it */
	const uint8_t *frame;
	size_t len;
	int64_t time; /* Unix ns; what lies before an earlier frame's counts as that frame's */
};

struct eval_verdict {
	enum verdict verdict;
	enum reason reason; /* REASON_NONE when it passes */
	uint32_t device; /* the one it is from, else the one it is to; INDEX_NONE */
	uint32_t segment; /* the source's; INDEX_NONE */
};

struct eval_trace_step {
	const char *step; /* "port", "source", "destination", "flow", "conduit", "connect"... */
	char *text; /* a sentence */
	struct loc loc; /* the place in the policy that decided; line 0: none */
};

struct eval_trace {
	struct eval_trace_step *steps;
	size_t nsteps;
	size_t capacity;
	int error; /* -ENOMEM: steps are missing */
};

/* 0 and *out; -ENOMEM; -ERANGE when a rate cannot be counted. The policy must outlive *out. */
int eval_new(const struct policy *policy, struct eval **out);
void eval_free(struct eval *eval);

/* One more address of the gateway's, besides those that the policy lists. 0 or -ENOMEM. */
int eval_add_gateway(struct eval *eval, const struct picket_addr *addr);

/* Cuts a device off until then (Unix ns, exclusive); INT64_MAX: for good; 0: releases it. */
void eval_quarantine(struct eval *eval, uint32_t device, int64_t until);

/*
 * Teaches an address of a device that is known by its MAC, e.g. from the kernel's neighbour
 * table; now in Unix ns. 0; -EINVAL when such an address is never learned for it; -ENOMEM.
 */
int eval_learn(struct eval *eval, const struct picket_addr *addr, uint32_t device, int64_t now);

/* A device's roles: those it has itself come first, then what they extend; each once. */
struct role_set {
	const uint32_t *roles;
	size_t ndirect, n;
};

/* As they are at a time (Unix ns), which is eval's from then on. Stands until anything else is asked. */
struct role_set eval_roles(struct eval *eval, uint32_t device, int64_t now);

/*
 * What limits a device then, each rate with its place in the policy; line 0: it is what limits all
 * devices.
 */
struct limit eval_limit(struct eval *eval, uint32_t device, enum direction direction, int64_t now);

/*
 * Judges one frame, charges what it costs and remembers what it opens. trace: NULL, or one that
 * takes the steps. 0 and *out; -ENOMEM.
 */
int eval_frame(struct eval *eval, const struct eval_input *input, struct eval_verdict *out,
	       struct eval_trace *trace);

void eval_trace_init(struct eval_trace *trace);
void eval_trace_free(struct eval_trace *trace);

#endif
