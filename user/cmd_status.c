// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket status: what is live, where it is attached, and what it did so far.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "attach.h"
#include "cleanup.h"
#include "commands.h"
#include "live.h"
#include "pins.h"

struct attached {
	struct attachment *list;
	size_t n;
};

static void live_cleanup(struct live **live)
{
	live_close(*live);
}

static void print_port(struct output *out, const struct attached *attached, const char *interface,
		       uint16_t vlan)
{
	const struct attachment *at = attachment_find(attached->list, attached->n, interface);

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

/* Returns how many ports are not attached. */
static size_t print_ports(struct output *out, const struct bundle *bundle, const struct attached *attached)
{
	size_t missing = 0;
	uint16_t vlan;

	output_begin_list(out, "ports");
	for (uint32_t i = 0; i < bundle->nports; i++) {
		const char *interface = bundle_port(bundle, i, &vlan);

		print_port(out, attached, interface, vlan);
		missing += !attachment_works(attachment_find(attached->list, attached->n, interface));
	}
	output_end_list(out);
	return missing;
}

static void add_tally(struct tally *sum, const struct tally *tally)
{
	sum->packets += tally->packets;
	sum->bytes += tally->bytes;
}

static void print_tally(struct output *out, const char *verdict, const struct tally *tally)
{
	output_begin_object(out, NULL);
	output_string(out, "verdict", verdict);
	output_number(out, "packets", tally->packets);
	output_bytes(out, "bytes", tally->bytes);
	output_end_object(out);
}

static int print_totals(struct output *out, const struct live *live)
{
	_cleanup_free_ struct tally *tallies =
		calloc(PICKET_MAX_SEGMENTS * PICKET_TALLIES, sizeof(*tallies));
	struct tally passed = {}, dropped = {}, audited = {};
	int err = tallies ? live_totals(live, tallies) : -ENOMEM;

	if (err)
		return err;
	for (size_t i = 0; i < PICKET_MAX_SEGMENTS * PICKET_TALLIES; i++) {
		uint32_t tally = i % PICKET_TALLIES;

		add_tally(!tally ? &passed : tally < PICKET_TALLY_AUDIT ? &dropped : &audited, &tallies[i]);
	}
	output_begin_list(out, "totals");
	print_tally(out, "pass", &passed);
	print_tally(out, "drop", &dropped);
	print_tally(out, "audit", &audited);
	output_end_list(out);
	return 0;
}

static int print_stats(struct output *out, const struct live *live)
{
	uint64_t stats[STATS];
	int err = live_stats(live, stats);

	if (err)
		return err;
	output_number(out, "flows_opened", stats[STAT_FLOWS_OPENED]);
	output_number(out, "flows_evicted", stats[STAT_FLOWS_EVICTED]);
	output_number(out, "events_lost", stats[STAT_EVENTS_LOST]);
	return 0;
}

static int print_status(struct output *out, const struct live *live, const struct attached *attached,
			size_t *missing)
{
	const struct bundle *bundle = live_bundle(live);
	struct timespec now;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	output_begin_object(out, NULL);
	output_bool(out, "live", true);
	output_string(out, "policy", bundle->name);
	output_string(out, "hash", bundle->hash);
	output_time(out, "since", bundle->applied);
	output_duration(out, "age", now.tv_sec * NSEC_PER_SEC + now.tv_nsec - bundle->applied);
	output_number(out, "applied_by_uid", bundle->uid);
	output_number(out, "generation", bundle->generation);
	output_string(out, "attach_mode", bundle->attach_mode);
	output_number(out, "devices", bundle->ndevices);
	output_number(out, "segments", bundle->nsegments);
	err = print_stats(out, live);
	*missing = print_ports(out, bundle, attached);
	if (!err)
		err = print_totals(out, live);
	output_end_object(out);
	return err;
}

static void warn_missing(const struct live *live, const struct attached *attached)
{
	const struct bundle *bundle = live_bundle(live);
	uint16_t vlan;

	for (uint32_t i = 0; i < bundle->nports; i++) {
		const char *interface = bundle_port(bundle, i, &vlan);

		if (!attachment_works(attachment_find(attached->list, attached->n, interface)))
			warn("interface %s is in the policy but not attached: what arrives there is not "
			     "filtered; apply the policy again", interface);
	}
}

static int status(struct output *out)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	_cleanup_free_ struct attachment *list = NULL;
	struct attached attached = {};
	size_t missing = 0;
	int err = live_open(&live);

	if (err == -ENOENT) {
		output_begin_object(out, NULL);
		output_bool(out, "live", false);
		output_end_object(out);
	}
	if (err)
		return live_fail(err);
	err = attachments_get(&list, &attached.n);
	attached.list = list;
	if (!err)
		err = print_status(out, live, &attached, &missing);
	if (err)
		return fail(EXIT_SYSTEM, "the live state cannot be read: %s", strerror(-err));
	if (missing)
		warn_missing(live, &attached);
	return EXIT_DONE;
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { {} };
	int opt = getopt_long(argc, argv, ":", options, NULL);

	if (opt != -1)
		return option_error(&cmd_status, opt, argv);
	if (argc != optind)
		return usage_error(&cmd_status, "it takes no arguments");
	return status(out);
}

const struct command cmd_status = {
	.name = "status",
	.arguments = "",
	.summary = "what is attached where, which policy is live, and totals",
	.run = run,
};
