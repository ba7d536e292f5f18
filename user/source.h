/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of policies and device files, shared between a policy and its diagnostics,
 * whichever lives longer.
 */
#ifndef PICKET_SOURCE_H
#define PICKET_SOURCE_H

#include "policy.h"

#define SOURCE_LARGEST (512UL << 20) /* bytes of one file */

/*
 * Reads a whole file, names it, drops a byte order mark. 0 and *out; -errno; -EFBIG when it
 * is larger than SOURCE_LARGEST.
 */
int source_read(const char *path, const char *name, struct source_file *out);
/* The same of an open file, which stays the caller's. */
int source_read_fd(int fd, const char *name, struct source_file *out);

/* The same from memory, which is copied. */
int source_copy(const struct source_file *from, struct source_file *out);

/* Another reference to the same text. */
struct source_file source_ref(const struct source_file *source);
void source_put(struct source_file *source);
/* For __attribute__((cleanup)); {}: nothing is held. */
void source_cleanup(struct source_file *source);

/*
 * The length in bytes of the UTF-8 sequence at text, at most len; 0 when it is none.
 * *code is its code point.
 */
size_t utf8_length(const char *text, size_t len, uint32_t *code);

/*
 * Looks for what no source may hold: NUL and control characters, bad UTF-8, line breaks other
 * than LF and CR LF. NULL when all is well, else a sentence, with the place in *line and *col.
 */
const char *source_check(const struct source_file *source, uint32_t *line, uint32_t *col);

#endif
