// SPDX-License-Identifier: GPL-2.0-only
#include "top_device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

int top_device_init(struct top_device *device, const struct top_data *data, uint32_t row)
{
	*device = (struct top_device){ 0 };
	snprintf(device->name, sizeof(device->name), "%s", live_device_name(data->live, row));
	return series_init(&device->lanes, DIRECTIONS * METRICS, SERIES_MOST);
}

void top_device_free(struct top_device *device)
{
	series_free(&device->lanes);
}

/* ---- what the policy says ---- */

static void note_addresses(struct top_device *device, const struct device *listed)
{
	size_t used = 0;
	char addr[ADDR_LEN];

	for (size_t i = 0; i < listed->naddrs && used < sizeof(device->addresses); i++)
		used += snprintf(device->addresses + used, sizeof(device->addresses) - used, "%s%s",
				 i ? "  " : "", format_addr(&listed->addrs[i], addr));
}

static void note_assigned(struct top_device *device, const struct policy *policy, const char *space)
{
	for (size_t i = 0; i < policy->nassignments && device->nassigned < DEVICE_ASSIGNED; i++) {
		const struct assignment *assignment = &policy->assignments[i];
		struct assigned *assigned = &device->assigned[device->nassigned];

		if (!space || !space_within(space, assignment->space))
			continue;
		snprintf(assigned->role, sizeof(assigned->role), "%s", policy->roles[assignment->role].name);
		assigned->from = assignment->valid_from;
		assigned->until = assignment->valid_until;
		device->nassigned++;
	}
}

static void note_listed(struct top_device *device, const struct policy *policy, const struct device *listed)
{
	device->listed = true;
	device->router = listed->router;
	device->dhcp_server = listed->dhcp_server;
	snprintf(device->space, sizeof(device->space), "%s", listed->space ? listed->space : "");
	note_addresses(device, listed);
	note_assigned(device, policy, listed->space);
}

void top_device_look_up(struct top_device *device, const struct top_data *data)
{
	struct policy *policy;
	uint32_t index;

	device->row = live_find_device(data->live, device->name);
	if (device->row >= data->rows)
		device->row = 0;
	device->listed = false;
	device->addresses[0] = 0;
	device->nassigned = 0;
	if (!device->row || bundle_policy(live_bundle(data->live), &policy))
		return;
	index = live_device_index(data->live, device->row);
	if (index < policy->ndevices)
		note_listed(device, policy, &policy->devices[index]);
	policy_free(policy);
}

/* ---- what it does ---- */

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
			history_add(&device->histories[direction][kind],
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
