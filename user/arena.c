// SPDX-License-Identifier: GPL-2.0-only
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hugepages.h"

#define CHUNK_FIRST (32UL << 10)
#define CHUNK_LARGEST (4UL << 20)
#define ALIGNMENT 16

struct arena_chunk {
	struct arena_chunk *next;
	char bytes[] __attribute__((aligned(ALIGNMENT)));
};

static char *arena_chunk_new(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);

	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	hugepages_prefer(chunk, size);
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk->bytes;
}

static void *arena_take(struct arena *arena, size_t size, size_t alignment)
{
	size_t gap = -(uintptr_t)arena->next & (alignment - 1);
	char *taken;

	if (arena->next && size + gap <= (size_t)(arena->end - arena->next)) {
		taken = arena->next + gap;
		arena->next = taken + size;
		return taken;
	}
	if (size > CHUNK_LARGEST / 4)
		return arena_chunk_new(arena, size);
	arena->chunk_size = arena->chunk_size ? arena->chunk_size * 2 : CHUNK_FIRST;
	while (arena->chunk_size < size)
		arena->chunk_size *= 2;
	if (arena->chunk_size > CHUNK_LARGEST)
		arena->chunk_size = CHUNK_LARGEST;
	taken = arena_chunk_new(arena, arena->chunk_size);
	if (!taken)
		return NULL;
	arena->next = taken + size;
	arena->end = taken + arena->chunk_size;
	return taken;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	if (size && n > (SIZE_MAX / 2) / size) {
		arena->failed = true;
		return NULL;
	}
	return arena_take(arena, n && size ? n * size : 1, ALIGNMENT / 2);
}

char *arena_string(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_take(arena, len + 1, 1);

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *chunk;

	while ((chunk = arena->chunks)) {
		arena->chunks = chunk->next;
		free(chunk);
	}
	*arena = (struct arena){ 0 };
}
