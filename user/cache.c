// SPDX-License-Identifier: GPL-2.0-only
#include "cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define WAYS 8UL

/* Less than CACHE_KEEP, whatever the time: a capture may say any. */
int64_t cache_worth(bool better, int64_t last)
{
	return (better ? INT64_MAX / 2 : 0) + last / 4;
}

int cache_init(struct cache *cache, size_t entries, size_t entry_size, size_t key_size, cache_worth_fn *worth)
{
	*cache = (struct cache){
		.entry_size = entry_size,
		.key_size = key_size,
		.worth = worth,
		.entries = calloc(entries, entry_size),
		.used = calloc(entries, sizeof(bool)),
		.sets = entries / WAYS,
	};
	return cache->entries && cache->used ? 0 : -ENOMEM;
}

void cache_free(struct cache *cache)
{
	free(cache->entries);
	free(cache->used);
}

static void *entry_at(const struct cache *cache, size_t index)
{
	return cache->entries + index * cache->entry_size;
}

static size_t first_of_set(const struct cache *cache, const void *key)
{
	return (hash_bytes(key, cache->key_size) >> 32 & (cache->sets - 1)) * WAYS;
}

void *cache_find(const struct cache *cache, const void *key)
{
	size_t first = first_of_set(cache, key);

	for (size_t i = first; i < first + WAYS; i++) {
		if (cache->used[i] && !memcmp(entry_at(cache, i), key, cache->key_size))
			return entry_at(cache, i);
	}
	return NULL;
}

/* A free place in the set, or that of least worth; SIZE_MAX: all are to be kept. */
static size_t find_room(const struct cache *cache, size_t first)
{
	int64_t least = CACHE_KEEP;
	size_t room = SIZE_MAX;

	for (size_t i = first; i < first + WAYS; i++) {
		int64_t worth;

		if (!cache->used[i])
			return i;
		worth = cache->worth(entry_at(cache, i));
		if (worth < least) {
			least = worth;
			room = i;
		}
	}
	return room;
}

void *cache_put(struct cache *cache, const void *key, bool *fresh)
{
	void *entry = cache_find(cache, key);
	size_t at;

	*fresh = !entry;
	if (entry)
		return entry;
	at = find_room(cache, first_of_set(cache, key));
	if (at == SIZE_MAX) {
		cache->refused++;
		return NULL;
	}
	if (cache->used[at])
		cache->evicted++;
	else
		cache->n++;
	cache->used[at] = true;
	entry = entry_at(cache, at);
	memset(entry, 0, cache->entry_size);
	memcpy(entry, key, cache->key_size);
	return entry;
}

void *cache_next(const struct cache *cache, const void *entry)
{
	size_t i = entry ? ((const char *)entry - cache->entries) / cache->entry_size + 1 : 0;

	while (i < cache->sets * WAYS && !cache->used[i])
		i++;
	return i < cache->sets * WAYS ? entry_at(cache, i) : NULL;
}
