/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of services as numbers: equal sets have one number, whichever policy they come from.
 * What they may hold is what a packet may ask for (abi.h): every port of TCP, UDP and SCTP, echo
 * requests, what "any" alone covers, and each other protocol.
 */
#ifndef PICKET_EFFECTS_SERVICES_H
#define PICKET_EFFECTS_SERVICES_H

#include <stdbool.h>

#include "lists.h"
#include "picket/abi.h"

#define SERVICES_NONE 0
#define SERVICES_ANY 1
#define SERVICES_PROTOCOLS 257 /* the last one stands for what "any" alone covers */

#define SERVICES_WORD_LEN 24

struct service_memo;

struct service_sets {
	struct lists lists; /* by number: from, to, from, to: half-open, in places */
	uint32_t first[SERVICES_PROTOCOLS + 1]; /* the place of a protocol's first service */
	struct table memo; /* of done */
	struct service_memo *done;
	size_t ndone, done_capacity;
	uint32_t *scratch;
	size_t scratch_capacity;
	bool failed; /* there was no memory: no number given since may be trusted */
};

/* 0 or -ENOMEM. services_free() in either case; must not move in between. */
int services_init(struct service_sets *sets);
void services_free(struct service_sets *sets);

/* n sorted ranges as the ruleset has them. */
uint32_t services_of(struct service_sets *sets, const struct service_range *ranges, size_t n);

/* What is in either; in both; in a and not in b. */
uint32_t services_either(struct service_sets *sets, uint32_t a, uint32_t b);
uint32_t services_both(struct service_sets *sets, uint32_t a, uint32_t b);
uint32_t services_without(struct service_sets *sets, uint32_t a, uint32_t b);

/* service: as a packet's number in abi.h. */
bool services_hold(const struct service_sets *sets, uint32_t set, uint32_t service);

/* Whether a set holds most of what there is, and so is better said by what it lacks. */
bool services_mostly_any(const struct service_sets *sets, uint32_t set);

/* The set in the policy language's words, "tcp/80-90". 0 or the first other that word() returned. */
int services_words(const struct service_sets *sets, uint32_t set,
		   int (*word)(void *context, const char *text), void *context);

#endif
