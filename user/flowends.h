/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has a flow, from its fingerprint. The flow table keeps no addresses, only two keyed sums of them
 * (bpf/flowtable.h). To whoever has the keys, and knows one end, these are two equations in what is
 * unknown: the other address and the ports. What comes out is checked against the fingerprint, so it
 * is right or there is none.
 */
#ifndef PICKET_FLOWENDS_H
#define PICKET_FLOWENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "picket/abi.h"

#define FLOW_SECRETS 32

struct flow_ends {
	struct picket_addr opener, responder;
	uint16_t opener_port, responder_port; /* 0 where there are none; of an echo its id */
	uint8_t protocol;
	bool echo;
};

/* known: the opener's address, or (opened false) the responder's; IPv4. False: it is not of this flow. */
bool flow_ends_find(const __u64 secret[FLOW_SECRETS], const struct flow *flow,
		    const struct picket_addr *known, bool opened, struct flow_ends *out);

/* Both addresses are known, or guessed; of one IP version. */
bool flow_ends_ports(const __u64 secret[FLOW_SECRETS], const struct flow *flow,
		     const struct picket_addr *opener, const struct picket_addr *responder,
		     struct flow_ends *out);

#endif
