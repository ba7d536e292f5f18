/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two ends and what one asks of the other, without a frame: who they are, and all that the policy lacks for it,
 * where a verdict names the first alone.
 */
#ifndef PICKET_EVAL_ENDS_H
#define PICKET_EVAL_ENDS_H

#include "eval.h"
#include "eval_state.h"

enum missing {
	MISSING_CONDUIT = 1 << 0,
	MISSING_CONNECT = 1 << 1,
	MISSING_ACCEPT = 1 << 2,
};

/*
 * Whose an address is, as step 9 finds it; interface and vlan are where the frame arrived, and matter for broadcast
 * addresses. REASON_NONE, or why it is nowhere.
 */
enum reason eval_party(const struct eval *eval, const char *interface, uint16_t vlan,
		       const struct picket_addr *addr, struct party *out);

/*
 * Bits of enum missing; 0: steps 12 and 13 allow it. outside: from came in by no port, so that it is in no
 * segment, and its conduit is that of the segment which would hold it.
 */
unsigned int eval_missing(const struct eval *eval, const struct party *from, const struct party *to,
			  const struct asked *asked, bool outside);

#endif
