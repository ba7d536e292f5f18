/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict's clauses as tables: a policy, frames in their order, and what becomes of each.
 * Whatever claims to judge frames can be run over them.
 */
#ifndef TEST_FRAME_CASE_H
#define TEST_FRAME_CASE_H

#include <stddef.h>

#define FRAME_CASE_EPOCH 1700000000 /* Unix seconds at which time 0 is: 2023-11-14T22:13:20Z */

struct frame_case_step {
	double at; /* seconds after the epoch above */
	const char *port; /* "lan0"; "out:lan0": the gateway sends it */
	const char *frame; /* frame_text.h */
	/* "VERDICT REASON DEVICE SEGMENT", each "-" for none, left out at the end */
	const char *expect;
	unsigned int times; /* the frame so often, the same each time; 0: once */
};

struct frame_case {
	const char *name;
	const char *policy; /* YAML */
	const char *quarantined; /* device, NULL: none */
	const struct frame_case_step *steps;
};

#define FRAME_CASE_STEPS_END { 0, NULL, NULL, NULL, 0 }
#define FRAME_CASES_END { NULL, NULL, NULL, NULL }

extern const struct frame_case frame_cases_headers[]; /* steps 1 to 3 */
extern const struct frame_case frame_cases_sources[]; /* 4, 5, learned addresses */
extern const struct frame_case frame_cases_link[]; /* 6, 7 */
extern const struct frame_case frame_cases_rules[]; /* 8 to 10, 12, 13 */
extern const struct frame_case frame_cases_flows[]; /* 11, 14, 15, audit, the way out */

/* All of the tables; NULL ends the list. */
extern const struct frame_case *const frame_cases[];

/* The policy that most cases use. */
extern const char frame_case_policy[];

#endif
