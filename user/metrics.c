// SPDX-License-Identifier: GPL-2.0-only
#include "metrics.h"

#include <errno.h>
#include <string.h>

#include "attach.h"
#include "cleanup.h"
#include "counters.h"
#include "exposition.h"
#include "names.h"
#include "survey.h"
#include "web.h"

#define UNAVAILABLE 503
/* Names of segments cannot have brackets. */
#define NO_SEGMENT "(none)"
#define NO_SEGMENT_HELP "segment " NO_SEGMENT ": no segment was found for the frame"

/* All that can fail, read before anything is written. */
struct facts {
	const struct live *live;
	const struct bundle *bundle;
	struct tally *tallies; /* as live_totals() has them */
	uint64_t stats[STATS];
	struct attachment *attachments;
	size_t nattachments;
};

static void facts_free(struct facts *facts)
{
	free(facts->tallies);
	free(facts->attachments);
}

static int facts_get(const struct live *live, struct facts *out)
{
	int err;

	out->live = live;
	out->bundle = live_bundle(live);
	out->tallies = calloc(PICKET_MAX_SEGMENTS * PICKET_TALLIES, sizeof(*out->tallies));
	err = out->tallies ? live_totals(live, out->tallies) : -ENOMEM;
	if (!err)
		err = live_stats(live, out->stats);
	if (!err)
		err = attachments_get(&out->attachments, &out->nattachments);
	return err;
}

static void put_number(struct exposition *to, const struct metric *metric, uint64_t value)
{
	exposition_begin(to, metric);
	exposition_sample(to, NULL, value);
}

/* ---- segments ---- */

/* NULL for a row that the policy does not use. */
static const char *segment_label(const struct facts *facts, uint32_t row)
{
	return row ? live_segment_name(facts->live, row) : NO_SEGMENT;
}

static uint64_t number_of(const struct tally *tally, bool bytes)
{
	return bytes ? tally->bytes : tally->packets;
}

static uint64_t sum_of(const struct tally *tallies, enum verdict verdict, bool bytes)
{
	const struct tally *first = &tallies[verdict == VERDICT_AUDIT ? PICKET_TALLY_AUDIT : 0];
	uint64_t sum = 0;

	if (verdict == VERDICT_PASS)
		return number_of(first, bytes);
	for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
		sum += number_of(&first[reason], bytes);
	return sum;
}

static void put_verdicts(struct exposition *to, const struct facts *facts, bool bytes)
{
	static const struct metric metrics[] = {
		{ "picket_packets", METRIC_COUNTER,
		  "Packets by the segment that they came from (that they went to, where they came in on no "
		  "port) and what became of them; " NO_SEGMENT_HELP "." },
		{ "picket_bytes", METRIC_COUNTER,
		  "Bytes of whole frames, counted as picket_packets_total is; " NO_SEGMENT_HELP "." },
	};

	exposition_begin(to, &metrics[bytes]);
	for (uint32_t row = 0; row < facts->bundle->segment_end; row++) {
		const char *segment = segment_label(facts, row);

		for (enum verdict verdict = VERDICT_PASS; segment && verdict <= VERDICT_AUDIT; verdict++)
			exposition_sample(to, (struct label[]){
				{ "segment", segment }, { "verdict", verdict_name(verdict) }, {},
			}, sum_of(&facts->tallies[row * PICKET_TALLIES], verdict, bytes));
	}
}

/* Every reason from the start: the first drop would be no increase of a series that was not there. */
static void put_drops(struct exposition *to, const struct facts *facts)
{
	static const struct metric metric = {
		"picket_drops", METRIC_COUNTER,
		"Packets that were dropped, by segment and reason; those passed in audit mode are not among "
		"them; " NO_SEGMENT_HELP ".",
	};

	exposition_begin(to, &metric);
	for (uint32_t row = 0; row < facts->bundle->segment_end; row++) {
		const struct tally *tallies = &facts->tallies[row * PICKET_TALLIES];
		const char *segment = segment_label(facts, row);

		for (enum reason reason = REASON_NONE + 1; segment && reason < REASON_COUNT; reason++)
			exposition_sample(to, (struct label[]){
				{ "segment", segment }, { "reason", reason_name(reason) }, {},
			}, tallies[reason].packets);
	}
}

/* ---- devices ---- */

