/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables across the screen: columns that grow with it, and cells that draw themselves.
 */
#ifndef PICKET_TOP_TABLE_H
#define PICKET_TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "top_screen.h"

/* Where to draw, and what: the row of this index in what the table's context holds. */
struct cell {
	const void *context;
	size_t index;
	int y, x, width;
};

struct column {
	const char *title; /* NULL: no column */
	void (*draw)(const struct cell *cell);
	int least, most; /* width */
	int wide; /* only on screens of at least this width */
	bool right; /* justified */
	int sort; /* what the table is sorted by with it; 0: nothing */
};

struct table {
	const struct column *columns;
	size_t n; /* at most TABLE_COLUMNS */
	int sort; /* the column that is sorted by */
	const void *context;
};

#define TABLE_COLUMNS 16

/* The titles at line y, and below them rows from first to before end, as fit height lines in all. */
void table_draw(const struct table *table, int y, int height, size_t first, size_t end);

/* Cells. What is nothing is dim. */
void cell_text(const struct cell *cell, enum style style, const char *text); /* NULL: "-" */
void cell_count(const struct cell *cell, enum style style, double count);
void cell_bytes(const struct cell *cell, enum style style, double bytes);
/* How long before now (both ns of boot time) that was. */
void cell_since(const struct cell *cell, uint64_t boot_ns, uint64_t now);
/* A bucket's rate; how full it is, as a bar. */
void cell_limit(const struct cell *cell, const struct fill *fill, bool bytes);
void cell_fill(const struct cell *cell, const struct fill *fill);

/* What passed, and beside it what was dropped or, with audit, would have been; by enum tally_kind. */
void cell_histories(const struct cell *cell, const struct history *histories, bool audit);

#endif
