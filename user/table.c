// SPDX-License-Identifier: GPL-2.0-only
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hugepages.h"

#define SIZE_FIRST 64
#define HASH_HALF 0xffffffff00000000ULL

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t secret;

/* Before there are threads. */
__attribute__((constructor)) static void make_secret(void)
{
	if (getrandom(&secret, sizeof(secret), GRND_NONBLOCK) != sizeof(secret))
		secret = 0x9e3779b97f4a7c15ULL;
}

uint64_t hash_bytes(const void *bytes, size_t len)
{
	uint64_t hash = secret ^ len, word;
	const char *at = bytes;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash ^ word, secret ^ 0xa0761d6478bd642fULL);
	}
	word = 0;
	memcpy(&word, at, len);
	return mix(hash ^ word, secret ^ 0xe7037ed1a0b428dbULL);
}

/* By the upper half, which the slots keep, so that growing needs no keys. */
static size_t table_first(size_t size, uint64_t hash)
{
	return (hash >> 32) & (size - 1);
}

void table_prefetch(const struct table *table, uint64_t hash)
{
	if (table->size)
		__builtin_prefetch(&table->slots[table_first(table->size, hash)]);
}

uint32_t table_find(const struct table *table, uint64_t hash, const void *key)
{
	size_t mask = table->size - 1, at;

	if (!table->size)
		return UINT32_MAX;
	for (at = table_first(table->size, hash); table->slots[at]; at = (at + 1) & mask) {
		uint32_t index = (uint32_t)table->slots[at] - 1;

		if (!((table->slots[at] ^ hash) & HASH_HALF) && table->same(table->owner, index, key))
			return index;
	}
	return UINT32_MAX;
}

static void table_put(uint64_t *slots, size_t size, uint64_t slot)
{
	size_t at = table_first(size, slot);

	while (slots[at])
		at = (at + 1) & (size - 1);
	slots[at] = slot;
}

static int table_resize(struct table *table, size_t size)
{
	uint64_t *slots = calloc(size, sizeof(*slots));
	size_t at;

	if (!slots)
		return -ENOMEM;
	hugepages_prefer(slots, size * sizeof(*slots));
	for (at = 0; at < table->size; at++)
		if (table->slots[at])
			table_put(slots, size, table->slots[at]);
	free(table->slots);
	table->slots = slots;
	table->size = size;
	return 0;
}

int table_reserve(struct table *table, size_t n)
{
	size_t size = SIZE_FIRST;

	while (size / 2 < n)
		size *= 2;
	return size > table->size ? table_resize(table, size) : 0;
}

int table_add(struct table *table, uint64_t hash, const void *key, uint32_t index, uint32_t *found)
{
	uint32_t older = table_find(table, hash, key);

	if (older == UINT32_MAX) {
		if (table->used >= table->size / 2 && table_reserve(table, table->used + 1))
			return -ENOMEM;
		table_put(table->slots, table->size, (hash & HASH_HALF) | (index + 1));
		table->used++;
	}
	*found = older;
	return 0;
}

void table_free(struct table *table)
{
	free(table->slots);
	table->slots = NULL;
	table->size = table->used = 0;
}
