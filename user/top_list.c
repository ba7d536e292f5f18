// SPDX-License-Identifier: GPL-2.0-only
#include "top_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "top_pick.h"

#define BIT(sort) (1U << (sort))

/* What each view may be sorted by; the first one is what it is sorted by at first. */
static const struct {
	enum top_sort first;
	unsigned int sorts;
} orders[VIEWS] = {
	[VIEW_SEGMENTS] = { SORT_FILE, BIT(SORT_FILE) | BIT(SORT_NAME) | BIT(SORT_PASSED) | BIT(SORT_BYTES) |
				       BIT(SORT_DROPPED) | BIT(SORT_AUDIT) },
	[VIEW_TALKERS] = { SORT_PASSED, BIT(SORT_FILE) | BIT(SORT_NAME) | BIT(SORT_SEEN) | BIT(SORT_PASSED) |
					BIT(SORT_BYTES) | BIT(SORT_DROPPED) | BIT(SORT_AUDIT) },
	[VIEW_DROPPED] = { SORT_DROPPED, BIT(SORT_NAME) | BIT(SORT_DROPPED) | BIT(SORT_AUDIT) },
	[VIEW_REASONS] = { SORT_DROPPED, BIT(SORT_NAME) | BIT(SORT_DROPPED) | BIT(SORT_AUDIT) },
	[VIEW_LIMITS] = { SORT_FULL, BIT(SORT_NAME) | BIT(SORT_DROPPED) | BIT(SORT_FULL) },
};

struct build {
	enum top_view view;
	enum top_sort sort;
	const struct top_data *data;
	const struct top_filter *filter;
	const struct pressed *limits;
	size_t nlimits;
	struct pick pick;
};

int top_list_init(struct top_list *list, enum top_view view)
{
	*list = (struct top_list){ .sort = orders[view].first };
	list->rows = calloc(LIST_MOST, sizeof(*list->rows));
	return list->rows ? 0 : -ENOMEM;
}

void top_list_free(struct top_list *list)
{
	free(list->rows);
	*list = (struct top_list){ 0 };
}

/* ---- orders ---- */

static const char *const sort_names[SORTS] = {
	[SORT_FILE] = "file", [SORT_NAME] = "name", [SORT_SEEN] = "seen", [SORT_PASSED] = "passed",
	[SORT_BYTES] = "bytes", [SORT_DROPPED] = "dropped", [SORT_AUDIT] = "audit", [SORT_FULL] = "full",
};

const char *top_sort_name(enum top_sort sort)
{
	return sort_names[sort];
}

enum top_sort top_sort_find(const char *name)
{
	enum top_sort sort = 0;

	while (sort < SORTS && strcmp(sort_names[sort], name))
		sort++;
	return sort;
}

bool view_sorts(enum top_view view, enum top_sort sort)
{
	return orders[view].sorts & BIT(sort);
}

enum top_sort next_sort(enum top_view view, enum top_sort sort, int step)
{
	if (!orders[view].sorts)
		return sort;
	do {
		sort = (sort + SORTS + step) % SORTS;
	} while (!view_sorts(view, sort));
	return sort;
}

/* METRICS: it is no order of a metric. */
static enum metric sort_metric(enum top_sort sort)
{
	static const enum metric metrics[SORTS] = {
		[SORT_FILE] = METRICS, [SORT_NAME] = METRICS, [SORT_SEEN] = METRICS,
		[SORT_PASSED] = METRIC_PASSED, [SORT_BYTES] = METRIC_BYTES,
		[SORT_DROPPED] = METRIC_DROPPED, [SORT_AUDIT] = METRIC_AUDIT, [SORT_FULL] = METRICS,
	};

	return metrics[sort];
}

enum metric list_metric(const struct top_list *list, enum top_view view)
{
	enum metric metric = sort_metric(list->sort);

