// SPDX-License-Identifier: GPL-2.0-only
#include "top_table.h"

#include "top_format.h"
#include "top_limits.h"

#define MARGIN 1

/* 0: this screen is too narrow for it. */
static void choose_widths(const struct table *table, int widths[TABLE_COLUMNS])
{
	int left = screen_width() - 2 * MARGIN + 1; /* each column but the last is followed by a space */

	for (size_t i = 0; i < table->n; i++) {
		const struct column *column = &table->columns[i];

		widths[i] = column->title && screen_width() >= column->wide ? column->least : 0;
		left -= widths[i] ? widths[i] + 1 : 0;
	}
	for (size_t i = 0; i < table->n && left > 0; i++) {
		int more = table->columns[i].most - widths[i];

		if (!widths[i])
			continue;
		more = more < left ? more : left;
		widths[i] += more;
		left -= more;
	}
}

static void draw_titles(const struct table *table, const int widths[TABLE_COLUMNS], int y)
{
	int x = MARGIN;

	screen_text(y, 0, screen_width(), STYLE_TITLE, "");
	for (size_t i = 0; i < table->n; i++) {
		const struct column *column = &table->columns[i];
		bool sorted = column->sort && column->sort == table->sort;
		enum style style = sorted ? STYLE_TITLE_SORT : STYLE_TITLE;

		if (!widths[i])
			continue;
		if (column->right)
			screen_text_right(y, x, widths[i], style, column->title);
		else
			screen_text(y, x, widths[i], style, column->title);
		x += widths[i] + 1;
	}
}

static void draw_row(const struct table *table, struct cell cell, const int widths[TABLE_COLUMNS])
{
	cell.x = MARGIN;
	for (size_t i = 0; i < table->n; i++) {
		if (!widths[i])
			continue;
		cell.width = widths[i];
		table->columns[i].draw(&cell);
		cell.x += widths[i] + 1;
	}
}

void table_draw(const struct table *table, int y, int height, size_t first, size_t end)
{
	struct cell cell = { .context = table->context, .index = first, .y = y + 1 };
	int widths[TABLE_COLUMNS];

	if (height <= 0)
		return;
	choose_widths(table, widths);
	draw_titles(table, widths, y);
	for (; cell.index < end && cell.y < y + height; cell.index++, cell.y++)
		draw_row(table, cell, widths);
}

void cell_text(const struct cell *cell, enum style style, const char *text)
{
	screen_text(cell->y, cell->x, cell->width, style, text ? text : "-");
}

void cell_count(const struct cell *cell, enum style style, double count)
{
	char buf[COUNT_LEN];

	screen_text_right(cell->y, cell->x, cell->width, count > 0 ? style : STYLE_DIM,
			  format_count(count, buf));
}

void cell_bytes(const struct cell *cell, enum style style, double bytes)
{
	char buf[SIZE_LEN];

	screen_text_right(cell->y, cell->x, cell->width, bytes > 0 ? style : STYLE_DIM,
			  format_size(bytes + 0.5, buf));
}

void cell_since(const struct cell *cell, uint64_t boot_ns, uint64_t now)
{
	char buf[COUNT_LEN];

	screen_text_right(cell->y, cell->x, cell->width, STYLE_DIM, format_since(boot_ns, now, buf));
}

void cell_limit(const struct cell *cell, const struct fill *fill, bool bytes)
{
	char buf[SIZE_LEN];

	screen_text_right(cell->y, cell->x, cell->width, STYLE_PLAIN, format_limit(fill->rate, bytes, buf));
}

void cell_histories(const struct cell *cell, const struct history *histories, bool audit)
{
	int half = (cell->width - 1) / 2;

	screen_history(cell->y, cell->x, half, STYLE_PASSED, &histories[TALLY_PASSED]);
	screen_history(cell->y, cell->x + half + 1, half, audit ? STYLE_AUDIT : STYLE_DROPPED,
		       &histories[audit ? TALLY_AUDIT : TALLY_DROPPED]);
}

void cell_fill(const struct cell *cell, const struct fill *fill)
{
	double used = fill_used(fill);
	enum style style = used >= LIMITS_USED ? STYLE_DROPPED : used >= LIMITS_USED / 2 ? STYLE_AUDIT :
											   STYLE_PASSED;

	screen_bar(cell->y, cell->x, cell->width, style, used);
}