static void put_counts(struct exposition *to, const char *device, const char *direction,
		       const struct counts *counts, bool bytes)
{
	const uint64_t values[][2] = {
		[VERDICT_PASS] = { counts->packets, counts->bytes },
		[VERDICT_DROP] = { counts->dropped_packets, counts->dropped_bytes },
		[VERDICT_AUDIT] = { counts->audit_packets, counts->audit_bytes },
	};

	for (enum verdict verdict = VERDICT_PASS; verdict <= VERDICT_AUDIT; verdict++)
		exposition_sample(to, (struct label[]){
			{ "device", device }, { "direction", direction },
			{ "verdict", verdict_name(verdict) }, {},
		}, values[verdict][bytes]);
}

static void put_device(struct exposition *to, const struct facts *facts, uint32_t row, bool bytes)
{
	static const char *const directions[] = { [DIR_SEND] = "sent", [DIR_RECEIVE] = "received" };
	const char *device = live_device_name(facts->live, row);
	uint32_t rows;
	const struct state *states = live_devices(facts->live, &rows);

	if (!device || row >= rows)
		return;
	for (enum direction direction = DIR_SEND; direction < DIRECTIONS; direction++) {
		struct counts counts = counts_of(&states[row], direction);

		put_counts(to, device, directions[direction], &counts, bytes);
	}
}

/* found: NULL when only all devices would do. */
static void put_devices(struct exposition *to, const struct facts *facts,
			const struct survey_found *found, bool bytes)
{
	static const struct metric metrics[] = {
		{ "picket_device_packets", METRIC_COUNTER,
		  "Packets that a device sent and was sent, and what became of them, of the devices that "
		  "--device-metrics chooses." },
		{ "picket_device_bytes", METRIC_COUNTER,
		  "Bytes of whole frames, counted as picket_device_packets_total is." },
	};

	exposition_begin(to, &metrics[bytes]);
	if (found) {
		for (uint32_t i = 0; i < found->ntop; i++)
			put_device(to, facts, found->top[i], bytes);
		return;
	}
	for (uint32_t row = 1; row < facts->bundle->device_end; row++)
		put_device(to, facts, row, bytes);
}

/* ---- what the survey found ---- */

static void put_states(struct exposition *to, const struct facts *facts, const struct survey_found *found)
{
	static const struct metric metric = {
		"picket_devices", METRIC_GAUGE,
		"Devices that the policy lists, by segment and state; expired: or not yet valid.",
	};

	exposition_begin(to, &metric);
	for (uint32_t row = 1; row < facts->bundle->segment_end; row++) {
		const char *segment = segment_label(facts, row);

		for (enum condition state = CONDITION_ACTIVE; segment && state < CONDITIONS; state++)
			exposition_sample(to, (struct label[]){
				{ "segment", segment }, { "state", condition_name(state) }, {},
			}, found->devices[row][state]);
	}
}

static void put_maps(struct exposition *to, const struct survey_found *found, bool capacity)
{
	static const struct metric metrics[] = {
		{ "picket_map_entries", METRIC_GAUGE,
		  "Entries of the maps that traffic fills; of flows those that have not expired, of events "
		  "those that nobody has read yet; gates (when a device's last event was) fills up and then "
		  "forgets the oldest." },
		{ "picket_map_capacity", METRIC_GAUGE,
		  "How many entries the maps that traffic fills have room for." },
	};

	exposition_begin(to, &metrics[capacity]);
	for (size_t i = 0; i < found->nmaps; i++)
		exposition_sample(to, (struct label[]){ { "map", found->maps[i].name }, {} },
				  capacity ? found->maps[i].capacity : found->maps[i].entries);
}

static void put_found(struct exposition *to, const struct facts *facts, const struct survey_found *found)
{
	static const struct metric flows = { "picket_flows", METRIC_GAUGE,
					     "Connections that were allowed and have not expired." };

	put_states(to, facts, found);
	put_number(to, &flows, found->flows);
	put_maps(to, found, false);
	put_maps(to, found, true);
}

/* ---- the policy and its ports ---- */

static void put_policy(struct exposition *to, const struct facts *facts)
{
	static const struct metric info = { "picket_policy", METRIC_INFO, "The policy that is live." };
	static const struct metric applied = { "picket_policy_applied_timestamp_seconds", METRIC_GAUGE,
					       "When the policy became live, in seconds since 1970." };

	exposition_begin(to, &info);
	exposition_sample(to, (struct label[]){
		{ "name", facts->bundle->name }, { "hash", facts->bundle->hash }, {},
	}, 1);
	exposition_begin(to, &applied);
	exposition_seconds(to, NULL, facts->bundle->applied);
}

