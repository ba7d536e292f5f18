/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of fixed size for what strangers may make grow: set-associative, so that finding and adding touch one
 * set. Where a set is full, its entry of least worth makes room, and where all are worth keeping, nothing does.
 */
#ifndef PICKET_CACHE_H
#define PICKET_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_KEEP INT64_MAX /* never makes room for another */

/* What an entry is worth; the higher, the longer it stays. */
typedef int64_t cache_worth_fn(const void *entry);

/* Who was seen last stays longest, and any of the better longer than all others. last: ns, not negative. */
int64_t cache_worth(bool better, int64_t last);

struct cache {
	size_t entry_size, key_size; /* an entry begins with its key */
	cache_worth_fn *worth;
	char *entries;
	bool *used;
	size_t sets;
	size_t n; /* entries that are there */
	uint64_t evicted, refused;
};

/* entries: a power of two. 0 or -ENOMEM; cache_free() in either case. */
int cache_init(struct cache *cache, size_t entries, size_t entry_size, size_t key_size, cache_worth_fn *worth);
void cache_free(struct cache *cache);

/* NULL: it is not there. Entries stay where they are until the next cache_put(). */
void *cache_find(const struct cache *cache, const void *key);

/* The entry of this key, made (zero, but for its key) unless it is there: then *fresh. NULL: no room. */
void *cache_put(struct cache *cache, const void *key, bool *fresh);

/* All entries, in no order: the first after NULL, NULL after the last. */
void *cache_next(const struct cache *cache, const void *entry);

#endif
