// SPDX-License-Identifier: GPL-2.0-only
#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cleanup.h"
#include "tallies.h"

const struct attachment *attached_at(const struct attached *attached, const struct bundle *bundle,
				     const char *interface)
{
	return attachment_at(attached->list, attached->n, bundle_port_ifindex(bundle, interface));
}

static void print_port(struct output *out, const struct attachment *at, const char *interface, uint16_t vlan)
{
	output_begin_object(out, NULL);
	output_string(out, "interface", interface);
	if (vlan)
		output_number(out, "vlan", vlan);
	else
		output_null(out, "vlan");
	output_bool(out, "attached", attachment_works(at));
	output_string(out, "mode", at && at->mode != ATTACH_AUTO ? attach_mode_name(at->mode) : NULL);
	output_string(out, "egress", !at || !at->egress ? NULL : at->clsact ? "clsact" : "tcx");
	output_end_object(out);
}

static void print_ports(struct output *out, const struct bundle *bundle, const struct attached *attached)
{
	uint16_t vlan;

	output_begin_list(out, "ports");
	for (uint32_t i = 0; i < bundle->nports; i++) {
		const char *interface = bundle_port(bundle, i, &vlan);

		print_port(out, attached_at(attached, bundle, interface), interface, vlan);
	}
	output_end_list(out);
}

/* pending: ns until the policy before comes back; 0: it stays */
static void print_policy(struct output *out, const struct bundle *bundle, uint64_t pending)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	output_bool(out, "live", true);
	output_string(out, "policy", bundle->name);
	output_string(out, "hash", bundle->hash);
	output_string(out, "mode", bundle->config->policy_audit ? "audit" : "enforce");
	output_time(out, "since", bundle->applied);
	output_duration(out, "age", now.tv_sec * NSEC_PER_SEC + now.tv_nsec - bundle->applied);
	output_number(out, "applied_by_uid", bundle->uid);
	output_number(out, "generation", bundle->generation);
	output_string(out, "attach_mode", bundle->attach_mode);
	if (pending)
		output_duration(out, "goes_back_in", pending / NSEC_PER_SEC * NSEC_PER_SEC);
	else
		output_null(out, "goes_back_in");
	output_number(out, "devices", bundle->ndevices);
	output_number(out, "segments", bundle->nsegments);
}

int status_print(struct output *out, const struct live *live, const struct attached *attached)
{
	_cleanup_free_ struct tally *tallies =
		calloc(PICKET_MAX_SEGMENTS * PICKET_TALLIES, sizeof(*tallies));
	uint64_t stats[STATS];
	int err = tallies ? live_totals(live, tallies) : -ENOMEM;

	if (!err)
		err = live_stats(live, stats);
	if (err)
		return err;
	print_policy(out, live_bundle(live), live_pending(live));
	output_number(out, "flows_opened", stats[STAT_FLOWS_OPENED]);
	output_number(out, "flows_evicted", stats[STAT_FLOWS_EVICTED]);
	output_number(out, "events_lost", stats[STAT_EVENTS_LOST]);
	output_number(out, "unfiltered", stats[STAT_UNFILTERED]);
	print_ports(out, live_bundle(live), attached);
	tallies_print_verdicts(out, tallies, PICKET_MAX_SEGMENTS);
	return 0;
}
