// SPDX-License-Identifier: GPL-2.0-only
#include "fixture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "names.h"
#include "quarantine.h"

/* Counters of one frame's interest. */
struct reading {
	struct tally expected; /* the tally that should have grown */
	uint64_t all; /* packets in all tallies */
	struct state device;
};

static void close_instances(struct fixture *f)
{
	ring_buffer__free(f->ring);
	datapath_free(f->datapath);
	eval_free(f->eval);
	f->ring = NULL;
	f->datapath = NULL;
	f->eval = NULL;
	f->refused = 0;
}

void fixture_free(struct fixture *f)
{
	close_instances(f);
	policy_free(f->policy);
	f->policy = NULL;
}

static int on_event(void *context, void *data, size_t size)
{
	struct fixture *f = context;

	f->nevents++;
	f->event = *(const struct event *)data;
	return 0;
}

static int open_ring(struct fixture *f)
{
	f->ring = ring_buffer__new(datapath_map(f->datapath, "events"), on_event, f, NULL);
	return f->ring ? 0 : -errno;
}

int fixture_fresh(struct fixture *f)
{
	struct diag *diag = diag_new();
	int err;

	close_instances(f);
	if (!diag)
		return -ENOMEM;
	err = datapath_open_offline(f->policy, diag, NULL, &f->datapath);
	if (!err)
		err = open_ring(f);
	if (!err)
		err = eval_new(f->policy, &f->eval);
	if (err) {
		diag_print(diag, stderr);
		fprintf(stderr, "the policy does not load into the datapath: %s\n", strerror(-err));
	}
	diag_free(diag);
	return err;
}

int fixture_load(struct fixture *f, const char *text)
{
	struct source_file file = { .name = "table", .text = text, .len = strlen(text) };
	struct diag *diag = diag_new();
	int err;

	if (!diag)
		return -ENOMEM;
	fixture_free(f);
	err = policy_load_sources(&file, 1, diag, &f->policy);
	if (err)
		diag_print(diag, stderr);
	diag_free(diag);
	return err ? err : fixture_fresh(f);
}

int fixture_quarantine(struct fixture *f, uint32_t device)
{
	eval_quarantine(f->eval, device, INT64_MAX);
	return quarantine_set(datapath_map(f->datapath, "idents"), datapath_map(f->datapath, "devices"),
			      device + 1, INT64_MAX);
}

int fixture_refused(struct fixture *f, const struct refusal_key *bucket, const struct tally *want,
		    int64_t time, char **why)
{
	const uint64_t last = datapath_boot_time(f->datapath, time);
	struct refused got = {};

	if (bpf_map_lookup_elem(datapath_map(f->datapath, "refusals"), bucket, &got) && errno != ENOENT)
		return -errno;
	if (got.packets == want->packets && got.bytes == want->bytes && got.last == last)
		return 0;
	return asprintf(why, "it refused %llu packets and %llu bytes, the last %lld ns from now",
			(unsigned long long)got.packets, (unsigned long long)got.bytes,
			(long long)(got.last - last)) < 0 ? -ENOMEM : 1;
}

int fixture_refusals(struct fixture *f, uint64_t *n)
{
	uint64_t capacity;

	return map_entries(datapath_map(f->datapath, "refusals"), n, &capacity);
}

int fixture_crowd(struct fixture *f)
{
	const int fd = datapath_map(f->datapath, "refusals");
	const struct refused one = { .packets = 1 };
	struct refusal_key key = {};

	for (key.row = f->policy->ndevices + 1; !bpf_map_update_elem(fd, &key, &one, BPF_NOEXIST);)
		key.row++;
	return errno == E2BIG ? 0 : -errno;
}

static uint32_t tally_number(const struct expectation *want)
{
	return want->verdict == VERDICT_AUDIT ? PICKET_TALLY_AUDIT + want->reason : want->reason;
}

static void read_counts(const struct fixture *f, const struct expectation *want, struct reading *out)
{
	const struct state *state = want->device ? datapath_device(f->datapath, want->device) : NULL;

	*out = (struct reading){ 0 };
	datapath_totals(f->datapath, want->segment, tally_number(want), &out->expected);
	for (uint32_t row = 0; row <= f->policy->nsegments; row++)
		for (uint32_t tally = 0; tally < PICKET_TALLIES; tally++) {
			struct tally t = { 0 };

			datapath_totals(f->datapath, row, tally, &t);
			out->all += t.packets;
		}
	if (state)
		out->device = *state;
}

/* packets and bytes of the device that a verdict counts in; what: to be compared as one. */
static void device_counter(const struct state *s, const struct expectation *want, uint64_t out[2])
{
	struct counts counts = counts_of(s, want->receives ? DIR_RECEIVE : DIR_SEND);
	const uint64_t of[][2] = {
		[VERDICT_PASS] = { counts.packets, counts.bytes },
		[VERDICT_DROP] = { counts.dropped_packets, counts.dropped_bytes },
		[VERDICT_AUDIT] = { counts.audit_packets, counts.audit_bytes },
	};

	memcpy(out, of[want->verdict], sizeof(of[0]));
}

static uint64_t device_sum(const struct state *s)
{
	struct counts counts = counts_of_both(s);

	return counts.packets + counts.dropped_packets + counts.audit_packets;
}