	if (metric != METRICS)
		return metric;
	return view == VIEW_DROPPED || view == VIEW_REASONS ? METRIC_DROPPED : METRIC_PASSED;
}

static void offer(struct build *build, struct candidate candidate, const char *name, double number,
		  uint64_t total)
{
	candidate.text = build->sort == SORT_NAME ? name : "";
	candidate.number = number;
	candidate.total = total;
	pick_offer(&build->pick, &candidate);
}

/* ---- devices ---- */

static void offer_device(struct build *build, uint32_t row, const char *name)
{
	const struct top_data *data = build->data;
	struct candidate candidate = { .id = row, .index = live_device_index(data->live, row) };
	enum metric metric = sort_metric(build->sort);

	if (build->view == VIEW_DROPPED &&
	    !device_total(data, row, METRIC_DROPPED) && !device_total(data, row, METRIC_AUDIT))
		return;
	if (metric != METRICS)
		offer(build, candidate, name, device_rate(data, row, metric), device_total(data, row, metric));
	else
		offer(build, candidate, name, 0, build->sort == SORT_SEEN ? data->states[row].sent.seen : 0);
}

static void offer_devices(struct build *build)
{
	const struct top_data *data = build->data;

	for (uint32_t row = 1; row < data->rows; row++) {
		const char *name = live_device_name(data->live, row);

		if (name && filter_device(build->filter, name, data->idents[row].segment))
			offer_device(build, row, name);
	}
}

static void fill_device(const struct build *build, uint32_t row, struct top_row *out)
{
	const struct top_data *data = build->data;
	const struct state *state = &data->states[row];

	*out = (struct top_row){
		.name = live_device_name(data->live, row),
		.device = row,
		.segment = data->idents[row].segment,
		.seen = state->sent.seen,
		.refused = state->refused & ~0xffULL,
		.reason = PICKET_REFUSED_REASON(state->refused),
	};
	for (int metric = 0; metric < METRICS; metric++) {
		out->rate[metric] = device_rate(data, row, metric);
		out->total[metric] = device_total(data, row, metric);
	}
}

/* ---- segments and reasons ---- */

static void add_passed(struct top_row *row, const struct flow_rate *rate)
{
	row->rate[METRIC_PASSED] += rate->packet_rate;
	row->total[METRIC_PASSED] += rate->packets;
	row->rate[METRIC_BYTES] += rate->byte_rate;
	row->total[METRIC_BYTES] += rate->bytes;
}

static void add_refused(struct top_row *row, enum metric metric, const struct flow_rate *rate)
{
	row->rate[metric] += rate->packet_rate;
	row->total[metric] += rate->packets;
}

static void fill_segment(const struct build *build, uint32_t row, struct top_row *out)
{
	struct flow_rate passed = segment_rate(build->data, row, TALLY_PASSED);
	struct flow_rate dropped = segment_rate(build->data, row, TALLY_DROPPED);
	struct flow_rate audit = segment_rate(build->data, row, TALLY_AUDIT);

	*out = (struct top_row){
		.name = row ? live_segment_name(build->data->live, row) : "(none)", .segment = row,
	};
	add_passed(out, &passed);
	add_refused(out, METRIC_DROPPED, &dropped);
	add_refused(out, METRIC_AUDIT, &audit);
}

static void fill_reason(const struct build *build, uint32_t reason, struct top_row *out)
{
	const struct top_data *data = build->data;

	*out = (struct top_row){ .name = reason_name(reason), .reason = reason };
	for (uint32_t segment = 0; segment < data->segment_rows; segment++) {
		struct flow_rate dropped, audit;

		if (!filter_segment(build->filter, segment))
			continue;
		dropped = tally_rate(data, segment, reason, reason + 1);
		audit = tally_rate(data, segment, PICKET_TALLY_AUDIT + reason, PICKET_TALLY_AUDIT + reason + 1);
		add_refused(out, METRIC_DROPPED, &dropped);
		add_refused(out, METRIC_AUDIT, &audit);
	}
}

