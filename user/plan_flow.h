/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Would one connection still be allowed to open? For warnings before another policy is made live:
 * a flow whose opening today's policy no longer allows is forgotten.
 */
#ifndef PICKET_PLAN_FLOW_H
#define PICKET_PLAN_FLOW_H

#include "effects_space.h"
#include "picket/reason.h"

/* As it was opened. */
struct plan_flow {
	const char *interface; /* where its packets arrive, or (out) where the gateway sends them */
	uint16_t vlan; /* 0: untagged */
	bool out; /* the gateway opened it */
	struct picket_addr src, dst; /* of one IP version */
	const uint8_t *mac; /* the source's; NULL: the one that a policy lists for it, or any */
	uint32_t device; /* of the policy before, whose the source is; INDEX_NONE: whose it lists */
	uint8_t protocol; /* 6, 17, 132: with ports; 1, 58: an echo request */
	uint16_t sport, dport;
};

/* What a policy says of it. */
struct flow_opinion {
	enum verdict verdict;
	enum reason reason;
	struct loc loc; /* the place in that policy that decided; line 0: none */
};

struct flow_change {
	struct flow_opinion opinions[POLICIES];
	bool lost; /* it passes or is only reported before, and is dropped after */
};

/*
 * Devices, roles and validity are judged at time (Unix ns). gateway: the gateway's addresses besides
 * those that a policy lists. 0 and *out; -EINVAL when there can be no such frame; -ENOMEM.
 */
int plan_flow_compare(const struct policy *const policies[POLICIES], const struct plan_flow *flow,
		      const struct picket_addr *gateway, size_t ngateway, int64_t time,
		      struct flow_change *out);

/*
 * What one policy says of a connection that is open: of its packets as they arrive, and, when these
 * pass, of the answers. device is not looked at. As plan_flow_compare().
 */
int plan_flow_judge(const struct policy *policy, const struct plan_flow *flow,
		    const struct picket_addr *gateway, size_t ngateway, int64_t time,
		    struct flow_opinion *out);

#endif
