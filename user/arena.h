/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is freed all at once. */
#ifndef PICKET_ARENA_H
#define PICKET_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	char *next, *end;
	size_t chunk_size;
	bool failed; /* some allocation returned NULL: nothing built since may be trusted */
};

/* n zeroed elements of size bytes, aligned for anything; NULL (and failed) without memory. */
void *arena_array(struct arena *arena, size_t n, size_t size);

/* A NUL-terminated copy of len bytes, unaligned. */
char *arena_string(struct arena *arena, const char *text, size_t len);

void arena_free(struct arena *arena);

#endif
