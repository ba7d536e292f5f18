// SPDX-License-Identifier: GPL-2.0-only
#include "twin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath.h"
#include "diag.h"
#include "eval.h"
#include "names.h"
#include "quarantine.h"

struct twin {
	struct datapath *datapath;
	struct eval *eval;
	/* frames by segment row and tally, as eval's verdicts add up */
	uint64_t *tallies;
};

static void twin_cleanup(struct twin *twin)
{
	datapath_free(twin->datapath);
	eval_free(twin->eval);
	free(twin->tallies);
}

static int quarantine(struct twin *twin, const struct scenario *s)
{
	for (uint32_t i = 0; i < s->policy->ndevices; i++) {
		int err;

		if (!s->quarantine[i])
			continue;
		eval_quarantine(twin->eval, i, s->quarantine[i]);
		err = quarantine_set(datapath_map(twin->datapath, "idents"),
				     datapath_map(twin->datapath, "devices"), i + 1, s->quarantine[i]);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Half of the seeds run without specialisation, and of each half a quarter in each of the forms that
 * depend on the host and on numbers, not on what the policy says: all must judge alike.
 */
static int twin_open(const struct scenario *s, struct twin *twin)
{
	struct datapath_options options = {
		.all_switches = s->seed % 2, .guesses = s->seed / 2 % 2, .one_buffer = s->seed / 4 % 2,
	};
	struct diag *diag = diag_new();
	int err = diag ? 0 : -ENOMEM;

	if (!err)
		err = datapath_open_offline(s->policy, diag, &options, &twin->datapath);
	if (err && diag)
		diag_print(diag, stderr);
	diag_free(diag);
	if (!err)
		err = eval_new(s->policy, &twin->eval);
	twin->tallies = calloc((s->policy->nsegments + 1) * PICKET_TALLIES, sizeof(*twin->tallies));
	if (!err && !twin->tallies)
		err = -ENOMEM;
	return err ? err : quarantine(twin, s);
}

static int ask_eval(struct eval *eval, const struct sent *sent, struct outcome *out,
		    struct eval_trace *trace)
{
	struct eval_input input = { .interface = sent->interface, .out = sent->out,
				    .frame = sent->frame.bytes, .len = sent->frame.len,
				    .time = sent->time };
	struct eval_verdict verdict;
	int err = eval_frame(eval, &input, &verdict, trace);

	if (!err)
		*out = (struct outcome){ verdict.verdict, verdict.reason, verdict.device,
					 verdict.segment };
	return err;
}

static int ask_bpf(struct datapath *datapath, const struct sent *sent, struct outcome *out)
{
	struct result result;
	int err = datapath_run(datapath, sent->interface, sent->out, sent->frame.bytes,
			       sent->frame.len, sent->time, &result);

	/* row 0 is INDEX_NONE */
	if (!err)
		*out = (struct outcome){ result.verdict, result.reason, result.device - 1,
					 result.segment - 1 };
	return err;
}

static void tally_frame(struct twin *twin, const struct sent *sent, const struct outcome *o)
{
	uint32_t tally = o->verdict == VERDICT_AUDIT ? PICKET_TALLY_AUDIT + o->reason : o->reason;

	/* What leaves and is nobody's business is not counted. */
	if (sent->out && o->segment == INDEX_NONE && o->verdict == VERDICT_PASS)
		return;
	twin->tallies[(o->segment + 1) * PICKET_TALLIES + tally]++;
}

static char *wrong_counter(const struct twin *twin, const struct scenario *s)
{
	char *text = NULL;

	for (uint32_t row = 0; row <= s->policy->nsegments; row++)
		for (uint32_t tally = 0; tally < PICKET_TALLIES; tally++) {
			uint64_t want = twin->tallies[row * PICKET_TALLIES + tally];
			struct tally got = { 0 };

			if (datapath_totals(twin->datapath, row, tally, &got) || got.packets == want)
				continue;
			if (asprintf(&text, "totals: segment row %u, tally %u: %llu packets, expected %llu",
				     row, tally, (unsigned long long)got.packets,
				     (unsigned long long)want) < 0)
				return NULL;
			return text;
		}
	return NULL;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->verdict == b->verdict && a->reason == b->reason && a->device == b->device &&
	       a->segment == b->segment;
}

int twin_run(const struct scenario *s, const size_t *which, size_t n, struct difference *out,
	     struct coverage *coverage)
{
	struct twin twin __attribute__((cleanup(twin_cleanup))) = { 0 };
	struct outcome bpf, eval;
	char *counters;
	int err = twin_open(s, &twin);

	for (size_t i = 0; !err && i < n; i++) {
		const struct sent *sent = &s->frames[which[i]];

		err = ask_bpf(twin.datapath, sent, &bpf);
		if (err) {
			fprintf(stderr, "frame %zu: the BPF program did not run: %s\n", which[i],
				strerror(-err));
			break;
		}
		err = ask_eval(twin.eval, sent, &eval, NULL);
		if (err)
			break;
		tally_frame(&twin, sent, &eval);
		if (coverage)
			coverage->count[eval.reason][eval.verdict]++;
		if (!same(&bpf, &eval)) {
			*out = (struct difference){ .found = true, .frame = i, .bpf = bpf, .eval = eval };
			return 0;
		}
	}
	counters = err ? NULL : wrong_counter(&twin, s);
	if (counters)
		*out = (struct difference){ .found = true, .frame = n - 1, .bpf = bpf, .eval = eval,
					    .counters = counters };
	return err;
}

static void print_step(const struct scenario *s, const struct eval_trace_step *step)
{
	fprintf(stderr, "  %-12s %s", step->step, step->text ? step->text : "");
	if (step->loc.line)
		fprintf(stderr, " (%s:%u)", s->policy->files[step->loc.file].name, step->loc.line);
	fputc('\n', stderr);
}

void twin_explain(const struct scenario *s, const size_t *which, size_t n)
{
	struct outcome outcome;
	struct eval_trace trace;
	struct eval *eval = NULL;

	if (!n || eval_new(s->policy, &eval))
		return;
	for (uint32_t i = 0; i < s->policy->ndevices; i++)
		if (s->quarantine[i])
			eval_quarantine(eval, i, s->quarantine[i]);
	eval_trace_init(&trace);
	for (size_t i = 0; i < n; i++)
		if (ask_eval(eval, &s->frames[which[i]], &outcome, i + 1 == n ? &trace : NULL))
			break;
	fprintf(stderr, "eval's trace of the last frame:\n");
	for (size_t i = 0; i < trace.nsteps; i++)
		print_step(s, &trace.steps[i]);
	eval_trace_free(&trace);
	eval_free(eval);
}

void print_outcome(const struct scenario *s, const char *who, const struct outcome *o)
{
	const struct policy *p = s->policy;
	const char *device = o->device < p->ndevices ? p->devices[o->device].name : "-";
	const char *segment = o->segment < p->nsegments ? p->segments[o->segment].name : "-";

	fprintf(stderr, "  %s %s %s, device %s, segment %s\n", who, verdict_name(o->verdict),
		o->reason ? reason_name(o->reason) : "-", device, segment);
}

void print_frame(size_t index, const struct sent *s)
{
	fprintf(stderr, "#%zu %lld.%09lld %s%s %zu bytes", index,
		(long long)(s->time / NSEC_PER_SEC), (long long)(s->time % NSEC_PER_SEC),
		s->out ? "out:" : "", s->interface, s->frame.len);
	for (size_t i = 0; i < s->frame.len && i < 160; i++)
		fprintf(stderr, "%s%02x", i % 32 ? i % 2 ? "" : " " : "\n    ", s->frame.bytes[i]);
	fputc('\n', stderr);
}
