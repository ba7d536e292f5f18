/* SPDX-License-Identifier: GPL-2.0-only */
/* Comma-separated values as RFC 4180 has them, each field with its place. */
#ifndef PICKET_CSV_H
#define PICKET_CSV_H

#include "arena.h"
#include "value.h"

struct csv {
	const struct source_file *source;
	uint32_t file;
	struct diag *diag;
	struct arena *arena; /* for fields with doubled quotes */
	size_t at, line_start; /* offsets */
	uint32_t line; /* from 1 */
};

struct csv csv_open(const struct source_file *source, uint32_t file, struct diag *diag,
		    struct arena *arena);

/*
 * The next row that is not empty. *n is how many fields it has, of which the first "most" are
 * kept. False at the end. A row with a broken quote is reported and left out.
 */
bool csv_row(struct csv *csv, struct text *fields, size_t most, size_t *n);

#endif
