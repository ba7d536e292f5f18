/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Row numbers: a name keeps its row from policy to policy, so that its state stays its own.
 * A row that a policy gives up is free for the next policy but one: until the next commit,
 * packets are still judged with it.
 */
#ifndef PICKET_ROWS_H
#define PICKET_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct rows {
	uint32_t *row; /* by index in the policy's array */
	size_t n;
	uint32_t *taken; /* rows that the policy before did not use, each once */
	size_t ntaken;
	uint32_t capacity; /* rows that the state maps must have */
	uint32_t end; /* one above the largest row in use */
	uint32_t next; /* where the search for a free row goes on, so that reuse is late */
};

/* The policy before: name(owner, row) for rows below end, NULL: not in use. */
struct rows_before {
	const char *(*name)(const void *owner, uint32_t row);
	const void *owner;
	uint32_t end;
	uint32_t capacity;
	uint32_t next;
};

/*
 * Gives names[0..n) rows from 1. The capacity is from least, at least 16, to most, and never under
 * what it was before. before NULL: there was no policy. 0 and *out; -ENOSPC; -ENOMEM.
 */
int rows_assign(const char *const *names, size_t n, uint32_t least, uint32_t most,
		const struct rows_before *before, struct rows *out);

/* Row = index + 1 for all n. 0 and *out; -ENOMEM. */
int rows_identity(size_t n, struct rows *out);

void rows_free(struct rows *rows);

#endif
