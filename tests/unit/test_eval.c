// SPDX-License-Identifier: GPL-2.0-only
/* eval over the tables of frames, and what they do not reach. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "eval.h"
#include "frame_case.h"
#include "frame_text.h"
#include "names.h"

#define MAX_TESTS 128

static struct policy *load(const char *text)
{
	struct source_file file = { .name = "policy.yaml", .text = text, .len = strlen(text) };
	struct diag *diag = diag_new();
	struct policy *policy = NULL;

	assert_non_null(diag);
	if (policy_load_sources(&file, 1, diag, &policy)) {
		diag_print(diag, stderr);
		fail_msg("the test's own policy does not load");
	}
	diag_free(diag);
	return policy;
}

static const char *or_dash(const char *name)
{
	return name ? name : "-";
}

/* As the tables write it, with what is none at the end left out. */
static void verdict_text(const struct policy *policy, const struct eval_verdict *v, char *buf,
			 size_t size)
{
	const char *device = v->device == INDEX_NONE ? NULL : policy->devices[v->device].name;
	const char *segment = v->segment == INDEX_NONE ? NULL : policy->segments[v->segment].name;
	size_t n;

	snprintf(buf, size, "%s %s %s %s", verdict_name(v->verdict),
		 or_dash(reason_name(v->reason)), or_dash(device), or_dash(segment));
	for (n = strlen(buf); n > 2 && !strcmp(buf + n - 2, " -"); n -= 2)
		buf[n - 2] = '\0';
}

static struct eval_verdict judge(struct eval *eval, const struct frame_case_step *step,
				 struct eval_trace *trace)
{
	bool out = !strncmp(step->port, "out:", 4);
	struct frame frame;
	struct eval_input input = {
		.interface = step->port + (out ? 4 : 0),
		.out = out,
		.time = FRAME_CASE_EPOCH * NSEC_PER_SEC + (int64_t)(step->at * 1e6 + 0.5) * 1000,
	};
	struct eval_verdict verdict;
	uint8_t *exact;

	/* As long as the frame, so that the sanitizer sees every byte read past its end. */
	frame_from_text(&frame, step->frame);
	exact = malloc(frame.len);
	assert_non_null(exact);
	memcpy(exact, frame.bytes, frame.len);
	input.frame = exact;
	input.len = frame.len;
	assert_int_equal(eval_frame(eval, &input, &verdict, trace), 0);
	free(exact);
	return verdict;
}

static void print_trace(const struct eval_trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nsteps; i++)
		print_error("    %-12s %s (line %u)\n", trace->steps[i].step, trace->steps[i].text,
			    trace->steps[i].loc.line);
}

static bool run_step(const struct policy *policy, struct eval *eval, const char *name,
		     const struct frame_case_step *step)
{
	unsigned int times = step->times ? step->times : 1, i;
	struct eval_verdict verdict;
	struct eval_trace trace;
	char got[256];
	bool same = true;

	for (i = 0; i < times && same; i++) {
		eval_trace_init(&trace);
		verdict = judge(eval, step, &trace);
		verdict_text(policy, &verdict, got, sizeof(got));
		same = !strcmp(got, step->expect);
		if (!same) {
			print_error("%s: at %g on %s: %s (%u of %u)\n", name, step->at,
				    step->port, step->frame, i + 1, times);
			print_error("  expected: %s\n  got:      %s\n", step->expect, got);
			print_trace(&trace);
		}
		eval_trace_free(&trace);
	}
	return same;
}

static void run_case(void **state)
{
	const struct frame_case *c = *state;
	struct policy *policy = load(c->policy);
	const struct frame_case_step *step;
	struct eval *eval = NULL;
	unsigned int failed = 0;

	assert_int_equal(eval_new(policy, &eval), 0);
	if (c->quarantined)
		eval_quarantine(eval, policy_find_device(policy, c->quarantined), INT64_MAX);
	for (step = c->steps; step->expect; step++)
		failed += !run_step(policy, eval, c->name, step);
	eval_free(eval);
	policy_free(policy);
	assert_int_equal(failed, 0);
}

