/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first so many of a great number, without sorting them all: a heap whose root is the last of the best.
 */
#ifndef PICKET_RANKING_H
#define PICKET_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The larger number comes first; of equal ones the text's order decides, then the smaller index. */
struct ranked {
	uint64_t number;
	const char *text; /* never NULL */
	uint32_t index; /* no two have the same */
	uint32_t row; /* what the caller knows it by */
};

struct ranking {
	struct ranked *best; /* the caller's: room for most */
	size_t most;
	size_t n; /* in best */
	bool reverse; /* the last of all come first */
};

void ranking_offer(struct ranking *ranking, const struct ranked *ranked);

/* Puts the best in order; nothing may be offered after it. */
void ranking_sort(struct ranking *ranking);

#endif
