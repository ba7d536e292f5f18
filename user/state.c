// SPDX-License-Identifier: GPL-2.0-only
#include "state.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "growth.h"
#include "slot.h"
#include "window.h"

#define FLOW_BUCKETS_LEAST 1024
#define FLOW_BUCKETS_MOST (1U << 20)
#define FLOW_GROWTH 4 /* a table is moved only when it is this much too small */
#define FLOW_WINDOW 128
#define HOSTFLOW_BUCKETS 4096
#define LEARNED_LEAST 1024
#define LEARNED_MOST (1U << 20)

static uint32_t power_of_two(uint64_t n, uint32_t least, uint32_t most)
{
	uint32_t size = least;

	while (size < n && size < most)
		size *= 2;
	return size;
}

/* Of a map that is live; 0 when there is none. */
static uint32_t capacity_before(const struct live *before, const char *name)
{
	uint32_t capacity;

	return before && !map_capacity(live_map(before, name), &capacity) ? capacity : 0;
}

static size_t count_learners(const struct policy *policy)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->ndevices; i++) {
		const struct device *device = &policy->devices[i];
		bool ipv4 = false, ipv6 = false;

		for (size_t k = 0; k < device->naddrs; k++) {
			ipv4 |= addr_is_ipv4(&device->addrs[k]);
			ipv6 |= !addr_is_ipv4(&device->addrs[k]);
		}
		n += device->has_mac && !device->router && !(ipv4 && ipv6);
	}
	return n;
}

void state_sizes_for(const struct policy *policy, const struct ruleset *ruleset,
		     const struct rows *devices, const struct live *before,
		     struct state_sizes *out)
{
	size_t learners = ruleset->switches.use_learning ? count_learners(policy) : 0;
	uint32_t flows = power_of_two(2 * policy->ndevices, FLOW_BUCKETS_LEAST, FLOW_BUCKETS_MOST);
	uint32_t has = capacity_before(before, "flows");

	*out = (struct state_sizes){
		.device_rows = devices->capacity,
		.segment_rows = PICKET_MAX_SEGMENTS,
		.flow_buckets = has && flows < has * FLOW_GROWTH ? has : flows,
		.hostflow_buckets = HOSTFLOW_BUCKETS,
		.learned = power_of_two(learners * PICKET_LEARNED_MAX, LEARNED_LEAST, LEARNED_MOST),
		.learned_by = power_of_two(learners, LEARNED_LEAST, LEARNED_MOST),
	};
}

uint32_t state_flow_window(uint32_t buckets)
{
	return (buckets < FLOW_WINDOW ? buckets : FLOW_WINDOW) - 1;
}

static uint32_t wanted(const struct instance *instance, const char *name)
{
	return bpf_map__max_entries(instance_map(instance, name));
}

int state_reuse(const struct instance *instance, const struct live *before,
		const struct state_sizes *sizes)
{
	for (const char *const *name = slot_states; before && *name; name++) {
		int err = 0;

		if (capacity_before(before, *name) >= wanted(instance, *name))
			err = bpf_map__reuse_fd(instance_map(instance, *name), live_map(before, *name));
		if (err)
			return err;
	}
	return 0;
}

/* The old map's file descriptor when it could not be taken over, else -1. */
static int outgrown(const struct instance *instance, const struct live *before, const char *name)
{
	return capacity_before(before, name) < wanted(instance, name) ? live_map(before, name) : -1;
}

static int fd_of(const struct instance *instance, const char *name)
{
	return bpf_map__fd(instance_map(instance, name));
}

int state_copy(const struct instance *instance, const struct live *before,
	       const struct config *config, struct state **copied)
{
	static const char *const hashes[] = { "learned", "learned_by" };
	int old = outgrown(instance, before, "flows"), err = 0;

	if (old >= 0)
		err = growth_copy_flows(old, fd_of(instance, "flows"), config);
	for (size_t i = 0; i < 2 && !err; i++) {
		old = outgrown(instance, before, hashes[i]);
		if (old >= 0)
			err = growth_copy_hash(old, fd_of(instance, hashes[i]));
	}
	old = outgrown(instance, before, "devices");
	if (err || old < 0)
		return err;
	return growth_copy_states(old, fd_of(instance, "devices"),
				  capacity_before(before, "devices"), copied);
}

int state_settle(const struct instance *instance, const struct live *before,
		 const struct state *copied)
{
	int old = outgrown(instance, before, "learned"), err = 0;

	if (old >= 0)
		err = growth_copy_hash(old, fd_of(instance, "learned"));
	old = outgrown(instance, before, "devices");
	if (err || old < 0 || !copied)
		return err;
	return growth_settle_states(old, fd_of(instance, "devices"),
				    capacity_before(before, "devices"), copied);
}

/* Zeroes rows of an array of struct state. What the map before did not have is zero. */
static int clear_states(const struct instance *instance, const struct live *before, const char *name,
			const struct rows *rows)
{
	uint32_t had = capacity_before(before, name);
	struct window window __attribute__((cleanup(window_close))) =
		window_open(fd_of(instance, name), sizeof(struct state), had, true);

	for (size_t i = 0; i < rows->ntaken; i++) {
		struct state *state;

		if (rows->taken[i] >= had)
			continue;
		state = window_row(&window, rows->taken[i]);
		if (!state)
			return -errno;
		*state = (struct state){};
	}
	return 0;
}

int state_clear_devices(const struct instance *instance, const struct live *before,
			const struct rows *devices)
{
	return clear_states(instance, before, "devices", devices);
}

int state_clear_segments(const struct instance *instance, const struct live *before,
			 const struct rows *segments)
{
	int cpus = libbpf_num_possible_cpus(), fd = fd_of(instance, "totals");
	_cleanup_free_ struct tally *zero = cpus > 0 ? calloc(cpus, sizeof(*zero)) : NULL;
	int err = clear_states(instance, before, "segstates", segments);

	if (!zero)
		return -ENOMEM;
	for (size_t i = 0; i < segments->ntaken && !err; i++) {
		uint32_t first = segments->taken[i] * PICKET_TALLIES;

		for (uint32_t key = first; key < first + PICKET_TALLIES && !err; key++)
			err = bpf_map_update_elem(fd, &key, zero, BPF_ANY) ? -errno : 0;
	}
	return err;
}

static bool row_used(const struct live *live, const struct refusal_key *key)
{
	return key->owner == OWNER_DEVICE ? live_device_name(live, key->row) != NULL :
					    live_segment_name(live, key->row) != NULL;
}

int state_clear_refusals(const struct instance *instance, const struct live *before)
{
	int fd = fd_of(instance, "refusals"), more;
	struct refusal_key key, next;

	if (!before)
		return 0;
	more = !bpf_map_get_next_key(fd, NULL, &next);
	while (more) {
		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!row_used(before, &key) && bpf_map_delete_elem(fd, &key) && errno != ENOENT)
			return -errno;
	}
	return 0;
}