static void expect(struct policy *policy, struct eval *eval, const char *port, const char *frame,
		   const char *verdict)
{
	struct frame_case_step step = { .port = port, .frame = frame, .expect = verdict };

	assert_true(run_step(policy, eval, "", &step));
}

static void quarantine_and_release(void **state)
{
	static const char frame[] = "eth gw 17 ip 10.20.0.17 10.1.0.10 udp 1 5000";
	const int64_t epoch = FRAME_CASE_EPOCH * NSEC_PER_SEC;
	struct policy *policy = load(frame_case_policy);
	uint32_t therm = policy_find_device(policy, "therm");
	struct eval *eval = NULL;

	assert_int_equal(eval_new(policy, &eval), 0);
	eval_quarantine(eval, therm, epoch + 1);
	expect(policy, eval, "lan0", frame, "drop quarantined therm sensors");
	eval_quarantine(eval, therm, epoch);
	expect(policy, eval, "lan0", frame, "pass - therm sensors");
	eval_quarantine(eval, therm, INT64_MAX);
	expect(policy, eval, "lan0", frame, "drop quarantined therm sensors");
	eval_quarantine(eval, therm, 0);
	expect(policy, eval, "lan0", frame, "pass - therm sensors");
	eval_free(eval);
	policy_free(policy);
}

static void more_gateway_addresses(void **state)
{
	struct policy *policy = load(frame_case_policy);
	struct picket_addr addr = frame_addr("10.20.0.2");
	struct eval *eval = NULL;

	assert_int_equal(eval_new(policy, &eval), 0);
	expect(policy, eval, "lan0", "eth gw 99 ip 10.20.0.2 10.1.0.10 udp 1 2",
	       "drop unknown-device - sensors");
	assert_int_equal(eval_add_gateway(eval, &addr), 0);
	expect(policy, eval, "lan0", "eth gw 99 ip 10.20.0.2 10.1.0.10 udp 1 2", "drop spoofed");
	expect(policy, eval, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.2 udp 1 53",
	       "pass - therm sensors");
	eval_free(eval);
	policy_free(policy);
}

static void learnt_from_the_kernel(void **state)
{
	const int64_t epoch = FRAME_CASE_EPOCH * NSEC_PER_SEC;
	struct policy *policy = load(frame_case_policy);
	uint32_t guest = policy_find_device(policy, "guest");
	struct picket_addr good = frame_addr("10.50.0.7");
	struct picket_addr bad[] = { frame_addr("10.20.0.7"), frame_addr("fe80::7"),
				     frame_addr("0.0.0.0"), frame_addr("8.8.8.8") };
	struct eval *eval = NULL;
	size_t i;

	assert_int_equal(eval_new(policy, &eval), 0);
	assert_int_equal(eval_learn(eval, &good, guest, epoch), 0);
	expect(policy, eval, "srv0", "eth gw 99 ip 10.1.0.5 10.50.0.7 udp 1 2",
	       "pass - guest servers");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(eval_learn(eval, &bad[i], guest, epoch), -EINVAL);
	eval_free(eval);
	policy_free(policy);
}

/* One frame cut or with a byte changed; the sanitizers are the judges of what is read. */
static void judge_mutant(struct eval *eval, const struct frame_case_step *step, unsigned int *seed)
{
	struct frame frame;
	struct eval_input input = {
		.interface = step->port,
		.time = FRAME_CASE_EPOCH * NSEC_PER_SEC,
	};
	struct eval_verdict verdict;
	uint8_t *exact;

	frame_from_text(&frame, step->frame);
	if (!frame.len)
		return;
	if (rand_r(seed) % 2)
		frame.len = rand_r(seed) % frame.len;
	else
		frame.bytes[rand_r(seed) % frame.len] = rand_r(seed);
	input.out = !strncmp(step->port, "out:", 4);
	input.interface += input.out ? 4 : 0;
	exact = malloc(frame.len);
	memcpy(exact, frame.bytes, frame.len);
	input.frame = exact;
	input.len = frame.len;
	assert_int_equal(eval_frame(eval, &input, &verdict, NULL), 0);
	assert_int_equal(verdict.verdict == VERDICT_PASS, verdict.reason == REASON_NONE);
	free(exact);
}

