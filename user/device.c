// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "counters.h"
#include "device.h"
#include "device_view.h"
#include "names.h"

#define ROLE_LEN 64
#define LEARNED_LIFE (3600 * NSEC_PER_SEC)

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

static bool lists_role(const struct device *device, uint32_t role)
{
	for (size_t i = 0; i < device->nroles; i++) {
		if (device->roles[i] == role)
			return true;
	}
	return false;
}

/* What it has besides the roles that it lists: by its place and the time, and by what those extend. */
static void print_given_roles(const struct view *view)
{
	const struct role_set set = eval_roles(view->eval, view->index, view->now);
	const struct role *roles = view->policy->roles;

	output_begin_list(view->out, "assigned_roles");
	for (size_t i = 0; i < set.ndirect; i++) {
		if (!lists_role(view->device, set.roles[i]))
			output_string(view->out, NULL, roles[set.roles[i]].name);
	}
	output_end_list(view->out);
	output_begin_list(view->out, "inherited_roles");
	for (size_t i = set.ndirect; i < set.n; i++)
		output_string(view->out, NULL, roles[set.roles[i]].name);
	output_end_list(view->out);
}

static void print_listed(const struct view *view)
{
	const struct device *device = view->device;
	struct output *out = view->out;
	char mac[MAC_LEN], addr[ADDR_LEN];

	output_string(out, "segment", live_segment_name(view->live, view->ident->segment));
	print_roles(out, "roles", live_device_roles(view->live, view->row));
	print_given_roles(view);
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

void view_moment(const struct view *view, const char *key, uint64_t boot_ns)
{
	if (boot_ns)
		output_ago(view->out, key, boot_to_unix(boot_ns), view->now);
	else
		output_null(view->out, key);
}

static void print_learned(const struct view *view)
{
	struct output *out = view->out;
	struct learned_by by = {0};
	struct learned learned;
	char addr[ADDR_LEN];
	int addrs = live_map(view->live, "learned");

	output_begin_list(out, "learned");
	if (bpf_map_lookup_elem(live_map(view->live, "learned_by"), &view->row, &by))
		memset(&by, 0, sizeof(by));
	for (int i = 0; i < PICKET_LEARNED_MAX; i++) {
		if (!by.since[i] || bpf_map_lookup_elem(addrs, &by.addr[i], &learned) ||
		    learned.row != view->row ||
		    (int64_t)(view->boot_now - learned.used) >= LEARNED_LIFE)
			continue;
		output_begin_object(out, NULL);
		output_string(out, "address", format_addr(&by.addr[i], addr));
		view_moment(view, "last_used", learned.used);
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

static int print_view(const struct view *view)
{
	struct output *out = view->out;
	struct holder device, segment;
	int err = view_read_limits(view, &device, &segment);

	if (err)
		return err;
	output_begin_object(out, NULL);
	output_string(out, "device", live_device_name(view->live, view->row));
	print_condition(view);
	print_listed(view);
	view_moment(view, "last_seen", view->state->sent.seen);
	output_string(out, "last_reason", reason_name(last_reason(view->state)));
	view_moment(view, "last_refused", view->state->refused);
	print_learned(view);
	print_counters(view);
	view_limits(view, &device, &segment);
	view_rules(view);
	output_end_object(out);
	return 0;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static void eval_cleanup(struct eval **eval)
{
	eval_free(*eval);
}

int device_print(struct output *out, struct live *live, uint32_t row, bool all_rules)
{
	uint32_t idents, states;
	struct eval *eval __attribute__((cleanup(eval_cleanup))) = NULL;
	struct view view = {
		.out = out,
		.live = live,
		.ident = live_idents(live, &idents) + row,
		.state = live_devices(live, &states) + row,
		.row = row,
		.index = live_device_index(live, row),
		.now = clock_ns(CLOCK_REALTIME),
		.boot_now = clock_ns(CLOCK_BOOTTIME),
		.all_rules = all_rules,
	};
	int err = live_policy(live, &view.policy);

	if (err)
		return err;
	if (row >= idents || row >= states || view.index >= view.policy->ndevices)
		return -ERANGE;
	view.device = &view.policy->devices[view.index];
	err = eval_new(view.policy, &eval);
	view.eval = eval;
	return err ? err : print_view(&view);
}
