/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last values of a rate, and how high each stands in a small bar.
 */
#ifndef PICKET_TOP_HISTORY_H
#define PICKET_TOP_HISTORY_H

#include <stddef.h>

#define HISTORY_MOST 120 /* values kept */
#define HISTORY_LEVELS 8

/* Zeroed, it is empty. */
struct history {
	float values[HISTORY_MOST];
	unsigned int n, next;
};

void top_history_add(struct history *history, double value);

/*
 * The last values as levels, the newest at the end: 0 for none or nothing, 1 for anything at all, up to
 * HISTORY_LEVELS for the highest of them.
 */
void history_levels(const struct history *history, unsigned char *levels, size_t n);

#endif
