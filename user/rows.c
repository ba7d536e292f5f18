// SPDX-License-Identifier: GPL-2.0-only
#include "rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "table.h"

#define STEPS 16

struct assignment_work {
	const char *const *names;
	size_t n;
	struct table by_name; /* indexes into names; empty until it is needed */
	uint32_t next; /* the index after the last that was found */
	bool *busy; /* by row below before->end */
};

static bool same_name(const void *owner, uint32_t index, const void *key)
{
	const struct assignment_work *work = owner;

	return !strcmp(work->names[index], key);
}

static void work_free(struct assignment_work *work)
{
	table_free(&work->by_name);
	free(work->busy);
}

static uint64_t name_hash(const char *name)
{
	return hash_bytes(name, strlen(name));
}

static int index_names(struct assignment_work *work)
{
	uint32_t found;
	int err;

	work->by_name = (struct table){ .same = same_name, .owner = work };
	err = table_reserve(&work->by_name, work->n);
	for (size_t i = 0; i < work->n && !err; i++) {
		if (i + TABLE_AHEAD < work->n)
			table_prefetch(&work->by_name, name_hash(work->names[i + TABLE_AHEAD]));
		err = table_add(&work->by_name, name_hash(work->names[i]), work->names[i], i, &found);
	}
	return err;
}

/*
 * *index: where names holds it, UINT32_MAX: nowhere. Most policies list most names in the order
 * of the one before, so that the next is where to look first.
 */
static int find_name(struct assignment_work *work, const char *name, uint32_t *index)
{
	int err = 0;

	*index = work->next;
	if (work->next >= work->n || strcmp(work->names[work->next], name)) {
		err = work->by_name.size ? 0 : index_names(work);
		*index = err ? UINT32_MAX : table_find(&work->by_name, name_hash(name), name);
	}
	if (*index != UINT32_MAX)
		work->next = *index + 1;
	return err;
}

/* Names that had a row get it back. *used: how many rows the policy before used. */
static int keep_rows(struct assignment_work *work, const struct rows_before *before,
		     struct rows *rows, size_t *used)
{
	int err = 0;

	for (uint32_t row = 1; row < before->end && !err; row++) {
		const char *name = before->name(before->owner, row);
		uint32_t index;

		if (!name)
			continue;
		++*used;
		work->busy[row] = true;
		err = find_name(work, name, &index);
		if (!err && index != UINT32_MAX)
			rows->row[index] = row;
	}
	return err;
}

/*
 * In steps of a sixteenth of the power of two below: a row is large, and a million of them must
 * not make room for two.
 */
static int choose_capacity(size_t need, uint32_t least, uint32_t most, uint32_t before, uint32_t *out)
{
	uint64_t capacity = before > least ? before : least;

	while (capacity < need)
		capacity += (1ULL << (63 - __builtin_clzll(capacity))) / STEPS;
	if (capacity > most)
		return -ENOSPC;
	*out = capacity;
	return 0;
}

/* The rest takes free rows, from where the last search ended and round. */
static void take_rows(const bool *busy, uint32_t busy_end, uint32_t row, struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->row[i])
			continue;
		do {
			row = row + 1 < rows->capacity ? row + 1 : 1;
		} while (row < busy_end && busy[row]);
		rows->row[i] = row;
		rows->taken[rows->ntaken++] = row;
	}
	rows->next = row;
}

int rows_assign(const char *const *names, size_t n, uint32_t least, uint32_t most,
		const struct rows_before *before, struct rows *out)
{
	struct assignment_work work __attribute__((cleanup(work_free))) = { .names = names, .n = n };
	struct rows rows __attribute__((cleanup(rows_free))) = { .n = n };
	size_t kept = 0, used = 0;
	uint32_t end = before ? before->end : 0;
	int err = 0;

	rows.row = calloc(n + 1, sizeof(*rows.row));
	rows.taken = calloc(n + 1, sizeof(*rows.taken));
	work.busy = calloc(end + 1, sizeof(*work.busy));
	if (!rows.row || !rows.taken || !work.busy)
		return -ENOMEM;
	if (before)
		err = keep_rows(&work, before, &rows, &used);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		kept += rows.row[i] != 0;
	err = choose_capacity(1 + used + n - kept, least, most, before ? before->capacity : 0,
			      &rows.capacity);
	if (err)
		return err;
	take_rows(work.busy, end, before ? before->next : 0, &rows);
	for (size_t i = 0; i < n; i++)
		rows.end = rows.row[i] >= rows.end ? rows.row[i] + 1 : rows.end;
	*out = rows;
	rows = (struct rows){};
	return 0;
}

int rows_identity(size_t n, struct rows *out)
{
	struct rows rows = { .n = n, .capacity = n + 1, .end = n + 1, .next = n };

	rows.row = calloc(n + 1, sizeof(*rows.row));
	if (!rows.row)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		rows.row[i] = i + 1;
	*out = rows;
	return 0;
}

void rows_free(struct rows *rows)
{
	free(rows->row);
	free(rows->taken);
	*rows = (struct rows){};
}
