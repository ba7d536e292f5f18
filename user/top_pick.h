/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first of many in an order, without sorting them all: a heap of the best so far.
 */
#ifndef PICKET_TOP_PICK_H
#define PICKET_TOP_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest number comes first; among equals the larger total, the text's order, the smaller index. */
struct candidate {
	double number;
	uint64_t total;
	const char *text; /* never NULL */
	uint32_t index;
	uint32_t id; /* what the caller knows it by */
};

struct pick {
	struct candidate *best; /* the caller's, room for most */
	size_t most; /* at least 1 */
	size_t n; /* in best */
	size_t offered;
};

bool candidate_before(const struct candidate *a, const struct candidate *b);

void pick_offer(struct pick *pick, const struct candidate *candidate);

/* Puts the best in order; nothing is offered after it. */
void pick_finish(struct pick *pick);

#endif