static void offer_row(struct build *build, uint32_t id, uint32_t index, const struct top_row *row)
{
	struct candidate candidate = { .id = id, .index = index };
	enum metric metric = sort_metric(build->sort);

	if (metric == METRICS)
		offer(build, candidate, row->name, 0, 0);
	else
		offer(build, candidate, row->name, row->rate[metric], row->total[metric]);
}

/* Row 0, that no segment was found for, is shown where there is something to show. */
static void offer_segments(struct build *build)
{
	const struct live *live = build->data->live;
	struct top_row row;

	for (uint32_t i = 0; i < build->data->segment_rows; i++) {
		if ((i && !live_segment_name(live, i)) || !filter_segment(build->filter, i))
			continue;
		fill_segment(build, i, &row);
		if (i || row.total[METRIC_PASSED] || row.total[METRIC_DROPPED] || row.total[METRIC_AUDIT])
			offer_row(build, i, i ? live_segment_index(live, i) : UINT32_MAX, &row);
	}
}

static void offer_reasons(struct build *build)
{
	struct top_row row;

	for (uint32_t reason = 1; reason < REASON_COUNT; reason++) {
		fill_reason(build, reason, &row);
		if (row.total[METRIC_DROPPED] || row.total[METRIC_AUDIT])
			offer_row(build, reason, reason, &row);
	}
}

/* ---- limits ---- */

static void fill_limit(const struct build *build, uint32_t i, struct top_row *out)
{
	const struct pressed *limit = &build->limits[i];
	const struct top_data *data = build->data;
	bool device = limit->owner == OWNER_DEVICE;
	const char *name = device ? live_device_name(data->live, limit->row) :
				    live_segment_name(data->live, limit->row);

	*out = (struct top_row){
		.name = name ? name : "",
		.device = device ? limit->row : 0,
		.segment = device ? data->idents[limit->row].segment : limit->row,
		.refused = limit->refused.last,
		.limit = *limit,
	};
}

/* The filter may have changed since they were collected. */
static void offer_limits(struct build *build)
{
	struct top_row row;

	for (uint32_t i = 0; i < build->nlimits; i++) {
		struct candidate candidate = { .id = i, .index = i };

		fill_limit(build, i, &row);
		if (filter_device(build->filter, row.name, row.segment))
			offer(build, candidate, row.name, 0,
			      build->sort == SORT_DROPPED ? row.limit.refused.packets : 0);
	}
}

/* ---- all ---- */

static const struct {
	void (*offer)(struct build *build);
	void (*fill)(const struct build *build, uint32_t id, struct top_row *out);
} views[VIEWS] = {
	[VIEW_SEGMENTS] = { offer_segments, fill_segment },
	[VIEW_TALKERS] = { offer_devices, fill_device },
	[VIEW_DROPPED] = { offer_devices, fill_device },
	[VIEW_REASONS] = { offer_reasons, fill_reason },
	[VIEW_LIMITS] = { offer_limits, fill_limit },
};

void top_list_build(struct top_list *list, enum top_view view, const struct top_data *data,
		    const struct top_filter *filter, const struct pressed *limits, size_t nlimits)
{
	static struct candidate best[LIST_MOST];
	struct build build = {
		.view = view, .sort = list->sort, .data = data, .filter = filter,
		.limits = limits, .nlimits = nlimits, .pick = { .best = best, .most = LIST_MOST },
	};
	enum metric metric = list_metric(list, view);

	views[view].offer(&build);
	pick_finish(&build.pick);
	list->n = build.pick.n;
	list->matched = build.pick.offered;
	list->most = 0;
	for (size_t i = 0; i < list->n; i++) {
		struct top_row *row = &list->rows[i];

		views[view].fill(&build, best[i].id, row);
		if (row->rate[metric] > list->most)
			list->most = row->rate[metric];
	}
}