static void reads_nothing_past_a_frame(void **state)
{
	unsigned int seed = 1;
	size_t i;
	int round;

	for (i = 0; frame_cases[i]; i++) {
		const struct frame_case *c;

		for (c = frame_cases[i]; c->name; c++) {
			struct policy *policy = load(c->policy);
			const struct frame_case_step *step;
			struct eval *eval = NULL;

			assert_int_equal(eval_new(policy, &eval), 0);
			for (step = c->steps; step->expect; step++)
				for (round = 0; round < 50; round++)
					judge_mutant(eval, step, &seed);
			eval_free(eval);
			policy_free(policy);
		}
	}
}

struct pointed {
	const char *frame;
	const char *step;
	const char *line; /* the text of the line that the trace has to name */
};

/* What a refusal points at: the places where an admin would change something. */
static const struct pointed pointed[] = {
	{ "eth gw 17 ip 10.20.0.17 10.1.0.10 tcp 1 8883 S", "connect", "tcp/8883, udp/5000-5010" },
	{ "eth gw 17 ip 10.20.0.17 10.1.0.10 tcp 1 8883 S", "conduit", "{from: sensors, to: serv" },
	{ "eth gw 17 ip 10.20.0.17 10.1.0.10 udp 1 9", "connect", "tcp/8883, udp/5000-5010" },
	{ "eth gw 17 ip 10.20.0.17 10.1.0.10 udp 1 9", "connect", "therm: {role: thermometer" },
	{ "eth gw 17 ip 10.20.0.17 10.1.0.10 tcp 1 80 S", "conduit", "from: sensors, to: servers" },
	{ "eth gw 17 ip 10.20.0.17 8.8.8.8 tcp 1 80 S", "conduit", "  uplink:" },
	{ "eth gw 98 ip 10.20.0.99 10.20.0.1 udp 1 53", "connect", "  bare: {" },
	{ "eth gw 18 ip 10.20.0.17 10.1.0.10 udp 1 5000", "source", "therm: {role: thermometer" },
	{ "eth gw 99 ip 10.20.0.200 10.1.0.10 udp 1 5000", "source", "  sensors:" },
	{ "eth gw 17 ip 10.20.0.17 10.1.0.10 frag 1 0 more udp 1 5000", "fragment", "  sensors:" },
};

static bool line_holds(const struct policy *policy, struct loc loc, const char *text)
{
	const char *at = policy->files[loc.file].text, *end;
	uint32_t line;
	char buf[256];

	for (line = 1; line < loc.line; line++)
		at = strchr(at, '\n') + 1;
	end = strchr(at, '\n');
	snprintf(buf, sizeof(buf), "%.*s", (int)(end - at), at);
	return strstr(buf, text);
}

static void trace_points_at_the_policy(void **state)
{
	struct policy *policy = load(frame_case_policy);
	size_t i, k;

	for (i = 0; i < sizeof(pointed) / sizeof(pointed[0]); i++) {
		struct frame_case_step step = { .port = "lan0", .frame = pointed[i].frame };
		struct eval *eval = NULL;
		struct eval_trace trace;
		bool found = false;

		eval_trace_init(&trace);
		assert_int_equal(eval_new(policy, &eval), 0);
		judge(eval, &step, &trace);
		for (k = 0; k < trace.nsteps; k++)
			if (!strcmp(trace.steps[k].step, pointed[i].step) &&
			    trace.steps[k].loc.line &&
			    line_holds(policy, trace.steps[k].loc, pointed[i].line))
				found = true;
		if (!found) {
			print_error("%s: no step \"%s\" points at a line with \"%s\"\n",
				    pointed[i].frame, pointed[i].step, pointed[i].line);
			print_trace(&trace);
		}
		assert_true(found);
		eval_trace_free(&trace);
		eval_free(eval);
	}
	policy_free(policy);
}

