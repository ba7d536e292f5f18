// SPDX-License-Identifier: GPL-2.0-only
#include "top_columns.h"

#include "names.h"
#include "top_format.h"
#include "top_table.h"

#define COLUMNS_MOST 12
#define WIDE 100 /* screens on which less important columns appear */
#define WIDER 116

struct listing {
	const struct top_data *data;
	const struct top_list *list;
	enum top_view view;
};

static const struct top_data *data_of(const struct cell *cell)
{
	const struct listing *listing = cell->context;

	return listing->data;
}

static const struct top_row *row_of(const struct cell *cell)
{
	const struct listing *listing = cell->context;

	return &listing->list->rows[cell->index];
}

static void name_cell(const struct cell *cell)
{
	const struct listing *listing = cell->context;
	bool nobody = listing->view == VIEW_SEGMENTS && !row_of(cell)->segment;

	cell_text(cell, nobody ? STYLE_DIM : STYLE_STRONG, row_of(cell)->name);
}

static void segment_cell(const struct cell *cell)
{
	cell_text(cell, STYLE_DIM, live_segment_name(data_of(cell)->live, row_of(cell)->segment));
}

static void role_cell(const struct cell *cell)
{
	const char *roles = live_device_roles(data_of(cell)->live, row_of(cell)->device);

	cell_text(cell, STYLE_DIM, *roles ? roles : NULL);
}

static void mode_cell(const struct cell *cell)
{
	bool audit = data_of(cell)->segments[row_of(cell)->segment].flags & SEGMENT_AUDIT;

	if (!row_of(cell)->segment)
		cell_text(cell, STYLE_DIM, "-");
	else
		cell_text(cell, audit ? STYLE_AUDIT : STYLE_DIM, audit ? "audit" : "enforce");
}

static void passed_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_PASSED, row_of(cell)->rate[METRIC_PASSED]);
}

static void bytes_cell(const struct cell *cell)
{
	cell_bytes(cell, STYLE_PLAIN, row_of(cell)->rate[METRIC_BYTES]);
}

static void dropped_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_DROPPED, row_of(cell)->rate[METRIC_DROPPED]);
}

static void audit_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_AUDIT, row_of(cell)->rate[METRIC_AUDIT]);
}

static void dropped_total_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_PLAIN, row_of(cell)->total[METRIC_DROPPED]);
}

static void audit_total_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_PLAIN, row_of(cell)->total[METRIC_AUDIT]);
}

static void seen_cell(const struct cell *cell)
{
	cell_since(cell, row_of(cell)->seen, data_of(cell)->at);
}

static void refused_cell(const struct cell *cell)
{
	cell_since(cell, row_of(cell)->refused, data_of(cell)->at);
}

static void reason_cell(const struct cell *cell)
{
	cell_text(cell, STYLE_PLAIN, reason_name(row_of(cell)->reason));
}

static void history_cell(const struct cell *cell)
{
	uint32_t segment = row_of(cell)->segment;

	cell_histories(cell, &data_of(cell)->histories[segment * TALLY_KINDS],
		       data_of(cell)->segments[segment].flags & SEGMENT_AUDIT);
}

/* Beside the first of the list. */
static void share_cell(const struct cell *cell)
{
	static const enum style styles[METRICS] = {
		[METRIC_PASSED] = STYLE_PASSED, [METRIC_BYTES] = STYLE_PASSED,
		[METRIC_DROPPED] = STYLE_DROPPED, [METRIC_AUDIT] = STYLE_AUDIT,
	};
	const struct listing *listing = cell->context;
	enum metric metric = list_metric(listing->list, listing->view);

	if (listing->list->most > 0)
		screen_bar(cell->y, cell->x, cell->width, styles[metric],
			   row_of(cell)->rate[metric] / listing->list->most);
}

static void owner_cell(const struct cell *cell)
{
	cell_text(cell, STYLE_DIM, row_of(cell)->limit.owner == OWNER_DEVICE ? "device" : "segment");
}

static void limit_cell(const struct cell *cell)
{
	cell_text(cell, STYLE_PLAIN, bucket_name(row_of(cell)->limit.bucket));
}

static void limit_rate_cell(const struct cell *cell)
{
	const struct pressed *limit = &row_of(cell)->limit;

	cell_limit(cell, &limit->fill, bucket_is_bytes(limit->bucket));
}

static void burst_cell(const struct cell *cell)
{
	const struct pressed *limit = &row_of(cell)->limit;

	if (bucket_is_bytes(limit->bucket))
		cell_bytes(cell, STYLE_PLAIN, limit->fill.burst);
	else
		cell_count(cell, STYLE_PLAIN, limit->fill.burst);
}

