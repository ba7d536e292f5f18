// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "counters.h"
#include "device.h"
#include "learned.h"
#include "names.h"

#define ROLE_LEN 64

struct view {
	struct output *out;
	struct live *live;
	const struct policy *policy;
	const struct device *device;
	const struct ident *ident;
	const struct state *state;
	uint32_t row;
	int64_t now; /* Unix ns */
	uint64_t boot_now;
};

void print_roles(struct output *out, const char *key, const char *roles)
{
	char role[ROLE_LEN];

	output_begin_list(out, key);
	while (*roles) {
		size_t len = strcspn(roles, ",");

		snprintf(role, sizeof(role), "%.*s", (int)len, roles);
		output_string(out, NULL, role);
		roles += len;
		roles += strspn(roles, ", ");
	}
	output_end_list(out);
}

/* What it has by its place and the time. */
static void print_assigned(const struct view *view)
{
	const struct policy *policy = view->policy;

	output_begin_list(view->out, "assigned_roles");
	for (size_t i = 0; view->device->space && i < policy->nassignments; i++) {
		const struct assignment *assignment = &policy->assignments[i];

		if (view->now >= assignment->valid_from && view->now < assignment->valid_until &&
		    space_within(view->device->space, assignment->space))
			output_string(view->out, NULL, policy->roles[assignment->role].name);
	}
	output_end_list(view->out);
}

static void print_listed(const struct view *view)
{
	const struct device *device = view->device;
	struct output *out = view->out;
	char mac[MAC_LEN], addr[ADDR_LEN];

	output_string(out, "segment", live_segment_name(view->live, view->ident->segment));
	print_roles(out, "roles", live_device_roles(view->live, view->row));
	print_assigned(view);
	output_string(out, "mac", device->has_mac ? format_mac(device->mac, mac) : NULL);
	output_begin_list(out, "addresses");
	for (size_t i = 0; i < device->naddrs; i++)
		output_string(out, NULL, format_addr(&device->addrs[i], addr));
	output_end_list(out);
	output_string(out, "space", device->space);
	output_bool(out, "router", device->router);
	output_bool(out, "dhcp_server", device->dhcp_server);
	output_time(out, "valid_from", device->valid_from);
	output_time(out, "valid_until", device->valid_until);
}

static void print_condition(const struct view *view)
{
	enum condition condition = ident_condition(view->ident, view->now);
	struct output *out = view->out;

	output_string(out, "state", condition_name(condition));
	if (condition == CONDITION_QUARANTINED)
		output_time(out, "quarantined_until", view->ident->quarantined_until);
	else
		output_null(out, "quarantined_until");
}

static void print_moment(const struct view *view, const char *key, uint64_t boot_ns)
{
	if (boot_ns)
		output_ago(view->out, key, boot_to_unix(boot_ns), view->now);
	else
		output_null(view->out, key);
}

static void print_learned(const struct view *view)
{
	struct learned_addr learned[PICKET_LEARNED_MAX];
	size_t n = learned_of(view->live, view->row, view->boot_now, learned);
	struct output *out = view->out;
	char addr[ADDR_LEN];

	output_begin_list(out, "learned");
	for (size_t i = 0; i < n; i++) {
		output_begin_object(out, NULL);
		output_string(out, "address", format_addr(&learned[i].addr, addr));
		print_moment(view, "last_used", learned[i].used);
		output_end_object(out);
	}
	output_end_list(out);
}

static void print_counters(const struct view *view)
{
	static const char *const directions[] = {[DIR_SEND] = "sent", [DIR_RECEIVE] = "received"};

	output_begin_list(view->out, "counters");
	for (int direction = DIR_SEND; direction < DIRECTIONS; direction++) {
		struct counts counts = counts_of(view->state, direction);

		output_begin_object(view->out, NULL);
		output_string(view->out, "direction", directions[direction]);
		counts_print(view->out, &counts);
		output_end_object(view->out);
	}
	output_end_list(view->out);
}

/* The profile of the step of its schedule that holds now. */
static uint32_t profile_now(const struct view *view)
{
	uint32_t first = view->ident->first_step, number = view->ident->grants.profile;
	int fd = live_map(view->live, "steps");
	struct step step;

	if (!(view->ident->flags & IDENT_SCHEDULE))
		return number;
	for (uint32_t i = first; i - first < view->ident->nsteps; i++) {
		if (bpf_map_lookup_elem(fd, &i, &step) || step.from > view->now)
			break;
		number = step.grants.profile;
	}
	return number;
}

static void print_limits(const struct view *view)
{
	uint32_t number = profile_now(view);
	struct profile profile;

	/* without a profile, or one that cannot be read, nothing is limited */
	if (!number || bpf_map_lookup_elem(live_map(view->live, "profiles"), &number, &profile))
		memset(&profile, 0, sizeof(profile));
	limits_print(view->out, &profile, view->state, view->boot_now);
}

static void print_view(const struct view *view)
{
	struct output *out = view->out;

	output_begin_object(out, NULL);
	output_string(out, "device", live_device_name(view->live, view->row));
	print_condition(view);
	print_listed(view);
	print_moment(view, "last_seen", view->state->sent.seen);
	output_string(out, "last_reason", reason_name(last_reason(view->state)));
	print_moment(view, "last_refused", view->state->refused);
	print_learned(view);
	print_counters(view);
	print_limits(view);
	output_end_object(out);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int device_print(struct output *out, struct live *live, uint32_t row)
{
	uint32_t idents, states, index = live_device_index(live, row);
	struct view view = {
		.out = out,
		.live = live,
		.ident = live_idents(live, &idents) + row,
		.state = live_devices(live, &states) + row,
		.row = row,
		.now = clock_ns(CLOCK_REALTIME),
		.boot_now = clock_ns(CLOCK_BOOTTIME),
	};
	int err = live_policy(live, &view.policy);

	if (err)
		return err;
	if (row >= idents || row >= states || index >= view.policy->ndevices)
		return -ERANGE;
	view.device = &view.policy->devices[index];
	print_view(&view);
	return 0;
}
