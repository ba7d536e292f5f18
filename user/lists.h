/* SPDX-License-Identifier: GPL-2.0-only */
/* Interned lists of numbers: equal lists have one id, from 0 in the order of their arrival. */
#ifndef PICKET_LISTS_H
#define PICKET_LISTS_H

#include <stddef.h>
#include <stdint.h>

#include "table.h"

struct list {
	uint32_t first, n; /* in lists.numbers */
};

/* All zero is empty; must not move once something is in it. */
struct lists {
	uint32_t *numbers; /* all lists, one after another */
	size_t nnumbers, numbers_capacity;
	struct list *lists; /* by id */
	size_t n, capacity;
	struct table table;
};

/* 0 and *id; -ENOMEM. numbers may point into no list of lists. */
int lists_intern(struct lists *lists, const uint32_t *numbers, size_t n, uint32_t *id);

static inline const uint32_t *list_numbers(const struct lists *lists, uint32_t id)
{
	return lists->numbers + lists->lists[id].first;
}

static inline size_t list_length(const struct lists *lists, uint32_t id)
{
	return lists->lists[id].n;
}

void lists_free(struct lists *lists);

/* Makes room for n elements of size bytes; 0 or -ENOMEM. */
int array_reserve(void **array, size_t *capacity, size_t n, size_t size);

/* Sorts and drops what comes twice; returns how many are left. */
size_t sort_unique(uint32_t *numbers, size_t n);
size_t sort_unique64(uint64_t *numbers, size_t n);

#endif
