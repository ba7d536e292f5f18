/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a policy still allows what a flow was opened for: SPEC's steps 12 and 13, and 5, asked of the
 * ruleset, fast enough for all flows that there are. Which MAC and port frames come from is not looked at.
 */
#ifndef PICKET_FLOWJUDGE_H
#define PICKET_FLOWJUDGE_H

#include "effects_space.h"
#include "policy.h"

struct flow_judge {
	const struct policy *policy;
	const struct ruleset *ruleset;
	struct space space;
	struct picket_addr *gateway; /* the policy's and more, sorted */
	size_t ngateway;
	int64_t time; /* Unix ns */
};

struct flow_party {
	struct picket_addr addr;
	uint32_t device; /* of the policy, INDEX_NONE: none */
};

/* addrs: the gateway's besides those that the policy lists. 0 or -ENOMEM; flow_judge_free() in either case. */
int flow_judge_init(struct flow_judge *judge, const struct policy *policy, const struct ruleset *ruleset,
		    const struct picket_addr *addrs, size_t naddrs, int64_t time);
void flow_judge_free(struct flow_judge *judge);

bool flow_judge_is_gateway(const struct flow_judge *judge, const struct picket_addr *addr);

/* service: a packet's number (abi.h). REASON_NONE: it is allowed, or only reported. */
enum reason flow_judge_ask(const struct flow_judge *judge, const struct flow_party *from,
			   const struct flow_party *to, uint32_t service);

#endif
