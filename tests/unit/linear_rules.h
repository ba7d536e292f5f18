/* SPDX-License-Identifier: GPL-2.0-only */
/* The checked policy read rule by rule: what a compiled one must come to. */
#ifndef PICKET_LINEAR_RULES_H
#define PICKET_LINEAR_RULES_H

#include "image_lookup.h"
#include "policy.h"

/* What a packet asks for. */
struct traffic {
	uint8_t proto;
	uint16_t port; /* TCP, UDP, SCTP */
	bool echo; /* an echo request, in either version */
	bool odd; /* what "any" alone covers */
};

/* As struct lookup_end, by index; INDEX_NONE: none. */
struct linear_end {
	enum lookup_kind kind;
	struct picket_addr addr;
	uint32_t device, segment;
};

enum reason linear_rules(const struct policy *policy, const struct linear_end *from,
			 const struct linear_end *to, const struct traffic *traffic, int64_t time);

/* The segment with the longest subnet that holds it, INDEX_NONE: none. */
uint32_t linear_segment(const struct policy *policy, const struct picket_addr *addr, uint8_t *len);

/* The device that lists the address; INDEX_NONE: none. */
uint32_t linear_device(const struct policy *policy, const struct picket_addr *addr);

/* The limit that holds for a device; flows have their default. */
struct limit linear_limit(const struct policy *policy, uint32_t device, enum direction direction,
			  int64_t time);

#endif
