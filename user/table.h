/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash table of indexes into somebody else's array, which holds the keys. */
#ifndef PICKET_TABLE_H
#define PICKET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_AHEAD 16 /* steps that hide a cache miss */

struct table {
	/* Does the element at index have this key? */
	bool (*same)(const void *owner, uint32_t index, const void *key);
	const void *owner;
	uint64_t *slots; /* upper half of the hash, then index + 1 */
	size_t size, used;
};

/* Keyed with a secret of this process, so that no file can choose its collisions. */
uint64_t hash_bytes(const void *bytes, size_t len);

/* Room for n keys at once, so that adding them never grows the table. 0 or -ENOMEM. */
int table_reserve(struct table *table, size_t n);

/* The index with this key, or UINT32_MAX. */
uint32_t table_find(const struct table *table, uint64_t hash, const void *key);

/* Fetches what looking a key up will touch: for many keys, ask some steps before each is needed. */
void table_prefetch(const struct table *table, uint64_t hash);

/*
 * Adds index under a key unless the key is there: *found is then the older index, else
 * UINT32_MAX. 0 or -ENOMEM.
 */
int table_add(struct table *table, uint64_t hash, const void *key, uint32_t index, uint32_t *found);

void table_free(struct table *table);

#endif
