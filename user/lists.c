// SPDX-License-Identifier: GPL-2.0-only
#include "lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hugepages.h"

#define CAPACITY_FIRST 64
#define INSERTION_SORT 16 /* up to here qsort()'s calls cost more */

struct list_key {
	const uint32_t *numbers;
	size_t n;
};

int array_reserve(void **array, size_t *capacity, size_t n, size_t size)
{
	size_t wanted = *capacity ? *capacity : CAPACITY_FIRST;
	void *grown;

	if (n <= *capacity)
		return 0;
	while (wanted < n)
		wanted *= 2;
	grown = reallocarray(*array, wanted, size);
	if (!grown)
		return -ENOMEM;
	hugepages_prefer(grown, wanted * size);
	*array = grown;
	*capacity = wanted;
	return 0;
}

static bool same_list(const void *owner, uint32_t index, const void *key)
{
	const struct lists *lists = owner;
	const struct list_key *wanted = key;

	return list_length(lists, index) == wanted->n &&
	       (!wanted->n || !memcmp(list_numbers(lists, index), wanted->numbers,
				      wanted->n * sizeof(*wanted->numbers)));
}

static int list_add(struct lists *lists, const uint32_t *numbers, size_t n)
{
	if (lists->nnumbers + n >= UINT32_MAX || lists->n + 1 >= UINT32_MAX ||
	    array_reserve((void **)&lists->numbers, &lists->numbers_capacity, lists->nnumbers + n,
			  sizeof(*lists->numbers)) ||
	    array_reserve((void **)&lists->lists, &lists->capacity, lists->n + 1,
			  sizeof(*lists->lists)))
		return -ENOMEM;
	if (n)
		memcpy(lists->numbers + lists->nnumbers, numbers, n * sizeof(*numbers));
	lists->lists[lists->n++] = (struct list){ .first = lists->nnumbers, .n = n };
	lists->nnumbers += n;
	return 0;
}

int lists_intern(struct lists *lists, const uint32_t *numbers, size_t n, uint32_t *id)
{
	const struct list_key key = { .numbers = n ? numbers : (uint32_t[]){ 0 }, .n = n };
	uint32_t found;
	int err;

	lists->table.same = same_list;
	lists->table.owner = lists;
	err = table_add(&lists->table, hash_bytes(key.numbers, n * sizeof(*numbers)), &key, lists->n,
			&found);
	if (err)
		return err;
	if (found == UINT32_MAX) {
		found = lists->n;
		err = list_add(lists, numbers, n);
		if (err)
			return err;
	}
	*id = found;
	return 0;
}

void lists_free(struct lists *lists)
{
	free(lists->numbers);
	free(lists->lists);
	table_free(&lists->table);
	*lists = (struct lists){};
}

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_numbers64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void insertion_sort(uint32_t *numbers, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t number = numbers[i];
		size_t at = i;

		for (; at && numbers[at - 1] > number; at--)
			numbers[at] = numbers[at - 1];
		numbers[at] = number;
	}
}

size_t sort_unique(uint32_t *numbers, size_t n)
{
	size_t kept = 0;

	if (n <= INSERTION_SORT)
		insertion_sort(numbers, n);
	else
		qsort(numbers, n, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}

size_t sort_unique64(uint64_t *numbers, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(numbers, n, sizeof(*numbers), compare_numbers64);
	for (size_t i = 0; i < n; i++)
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	return kept;
}
