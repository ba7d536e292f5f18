/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One frame judged twice: by the reading that can say why, and by the program that decides.
 */
#ifndef PICKET_EXPLAIN_H
#define PICKET_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "eval.h"
#include "live.h"
#include "policy.h"

struct question {
	const char *interface;
	bool out; /* the gateway sends it */
	const uint8_t *frame;
	size_t len;
	struct picket_addr src, dst; /* of the frame */
};

enum agreement {
	AGREE,
	AGREE_BUT_STATE, /* live: the program knows flows and empty buckets that the reading does not */
	DISAGREE,
	NOT_ASKED, /* the program could not be run */
};

struct answer {
	struct eval_verdict reading;
	struct eval_trace trace; /* of the reading */
	struct eval_verdict program; /* indexes as the reading's; not with NOT_ASKED */
	enum agreement agreement;
	int program_error; /* with NOT_ASKED: -errno */
};

/*
 * By a policy that need not be live, as its first frame ever. Errors of the policy that only
 * the program meets go to diag. 0 and *out; -errno.
 */
int explain_offline(const struct policy *policy, struct diag *diag, const struct question *question,
		    struct answer *out);

/* By the live policy and its state. 0 and *out; -errno. */
int explain_live(struct live *live, const struct question *question, struct answer *out);

void answer_free(struct answer *answer);

/* What counts: the program's verdict, or the reading's when there is no other. */
const struct eval_verdict *answer_verdict(const struct answer *answer);

/* Whether two verdicts differ by no more than what a running filter remembers. */
enum agreement compare_verdicts(const struct eval_verdict *reading,
				const struct eval_verdict *program, bool live);

#endif