static int check_counts(const struct reading *before, const struct reading *after,
			const struct expectation *want, size_t len, char **why)
{
	uint64_t was[2], is[2];

	if (after->expected.packets != before->expected.packets + 1 ||
	    after->expected.bytes != before->expected.bytes + len || after->all != before->all + 1)
		return asprintf(why, "totals: %+lld packets and %+lld bytes where 1 and %zu belong, %+lld in all",
				(long long)(after->expected.packets - before->expected.packets),
				(long long)(after->expected.bytes - before->expected.bytes), len,
				(long long)(after->all - before->all)) < 0 ? -ENOMEM : 1;
	if (!want->device)
		return 0;
	device_counter(&before->device, want, was);
	device_counter(&after->device, want, is);
	if (is[0] != was[0] + 1 || is[1] != was[1] + len ||
	    device_sum(&after->device) != device_sum(&before->device) + 1)
		return asprintf(why, "the device's counters: %+lld packets and %+lld bytes where 1 and %zu belong, %+lld in all",
				(long long)(is[0] - was[0]), (long long)(is[1] - was[1]), len,
				(long long)(device_sum(&after->device) - device_sum(&before->device))) < 0 ?
			       -ENOMEM : 1;
	return 0;
}

static const char *device_text(const struct fixture *f, uint32_t row)
{
	return row && row <= f->policy->ndevices ? f->policy->devices[row - 1].name : "-";
}

static const char *segment_text(const struct fixture *f, uint32_t row)
{
	return row && row <= f->policy->nsegments ? f->policy->segments[row - 1].name : "-";
}

static int check_verdict(const struct fixture *f, const char *who, const struct result *got,
			 const struct expectation *want, char **why)
{
	if (got->verdict == want->verdict && got->reason == want->reason &&
	    got->device == want->device && got->segment == want->segment)
		return 0;
	return asprintf(why, "%s says %s %s %s %s", who, verdict_name(got->verdict),
			got->reason ? reason_name(got->reason) : "-", device_text(f, got->device),
			segment_text(f, got->segment)) < 0 ? -ENOMEM : 1;
}

static int run_eval(struct fixture *f, const struct eval_input *input, struct result *out)
{
	struct eval_verdict v;
	int err = eval_frame(f->eval, input, &v, NULL);

	/* INDEX_NONE is one below row 0 */
	if (!err)
		*out = (struct result){ v.verdict, v.reason, v.device + 1, v.segment + 1 };
	return err;
}

/*
 * Whether there must be an event: nothing was refused within the last second, and it is no reason that
 * the short way tells of only now and then.
 */
static bool event_due(const struct fixture *f, const struct frame *frame, int64_t time,
		      const struct expectation *want)
{
	return frame->len >= sizeof(struct ethhdr) && want->reason != REASON_SPOOFED &&
	       want->reason != REASON_UNKNOWN_DEVICE && (!f->refused || time - f->refused >= NSEC_PER_SEC);
}

/* What the event tells of the frame, and how that begins. */
static int check_event(struct fixture *f, const struct frame *frame, int64_t time,
		       const struct expectation *want, char **why)
{
	const size_t captured = frame->len < PICKET_CAPTURE ? frame->len : PICKET_CAPTURE;
	const struct event *event = &f->event;
	bool refused = want->verdict != VERDICT_PASS, due = refused && event_due(f, frame, time, want);

	if (refused)
		f->refused = time;
	if (f->nevents > refused || f->nevents < due)
		return asprintf(why, "%u events", f->nevents) < 0 ? -ENOMEM : 1;
	if (!f->nevents)
		return 0;
	if (event->verdict != want->verdict || event->reason != want->reason || event->bytes != frame->len)
		return asprintf(why, "the event says %s %s of %u bytes", verdict_name(event->verdict),
				reason_name(event->reason), event->bytes) < 0 ? -ENOMEM : 1;
	if (event->captured != captured || memcmp(event->frame, frame->bytes, captured))
		return asprintf(why, "the event's %u bytes of the frame are not its first %zu",
				event->captured, captured) < 0 ? -ENOMEM : 1;
	return 0;
}

int fixture_run(struct fixture *f, const char *interface, bool out, const struct frame *frame,
		int64_t time, const struct expectation *want, char **why)
{
	struct eval_input input = { interface, out, frame->bytes, frame->len, time };
	struct reading before, after;
	struct result bpf, eval;
	int wrong;
	/* What leaves and is to no device is counted nowhere. */
	bool counted = !out || want->device || want->reason;

	read_counts(f, want, &before);
	f->nevents = 0;
	if (datapath_run(f->datapath, interface, out, frame->bytes, frame->len, time, &bpf) ||
	    run_eval(f, &input, &eval) || ring_buffer__consume(f->ring) < 0)
		return asprintf(why, "the frame did not run") < 0 ? -ENOMEM : 1;
	read_counts(f, want, &after);
	wrong = check_verdict(f, "BPF", &bpf, want, why);
	if (!wrong)
		wrong = check_verdict(f, "eval alone", &eval, want, why);
	if (!wrong && counted)
		wrong = check_counts(&before, &after, want, frame->len, why);
	if (!wrong)
		wrong = check_event(f, frame, time, want, why);
	return wrong;
}
