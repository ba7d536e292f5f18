/* SPDX-License-Identifier: GPL-2.0-only */
/* Short texts in one buffer, used again and again: what a million lines are made of. */
#ifndef PICKET_PLAN_ITEMS_H
#define PICKET_PLAN_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty. */
struct items {
	char *text; /* NUL after each */
	size_t len, cap;
	uint32_t *at; /* where each begins */
	size_t n, at_cap;
	bool failed; /* there was no memory for one: what is there may not be trusted */
};

void items_free(struct items *items);
void items_clear(struct items *items);

__attribute__((format(printf, 2, 3)))
void items_add(struct items *items, const char *format, ...);
/* Adds to the last one, the first where there is none. */
__attribute__((format(printf, 2, 3)))
void items_append(struct items *items, const char *format, ...);

static inline const char *item(const struct items *items, size_t i)
{
	return items->text + items->at[i];
}

/* Sorted, each once. */
void items_sort(struct items *items);
bool items_equal(const struct items *a, const struct items *b);
/* Adds to out what sorted a has and sorted b has not. */
void items_without(const struct items *a, const struct items *b, struct items *out);

#endif
