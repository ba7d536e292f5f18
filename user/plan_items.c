// SPDX-License-Identifier: GPL-2.0-only
#include "plan_items.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"

#define ROOM 128 /* enough for most items at the first try */

void items_free(struct items *items)
{
	free(items->text);
	free(items->at);
}

void items_clear(struct items *items)
{
	items->n = 0;
	items->len = 0;
}

/* Writes at the end, NUL included. */
static void put(struct items *items, const char *format, va_list args)
{
	size_t room = ROOM;

	while (!items->failed) {
		va_list again;
		int len;

		if (array_reserve((void **)&items->text, &items->cap, items->len + room, 1)) {
			items->failed = true;
			return;
		}
		va_copy(again, args);
		len = vsnprintf(items->text + items->len, room, format, again);
		va_end(again);
		if (len < 0)
			items->failed = true;
		else if ((size_t)len < room) {
			items->len += len + 1;
			return;
		}
		room = len + 1;
	}
}

void items_add(struct items *items, const char *format, ...)
{
	va_list args;

	if (array_reserve((void **)&items->at, &items->at_cap, items->n + 1, sizeof(*items->at))) {
		items->failed = true;
		return;
	}
	items->at[items->n++] = items->len;
	va_start(args, format);
	put(items, format, args);
	va_end(args);
	if (items->failed)
		items->n--;
}

void items_append(struct items *items, const char *format, ...)
{
	va_list args;

	if (!items->n) {
		items_add(items, "%s", "");
		if (items->failed)
			return;
	}
	items->len--;
	va_start(args, format);
	put(items, format, args);
	va_end(args);
}

static int compare_items(const void *a, const void *b, void *context)
{
	const struct items *items = context;

	return strcmp(items->text + *(const uint32_t *)a, items->text + *(const uint32_t *)b);
}

void items_sort(struct items *items)
{
	size_t kept = 0;

	if (items->n < 2)
		return;
	qsort_r(items->at, items->n, sizeof(*items->at), compare_items, items);
	for (size_t i = 0; i < items->n; i++)
		if (!kept || strcmp(item(items, kept - 1), item(items, i)))
			items->at[kept++] = items->at[i];
	items->n = kept;
}

bool items_equal(const struct items *a, const struct items *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(item(a, i), item(b, i)))
			return false;
	return true;
}

void items_without(const struct items *a, const struct items *b, struct items *out)
{
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++) {
		int order = 1;

		while (k < b->n && (order = strcmp(item(b, k), item(a, i))) < 0)
			k++;
		if (k == b->n || order)
			items_add(out, "%s", item(a, i));
	}
}
