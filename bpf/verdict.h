/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What both directions end with: steps 12 to 15, and the verdict.
 */
#ifndef PICKET_BPF_VERDICT_H
#define PICKET_BPF_VERDICT_H

#include "limit.h"
#include "stats.h"

/* Steps 12 and 13; in audit mode what they refuse goes on, marked. */
COLD int judge_opening(struct pkt *p)
{
	int r;

	if (!p)
		return REASON_SEGMENT;
	if (orphan(p))
		return REASON_NO_FLOW;
	p->opens = 1;
	r = check_rules(&p->src, &p->dst, p->service);
	if (!r || !audited(p))
		return r;
	p->mark = r;
	return 0;
}

/* Steps 12 to 15. */
HOT int conclude(struct pkt *p, bool known)
{
	int r;

	if (!known) {
		r = judge_opening(p);
		if (r)
			return r;
	}
	r = check_limits(p);
	if (r && !(config.use_audit && (p->mark || audited(p))))
		return r;
	if (!known)
		open_flow(p);
	else if (!icmp_error(p))
		refresh_flow(p);
	p->settled = 1;
	return p->mark ? p->mark : r;
}

/* The one place where a reason becomes a verdict. True: the frame passes. */
HOT bool settle(frame_t *ctx, struct pkt *p, int r)
{
	if (r <= 0)
		return finish(ctx, p, REASON_NONE, VERDICT_PASS);
	return finish(ctx, p, r, p->settled || audited(p) ? VERDICT_AUDIT : VERDICT_DROP);
}

#endif
