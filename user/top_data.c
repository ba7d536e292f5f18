// SPDX-License-Identifier: GPL-2.0-only
#include "top_data.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counters.h"

#define TALLY_WORDS (sizeof(struct tally) / sizeof(uint64_t))
#define TALLY_CELLS (PICKET_MAX_SEGMENTS * PICKET_TALLIES * TALLY_WORDS)

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

/* ---- following what is live ---- */

/* Room for every row there may be: the rates of those that stay go on when devices are added. */
static int fit_series(struct series *series, size_t rows)
{
	unsigned int depth = rows > TOP_MANY_DEVICES ? 2 : SERIES_MOST;

	if (series->depth && series->cells >= rows * METRICS)
		return 0;
	series_free(series);
	return series_init(series, rows * METRICS, depth);
}

static void read_segments(struct top_data *data)
{
	int fd = live_map(data->live, "segments");

	for (uint32_t row = 0; row < data->segment_rows; row++) {
		if (bpf_map_lookup_elem(fd, &row, &data->segments[row]))
			data->segments[row] = (struct segment_info){ 0 };
	}
}

/* A row that is another segment's now begins a history of its own. */
static void keep_histories(struct top_data *data, const struct live *before)
{
	for (uint32_t row = 1; row < PICKET_MAX_SEGMENTS && before; row++) {
		const char *was = live_segment_name(before, row), *is = live_segment_name(data->live, row);

		if (was && (!is || strcmp(was, is)))
			memset(&data->histories[row * TALLY_KINDS], 0, TALLY_KINDS * sizeof(struct history));
	}
}

/* live is data's from now on, even when there is no memory for it. */
static int adopt(struct top_data *data, struct live *live)
{
	struct live *before = data->live;
	const struct bundle *bundle = live_bundle(live);
	uint32_t states, idents;
	int err;

	data->live = live;
	data->states = live_devices(live, &states);
	data->idents = live_idents(live, &idents);
	data->rows = bundle->device_end < states ? bundle->device_end : states;
	data->rows = data->rows < idents ? data->rows : idents;
	data->segment_rows = bundle->segment_end ? bundle->segment_end : 1;
	read_segments(data);
	keep_histories(data, before);
	live_close(before);
	err = fit_series(&data->devices, states);
	if (err)
		data->rows = 0;
	return err;
}

static int open_live(struct top_data *data)
{
	struct live *live;
	int err = live_open_parts(LIVE_ALL, &live);

	return err ? err : adopt(data, live);
}

int top_data_open(struct top_data *data)
{
	int err;

	*data = (struct top_data){ 0 };
	data->histories = calloc(PICKET_MAX_SEGMENTS * TALLY_KINDS, sizeof(*data->histories));
	err = data->histories ? series_init(&data->tallies, TALLY_CELLS, SERIES_MOST) : -ENOMEM;
	if (!err)
		err = open_live(data);
	if (err)
		top_data_close(data);
	return err;
}

void top_data_close(struct top_data *data)
{
	live_close(data->live);
	series_free(&data->devices);
	series_free(&data->tallies);
	free(data->histories);
	free(data->attachments);
	*data = (struct top_data){ 0 };
}

/* ---- sampling ---- */

static void sample_devices(struct top_data *data)
{
	uint64_t *cells = series_next(&data->devices, data->at);

	for (uint32_t row = 1; row < data->rows; row++) {
		struct counts counts = counts_of_both(&data->states[row]);
		uint64_t *cell = &cells[(size_t)row * METRICS];

		cell[METRIC_PASSED] = counts.packets;
		cell[METRIC_BYTES] = counts.bytes;
		cell[METRIC_DROPPED] = counts.dropped_packets;
		cell[METRIC_AUDIT] = counts.audit_packets;
	}
}

/* What cannot be read counts as what it was: no rate. */
static void sample_tallies(struct top_data *data)
{
	const struct series *series = &data->tallies;
	const uint64_t *before = series->samples[series->newest];
	uint64_t *cells = series_next(&data->tallies, data->at);

	if (live_totals(data->live, (struct tally *)cells))
		memmove(cells, before, TALLY_CELLS * sizeof(*cells));
}

static uint32_t first_tally(enum tally_kind kind)
{
	static const uint32_t first[] = {
		[TALLY_PASSED] = 0, [TALLY_DROPPED] = 1, [TALLY_AUDIT] = PICKET_TALLY_AUDIT,
		[TALLY_KINDS] = PICKET_TALLIES,
	};

	return first[kind];
}

/* The rate of the last step alone. */
static double last_rate(const struct top_data *data, uint32_t segment, enum tally_kind kind)
{
	double rate = 0;

	for (uint32_t tally = first_tally(kind); tally < first_tally(kind + 1); tally++)
		rate += series_rate(&data->tallies, (segment * PICKET_TALLIES + tally) * TALLY_WORDS, 1);
	return rate;
}

static void add_histories(struct top_data *data)
{
	for (int kind = 0; kind < TALLY_KINDS; kind++) {
		double all = 0;

		for (uint32_t row = 0; row < data->segment_rows; row++) {
			double rate = last_rate(data, row, kind);

			top_history_add(&data->histories[row * TALLY_KINDS + kind], rate);
			all += rate;
		}
		top_history_add(&data->all[kind], all);
	}
}

static void sample_attachments(struct top_data *data)
{
	struct attachment *list;
	size_t n;

	if (attachments_get(&list, &n))
		return;
	free(data->attachments);
	data->attachments = list;
	data->nattachments = n;
}

bool top_data_sample(struct top_data *data)
{
	bool another = data->error || live_stale(data->live);

	if (another) {
		data->error = open_live(data);
		if (data->error)
			return false;
	}
	data->at = clock_ns(CLOCK_BOOTTIME);
	data->now = clock_ns(CLOCK_REALTIME);
	sample_devices(data);
	sample_tallies(data);
	if (data->tallies.taken > 1)
		add_histories(data);
	sample_attachments(data);
	return another;
}

/* ---- what was sampled ---- */

double device_rate(const struct top_data *data, uint32_t row, enum metric metric)
{
	return series_rate(&data->devices, (size_t)row * METRICS + metric, SERIES_MOST);
}

uint64_t device_total(const struct top_data *data, uint32_t row, enum metric metric)
{
	return series_total(&data->devices, (size_t)row * METRICS + metric);
}

struct flow_rate tally_rate(const struct top_data *data, uint32_t segment, uint32_t first, uint32_t end)
{
	/* as many steps as for devices */
	unsigned int steps = data->devices.depth - 1;
	struct flow_rate sum = { 0 };

	for (uint32_t tally = first; tally < end; tally++) {
		size_t cell = (segment * PICKET_TALLIES + tally) * TALLY_WORDS;

		sum.packets += series_total(&data->tallies, cell);
		sum.bytes += series_total(&data->tallies, cell + 1);
		sum.packet_rate += series_rate(&data->tallies, cell, steps);
		sum.byte_rate += series_rate(&data->tallies, cell + 1, steps);
	}
	return sum;
}

struct flow_rate segment_rate(const struct top_data *data, uint32_t segment, enum tally_kind kind)
{
	return tally_rate(data, segment, first_tally(kind), first_tally(kind + 1));
}

struct flow_rate total_rate(const struct top_data *data, enum tally_kind kind)
{
	struct flow_rate all = { 0 };

	for (uint32_t row = 0; row < data->segment_rows; row++) {
		struct flow_rate one = segment_rate(data, row, kind);

		all.packets += one.packets;
		all.bytes += one.bytes;
		all.packet_rate += one.packet_rate;
		all.byte_rate += one.byte_rate;
	}
	return all;
}
