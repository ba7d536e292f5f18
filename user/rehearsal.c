// SPDX-License-Identifier: GPL-2.0-only
#include "rehearsal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "diag.h"
#include "draft.h"
#include "eval.h"

#define STEPS_MOST 4000000000ULL /* frames × what each is compared with: about a minute */

static void eval_cleanup(struct eval **eval)
{
	eval_free(*eval);
}

static void replay_cleanup(struct replay **replay)
{
	replay_close(*replay);
}

int rehearsal_read(const char *text, struct policy **out)
{
	struct source_file file = { .name = "learned", .text = text, .len = strlen(text) };
	struct diag *diag __attribute__((cleanup(diag_cleanup))) = diag_new();
	int err = diag ? policy_load_sources(&file, 1, diag, out) : -ENOMEM;

	if (!err)
		return 0;
	if (diag && diag->nerrors) {
		diag_sort(diag);
		diag_print(diag, stderr);
		return fail(err, "what was learned is no policy; please report this");
	}
	return fail(err, "what was learned cannot be read again: %s", strerror(-err));
}

static int judge(struct eval *eval, const struct draft *draft, const struct replay_frame *frame,
		 struct leftout *leftout)
{
	const struct capture_frame *f = &frame->frame;
	struct eval_input input = {
		.interface = frame->input->interface,
		.out = frame->input->out || (f->len >= 12 && draft_is_gateway_mac(draft, f->data + 6)),
		.frame = f->data,
		.len = f->len,
		.time = f->time,
	};
	struct eval_verdict verdict;
	int err = eval_frame(eval, &input, &verdict, NULL);

	if (!err && verdict.reason)
		leftout_add(leftout, verdict.reason, input.interface, f->data, f->len);
	return err;
}

int rehearsal_run(const struct policy *policy, const struct draft *draft, const struct replay_input *inputs, size_t n,
		  uint64_t frames, struct leftout *leftout)
{
	struct replay *replay __attribute__((cleanup(replay_cleanup))) = NULL;
	struct eval *eval __attribute__((cleanup(eval_cleanup))) = NULL;
	struct leftout *fresh __attribute__((cleanup(free_pointer))) = calloc(1, sizeof(*fresh));
	char error[CAPTURE_ERROR_SIZE];
	struct replay_frame frame;
	int err;

	if (frames > STEPS_MOST / (policy->ndevices + policy->nroles + policy->npeers + 16))
		return -EFBIG;
	if (!fresh || eval_new(policy, &eval))
		return -ENOMEM;
	if (replay_open(inputs, n, &replay, error))
		return -EIO;
	/* as many as were read before: a capture may have grown, or be cut off */
	while (frames-- && (err = replay_next(replay, &frame, error)) > 0) {
		err = judge(eval, draft, &frame, fresh);
		if (err)
			return err;
	}
	*leftout = *fresh;
	return 0;
}
