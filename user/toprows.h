/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows with the largest numbers among many, which need not be kept or sorted. */
#ifndef PICKET_TOPROWS_H
#define PICKET_TOPROWS_H

#include <stdint.h>

struct toprow {
	uint32_t row;
	uint64_t number;
};

struct toprows {
	uint32_t most, n;
	struct toprow *rows; /* a heap, the least first, until toprows_sort() */
};

/* most may be 0. 0 or -ENOMEM. */
int toprows_init(struct toprows *top, uint32_t most);
void toprows_free(struct toprows *top);
void toprows_clear(struct toprows *top);

/* Each row once. Among equal numbers the lower rows stay. */
void toprows_offer(struct toprows *top, uint32_t row, uint64_t number);

/* The largest first; nothing can be offered then until toprows_clear(). */
void toprows_sort(struct toprows *top);

#endif