/* An interface may be several ports, by VLAN. */
static bool named_before(const struct bundle *bundle, uint32_t port)
{
	uint16_t vlan;
	const char *interface = bundle_port(bundle, port, &vlan);

	for (uint32_t i = 0; i < port; i++) {
		if (!strcmp(bundle_port(bundle, i, &vlan), interface))
			return true;
	}
	return false;
}

static void put_attached(struct exposition *to, const struct facts *facts)
{
	static const struct metric metric = {
		"picket_attached", METRIC_GAUGE,
		"1: what goes through this interface of the policy is filtered, both ways; 0, with mode none: it "
		"is not.",
	};
	const struct bundle *bundle = facts->bundle;
	uint16_t vlan;

	exposition_begin(to, &metric);
	for (uint32_t i = 0; i < bundle->nports; i++) {
		const char *interface = bundle_port(bundle, i, &vlan);
		const struct attachment *at = attachment_at(facts->attachments, facts->nattachments,
							    bundle_port_ifindex(bundle, interface));
		bool works = attachment_works(at);

		if (!named_before(bundle, i))
			exposition_sample(to, (struct label[]){
				{ "interface", interface },
				{ "mode", works ? attach_mode_name(at->mode) : "none" }, {},
			}, works);
	}
}

/* ---- all of it ---- */

/* apply_failures: those that no state could count. */
static void put_always(struct exposition *to, uint64_t apply_failures)
{
	static const struct metric build = { "picket_build", METRIC_INFO, "The picket that answers." };
	static const struct metric failures = { "picket_apply_failures", METRIC_COUNTER,
						"Policies that could not be made live." };

	exposition_begin(to, &build);
	exposition_sample(to, (struct label[]){ { "version", PICKET_VERSION }, {} }, 1);
	put_number(to, &failures, apply_failures);
}

static void put_live(struct exposition *to, const struct facts *facts, struct web_shared *shared)
{
	static const struct metric lost = {
		"picket_events_lost", METRIC_COUNTER,
		"Drops that no event tells of, for events were not read in time.",
	};
	static const struct metric unfiltered = {
		"picket_unfiltered_packets", METRIC_COUNTER,
		"Packets that came in on an interface of the policy before picket was attached to it.",
	};
	const struct survey_found *found = survey_hold(shared->survey);

	put_verdicts(to, facts, false);
	put_verdicts(to, facts, true);
	put_drops(to, facts);
	put_number(to, &lost, facts->stats[STAT_EVENTS_LOST]);
	put_number(to, &unfiltered, facts->stats[STAT_UNFILTERED]);
	put_policy(to, facts);
	put_attached(to, facts);
	if (found)
		put_found(to, facts, found);
	for (int bytes = 0; bytes < 2; bytes++) {
		if (shared->device_metrics == METRICS_ALL_DEVICES)
			put_devices(to, facts, NULL, bytes);
		else if (found && shared->device_metrics)
			put_devices(to, facts, found, bytes);
	}
	if (found)
		survey_release(shared->survey);
}

void metrics_answer(struct http_exchange *exchange)
{
	struct facts facts __attribute__((cleanup(facts_free))) = {};
	struct web *web = exchange->context;
	const struct live *live = web_live(web);
	struct exposition to = {
		.to = exchange->body,
		.openmetrics = exposition_wants_openmetrics(http_header(exchange, "Accept")),
	};
	int err = live ? facts_get(live, &facts) : 0;

	if (err) {
		http_refuse(exchange, UNAVAILABLE, "the live state cannot be read: %s", strerror(-err));
		return;
	}
	exchange->type = exposition_type(to.openmetrics);
	put_always(&to, atomic_load(&web->shared->apply_failures) + facts.stats[STAT_APPLY_FAILURES]);
	if (live)
		put_live(&to, &facts, web->shared);
	exposition_end(&to);
}

int parse_device_metrics(const char *text, uint32_t *out)
{
	uint64_t n;

	if (!strcmp(text, "all"))
		n = METRICS_ALL_DEVICES;
	else if (!strcmp(text, "none"))
		n = METRICS_NO_DEVICES;
	else if (strncmp(text, "top=", 4) || parse_number(text + 4, 1, SURVEY_MOST_DEVICES, &n))
		return -EINVAL;
	*out = n;
	return 0;
}