static const char scheduled[] =
	"picket: 1\n"
	"segments: {lan: {interfaces: [lan0], subnets: [10.20.0.0/16]}}\n"
	"roles:\n"
	"  base: {limit: {send: {packets: 60/m, burst: 5}}}\n"
	"  own: {extends: [base]}\n"
	"  shift:\n"
	"    limit: {send: {packets: 10/m, bytes: 7/s}, receive: {flows: 1/s}}\n"
	"devices:\n"
	"  cam: {role: own, ip: 10.20.0.1, space: hq/a}\n"
	"  set: {role: own, ip: 10.20.0.2, limit: {send: {bytes: 9/s}}}\n"
	"assignments:\n"
	"  - {role: shift, space: hq, valid-from: 2026-12-01T08:00:00Z, valid-until: 2026-12-01T18:00:00Z}\n";

#define SHIFT_BEGINS (1796112000 * NSEC_PER_SEC) /* 2026-12-01T08:00:00Z */

static void roles_and_limits_by_time(void **state)
{
	static const struct {
		uint32_t device;
		int64_t now;
		const char *roles;
		enum direction direction;
		enum limit_kind kind;
		uint64_t count;
		uint32_t line; /* 0: what limits all */
	} wanted[] = {
		{0, SHIFT_BEGINS - 1, "own|base", DIR_SEND, LIMIT_PACKETS, 60, 4},
		{0, SHIFT_BEGINS - 1, "own|base", DIR_SEND, LIMIT_BYTES, 0, 0},
		{0, SHIFT_BEGINS - 1, "own|base", DIR_RECEIVE, LIMIT_FLOWS, 50, 0},
		{0, SHIFT_BEGINS, "own shift|base", DIR_SEND, LIMIT_PACKETS, 10, 7},
		{0, SHIFT_BEGINS, "own shift|base", DIR_SEND, LIMIT_BYTES, 7, 7},
		{0, SHIFT_BEGINS, "own shift|base", DIR_RECEIVE, LIMIT_FLOWS, 1, 7},
		{0, SHIFT_BEGINS + 36000 * NSEC_PER_SEC, "own|base", DIR_SEND, LIMIT_PACKETS, 60, 4},
		{1, SHIFT_BEGINS, "own|base", DIR_SEND, LIMIT_BYTES, 9, 10},
		{1, SHIFT_BEGINS, "own|base", DIR_SEND, LIMIT_PACKETS, 0, 0},
		{1, SHIFT_BEGINS, "own|base", DIR_SEND, LIMIT_FLOWS, 50, 0},
	};
	struct policy *policy = load(scheduled);
	struct eval *eval;

	assert_int_equal(eval_new(policy, &eval), 0);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct role_set set = eval_roles(eval, wanted[i].device, wanted[i].now);
		struct limit limit;
		char roles[64] = "";

		for (size_t k = 0; k < set.n; k++) {
			strcat(roles, !k ? "" : k == set.ndirect ? "|" : " ");
			strcat(roles, policy->roles[set.roles[k]].name);
		}
		assert_string_equal(roles, wanted[i].roles);
		limit = eval_limit(eval, wanted[i].device, wanted[i].direction, wanted[i].now);
		assert_int_equal(limit.rate[wanted[i].kind].count, wanted[i].count);
		assert_int_equal(limit.rate[wanted[i].kind].loc.line, wanted[i].line);
	}
	eval_free(eval);
	policy_free(policy);
}

static size_t add_cases(struct CMUnitTest *tests, size_t n)
{
	size_t i;

	for (i = 0; frame_cases[i]; i++) {
		const struct frame_case *c;

		for (c = frame_cases[i]; c->name && n < MAX_TESTS; c++)
			tests[n++] = (struct CMUnitTest){
				.name = c->name,
				.test_func = run_case,
				.initial_state = (void *)c,
			};
	}
	return n;
}

int main(void)
{
	struct CMUnitTest tests[MAX_TESTS] = {
		cmocka_unit_test(quarantine_and_release),
		cmocka_unit_test(more_gateway_addresses),
		cmocka_unit_test(learnt_from_the_kernel),
		cmocka_unit_test(trace_points_at_the_policy),
		cmocka_unit_test(reads_nothing_past_a_frame),
		cmocka_unit_test(roles_and_limits_by_time),
	};
	size_t n = add_cases(tests, 6);

	return _cmocka_run_group_tests("eval", tests, n, NULL, NULL);
}
