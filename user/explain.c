// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <time.h>

#include <bpf/bpf.h>

#include "datapath.h"
#include "explain.h"

static int64_t unix_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static bool is_limit(enum reason reason)
{
	return reason == REASON_LIMIT_FLOWS || reason == REASON_LIMIT_PACKETS ||
	       reason == REASON_LIMIT_BYTES;
}

/* What a flow that is known spares a packet; and what an earlier fragment does. */
static bool spared_by_flow(enum reason reason)
{
	return reason == REASON_NO_FLOW || reason == REASON_SEGMENT ||
	       reason == REASON_ROLE_CONNECT || reason == REASON_ROLE_ACCEPT ||
	       reason == REASON_FRAGMENT;
}

static bool by_state(const struct eval_verdict *reading, const struct eval_verdict *program)
{
	if (is_limit(program->reason))
		return reading->reason == REASON_NONE || spared_by_flow(reading->reason);
	if (program->verdict == VERDICT_PASS)
		return spared_by_flow(reading->reason);
	/* of a flow that was opened under audit */
	return program->verdict == VERDICT_AUDIT && spared_by_flow(program->reason) &&
	       (reading->reason == REASON_NONE || spared_by_flow(reading->reason));
}

enum agreement compare_verdicts(const struct eval_verdict *reading,
				const struct eval_verdict *program, bool live)
{
	bool ends = reading->device == program->device && reading->segment == program->segment;

	if (ends && reading->verdict == program->verdict && reading->reason == program->reason)
		return AGREE;
	return live && ends && by_state(reading, program) ? AGREE_BUT_STATE : DISAGREE;
}

const struct eval_verdict *answer_verdict(const struct answer *answer)
{
	return answer->agreement == NOT_ASKED ? &answer->reading : &answer->program;
}

void answer_free(struct answer *answer)
{
	eval_trace_free(&answer->trace);
}

static int read_frame(struct eval *eval, const struct question *question, int64_t now,
		      struct answer *answer)
{
	const struct eval_input input = {
		.interface = question->interface,
		.out = question->out,
		.frame = question->frame,
		.len = question->len,
		.time = now,
	};
	int err;

	eval_trace_init(&answer->trace);
	err = eval_frame(eval, &input, &answer->reading, &answer->trace);
	return err ? err : answer->trace.error;
}

static int run_frame(struct datapath *datapath, const struct question *question, int64_t now,
		     struct result *result)
{
	return datapath_run(datapath, question->interface, question->out, question->frame,
			    question->len, now, result);
}

/* Rows of an offline instance are index + 1; INDEX_NONE is one below row 0. */
static int ask_offline(const struct policy *policy, struct diag *diag,
		       const struct question *question, int64_t now, struct answer *answer)
{
	struct datapath *datapath;
	struct result result;
	int err = datapath_open_offline(policy, diag, NULL, &datapath);

	if (err)
		return err;
	err = run_frame(datapath, question, now, &result);
	datapath_free(datapath);
	if (err)
		return err;
	answer->program = (struct eval_verdict){
		.verdict = result.verdict,
		.reason = result.reason,
		.device = result.device - 1,
		.segment = result.segment - 1,
	};
	return 0;
}

static int ask_live(struct live *live, const struct question *question, struct answer *answer)
{
	struct datapath *datapath;
	struct result result;
	int err = datapath_open_dry(live, &datapath);

	if (err)
		return err;
	err = run_frame(datapath, question, unix_now(), &result);
	datapath_free(datapath);
	if (err)
		return err;
	answer->program = (struct eval_verdict){
		.verdict = result.verdict,
		.reason = result.reason,
		.device = live_device_index(live, result.device),
		.segment = live_segment_index(live, result.segment),
	};
	return 0;
}

static void judge(struct answer *answer, int program_error, bool live)
{
	answer->program_error = program_error;
	answer->agreement = program_error ? NOT_ASKED :
			    compare_verdicts(&answer->reading, &answer->program, live);
}

int explain_offline(const struct policy *policy, struct diag *diag, const struct question *question,
		    struct answer *out)
{
	struct answer answer = {0};
	int64_t now = unix_now();
	struct eval *eval;
	int err = eval_new(policy, &eval);

	if (err)
		return err;
	err = read_frame(eval, question, now, &answer);
	eval_free(eval);
	if (err) {
		answer_free(&answer);
		return err;
	}
	judge(&answer, ask_offline(policy, diag, question, now, &answer), false);
	*out = answer;
	return 0;
}

/* The addresses that the program takes for the gateway's. */
static int tell_gateway(const struct live *live, struct eval *eval)
{
	int fd = live_map(live, "gateway");
	struct picket_addr addr, *previous = NULL;
	int err = 0;

	while (!err && !bpf_map_get_next_key(fd, previous, &addr)) {
		err = eval_add_gateway(eval, &addr);
		previous = &addr;
	}
	return err;
}

static void tell_quarantine(const struct live *live, struct eval *eval)
{
	uint32_t rows;
	const struct ident *idents = live_idents(live, &rows);

	for (uint32_t row = 1; row < rows; row++) {
		uint32_t index = live_device_index(live, row);

		if (idents[row].quarantined_until && index != INDEX_NONE)
			eval_quarantine(eval, index, idents[row].quarantined_until);
	}
}

static int tell_learned(const struct live *live, struct eval *eval, const struct picket_addr *addr)
{
	struct learned learned;
	uint32_t index;
	int err;

	if (bpf_map_lookup_elem(live_map(live, "learned"), addr, &learned))
		return 0;
	index = live_device_index(live, learned.row);
	if (index == INDEX_NONE)
		return 0;
	err = eval_learn(eval, addr, index, boot_to_unix(learned.used));
	return err == -EINVAL ? 0 : err;
}

static int tell_state(const struct live *live, const struct question *question, struct eval *eval)
{
	int err = tell_gateway(live, eval);

	if (!err)
		err = tell_learned(live, eval, &question->src);
	if (!err)
		err = tell_learned(live, eval, &question->dst);
	if (!err)
		tell_quarantine(live, eval);
	return err;
}

int explain_live(struct live *live, const struct question *question, struct answer *out)
{
	struct answer answer = {0};
	const struct policy *policy;
	struct eval *eval;
	int err = live_policy(live, &policy);

	if (!err)
		err = eval_new(policy, &eval);
	if (err)
		return err;
	err = tell_state(live, question, eval);
	if (!err)
		err = read_frame(eval, question, unix_now(), &answer);
	eval_free(eval);
	if (err) {
		answer_free(&answer);
		return err;
	}
	judge(&answer, ask_live(live, question, &answer), true);
	*out = answer;
	return 0;
}