static void fill_cell(const struct cell *cell)
{
	cell_fill(cell, &row_of(cell)->limit.fill);
}

static void refusals_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_DROPPED, row_of(cell)->limit.refused.packets);
}

static const struct column columns[VIEWS][COLUMNS_MOST] = {
	[VIEW_SEGMENTS] = {
		{ "SEGMENT", name_cell, 12, 26, 0, false, SORT_NAME },
		{ "MODE", mode_cell, 7, 7, 0, false, 0 },
		{ "PASSED/s", passed_cell, 8, 10, 0, true, SORT_PASSED },
		{ "BYTES/s", bytes_cell, 10, 12, 0, true, SORT_BYTES },
		{ "DROPPED/s", dropped_cell, 9, 11, 0, true, SORT_DROPPED },
		{ "AUDIT/s", audit_cell, 7, 9, 0, true, SORT_AUDIT },
		{ "HISTORY", history_cell, 9, 121, 0, false, 0 },
	},
	[VIEW_TALKERS] = {
		{ "TOP TALKERS", name_cell, 14, 26, 0, false, SORT_NAME },
		{ "SEGMENT", segment_cell, 10, 18, 0, false, 0 },
		{ "ROLE", role_cell, 12, 20, WIDER, false, 0 },
		{ "PASSED/s", passed_cell, 8, 10, 0, true, SORT_PASSED },
		{ "BYTES/s", bytes_cell, 10, 12, 0, true, SORT_BYTES },
		{ "DROPPED/s", dropped_cell, 9, 11, 0, true, SORT_DROPPED },
		{ "AUDIT/s", audit_cell, 7, 9, 0, true, SORT_AUDIT },
		{ "SEEN", seen_cell, 5, 6, 0, true, SORT_SEEN },
		{ "", share_cell, 10, 30, WIDE, false, 0 },
	},
	[VIEW_DROPPED] = {
		{ "TOP DROPPED", name_cell, 14, 26, 0, false, SORT_NAME },
		{ "SEGMENT", segment_cell, 10, 18, 0, false, 0 },
		{ "ROLE", role_cell, 12, 20, WIDER, false, 0 },
		{ "DROPPED/s", dropped_cell, 9, 11, 0, true, SORT_DROPPED },
		{ "AUDIT/s", audit_cell, 7, 9, 0, true, SORT_AUDIT },
		{ "DROPPED", dropped_total_cell, 7, 9, 0, true, 0 },
		{ "LAST REASON", reason_cell, 14, 16, 0, false, 0 },
		{ "WHEN", refused_cell, 5, 6, 0, true, 0 },
		{ "", share_cell, 8, 30, WIDE, false, 0 },
	},
	[VIEW_REASONS] = {
		{ "REASONS", name_cell, 14, 26, 0, false, SORT_NAME },
		{ "DROPPED/s", dropped_cell, 9, 11, 0, true, SORT_DROPPED },
		{ "AUDIT/s", audit_cell, 7, 9, 0, true, SORT_AUDIT },
		{ "DROPPED", dropped_total_cell, 7, 9, 0, true, 0 },
		{ "AUDITED", audit_total_cell, 7, 9, 0, true, 0 },
		{ "", share_cell, 8, 30, 0, false, 0 },
	},
	[VIEW_LIMITS] = {
		{ "LIMITS IN FORCE", name_cell, 15, 26, 0, false, SORT_NAME },
		{ "OF A", owner_cell, 7, 7, WIDE, false, 0 },
		{ "LIMIT", limit_cell, 15, 15, 0, false, 0 },
		{ "RATE", limit_rate_cell, 11, 13, 0, true, 0 },
		{ "BURST", burst_cell, 8, 10, 0, true, 0 },
		{ "USED", fill_cell, 10, 30, 0, false, SORT_FULL },
		{ "REFUSED", refusals_cell, 7, 9, 0, true, SORT_DROPPED },
		{ "LAST", refused_cell, 5, 6, 0, true, 0 },
	},
};

void view_draw(const struct top_data *data, const struct top_list *list, enum top_view view, int y,
	       int height, size_t offset)
{
	const struct listing listing = { .data = data, .list = list, .view = view };
	const struct table table = {
		.columns = columns[view], .n = COLUMNS_MOST, .sort = list->sort, .context = &listing,
	};

	table_draw(&table, y, height, offset, list->n);
}
