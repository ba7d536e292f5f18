// SPDX-License-Identifier: GPL-2.0-only
#include "top_device.h"

#include <string.h>

int top_device_init(struct top_device *device, const struct top_data *data, uint32_t row)
{
	int err;

	*device = (struct top_device){ 0 };
	err = series_init(&device->lanes, DIRECTIONS * METRICS, SERIES_MOST);
	if (err)
		return err;
	strncat(device->name, live_device_name(data->live, row), sizeof(device->name) - 1);
	top_device_look_up(device, data);
	return 0;
}

void top_device_free(struct top_device *device)
{
	facts_forget(&device->asked);
	series_free(&device->lanes);
}

void top_device_look_up(struct top_device *device, const struct top_data *data)
{
	device->row = live_find_device(data->live, device->name);
	if (device->row >= data->rows)
		device->row = 0;
	facts_forget(&device->asked);
	device->asked = facts_ask(device->name);
}

static void sample_lane(uint64_t *cells, const struct counts *counts)
{
	cells[METRIC_PASSED] = counts->packets;
	cells[METRIC_BYTES] = counts->bytes;
	cells[METRIC_DROPPED] = counts->dropped_packets;
	cells[METRIC_AUDIT] = counts->audit_packets;
}

static void add_histories(struct top_device *device)
{
	static const enum metric metrics[TALLY_KINDS] = {
		[TALLY_PASSED] = METRIC_PASSED, [TALLY_DROPPED] = METRIC_DROPPED, [TALLY_AUDIT] = METRIC_AUDIT,
	};

	for (int direction = 0; direction < DIRECTIONS; direction++) {
		for (int kind = 0; kind < TALLY_KINDS; kind++)
			top_history_add(&device->histories[direction][kind],
				    series_rate(&device->lanes, direction * METRICS + metrics[kind], 1));
	}
}

static void sample_lanes(struct top_device *device, uint64_t now)
{
	struct counts sent = counts_of(&device->state, DIR_SEND);
	struct counts received = counts_of(&device->state, DIR_RECEIVE);
	uint64_t *cells = series_next(&device->lanes, now);

	sample_lane(cells + DIR_SEND * METRICS, &sent);
	sample_lane(cells + DIR_RECEIVE * METRICS, &received);
	if (device->lanes.taken > 1)
		add_histories(device);
}

void top_device_sample(struct top_device *device, const struct top_data *data, struct top_drops *drops)
{
	device->ndrops = top_drops_last(drops, device->drops, DROPS_KEPT);
	device->drops_lost = top_drops_lost(drops);
	device->drops_error = top_drops_error(drops);
	if (!device->row)
		return;
	device->state = data->states[device->row];
	sample_lanes(device, data->at);
	if (refusals_get(data->live, OWNER_DEVICE, device->row, device->refused))
		memset(device->refused, 0, sizeof(device->refused));
	device->nlearned = learned_of(data->live, device->row, data->at, device->learned);
}

bool top_device_fill(const struct top_device *device, const struct top_data *data, enum bucket bucket,
		     struct fill *out)
{
	const struct profile *profile = live_profile(data->live, &data->idents[device->row], data->now);

	return profile && bucket_fill(profile, &device->state, bucket, data->at, out);
}
