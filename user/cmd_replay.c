// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "datapath.h"
#include "diag.h"
#include "eval.h"
#include "names.h"
#include "replay.h"

struct run {
	struct output *out;
	const char *policy_path;
	struct replay_input *inputs;
	size_t ninputs;
	uint8_t (*gateway)[6]; /* MACs whose frames the gateway sends */
	size_t ngateway;
	bool verify;

	struct policy *policy;
	struct datapath *datapath;
	struct eval *eval; /* with verify */
	struct replay *replay;

	uint64_t packets, verdicts[VERDICT_AUDIT + 1], reasons[REASON_COUNT];
	uint64_t differences;
};

static void run_cleanup(struct run *run)
{
	replay_close(run->replay);
	eval_free(run->eval);
	datapath_free(run->datapath);
	policy_free(run->policy);
	for (size_t i = 0; i < run->ninputs; i++)
		free(run->inputs[i].name);
	free(run->inputs);
	free(run->gateway);
}

/* Rows of an offline datapath are index + 1. */
static const char *device_name(const struct run *run, uint32_t row)
{
	return row && row <= run->policy->ndevices ? run->policy->devices[row - 1].name : NULL;
}

static const char *segment_name(const struct run *run, uint32_t row)
{
	return row && row <= run->policy->nsegments ? run->policy->segments[row - 1].name : NULL;
}

static void print_frame(struct run *run, const struct replay_frame *frame,
			const struct result *result)
{
	struct output *out = run->out;

	output_begin_line(out);
	output_word(out, "input", frame->input->name);
	output_number(out, "index", frame->frame.index);
	output_time(out, "time", frame->frame.time);
	output_word(out, "verdict", verdict_name(result->verdict));
	output_string(out, "reason", reason_name(result->reason));
	output_string(out, "device", device_name(run, result->device));
	output_string(out, "segment", segment_name(run, result->segment));
	output_end_line(out);
}

static void print_summary(const struct run *run)
{
	struct output *out = run->out;

	output_begin_object(out, NULL);
	output_begin_object(out, "summary");
	output_number(out, "packets", run->packets);
	output_number(out, "pass", run->verdicts[VERDICT_PASS]);
	output_number(out, "drop", run->verdicts[VERDICT_DROP]);
	output_number(out, "audit", run->verdicts[VERDICT_AUDIT]);
	output_begin_object(out, "reasons");
	for (unsigned int reason = 1; reason < REASON_COUNT; reason++)
		if (run->reasons[reason])
			output_number(out, reason_name(reason), run->reasons[reason]);
	output_end_object(out);
	output_end_object(out);
	output_end_object(out);
}

/* What the gateway sends is in its own captures as well. */
static bool goes_out(const struct run *run, const struct replay_frame *frame)
{
	for (size_t i = 0; i < run->ngateway; i++) {
		if (frame->frame.len >= 12 && !memcmp(frame->frame.data + 6, run->gateway[i], 6))
			return true;
	}
	return frame->input->out;
}

static const char *or_dash(const char *name)
{
	return name ? name : "-";
}

static int verify_frame(struct run *run, const struct replay_frame *frame,
			const struct result *result)
{
	struct eval_input input = { .interface = frame->input->interface, .out = goes_out(run, frame),
				    .frame = frame->frame.data, .len = frame->frame.len,
				    .time = frame->frame.time };
	struct eval_verdict other;
	uint32_t device, segment;
	int err = eval_frame(run->eval, &input, &other, NULL);

	if (err)
		return fail(EXIT_SYSTEM, "cannot verify: %s", strerror(-err));
	/* INDEX_NONE is one below row 0 */
	device = other.device + 1;
	segment = other.segment + 1;
	if (result->verdict == other.verdict && result->reason == other.reason &&
	    result->device == device && result->segment == segment)
		return 0;
	run->differences++;
	warn("%s: packet %llu: the datapath says %s %s (device %s, segment %s), the second reading "
	     "%s %s (device %s, segment %s); please report this",
	     frame->input->path, (unsigned long long)frame->frame.index + 1,
	     verdict_name(result->verdict), or_dash(reason_name(result->reason)),
	     or_dash(device_name(run, result->device)), or_dash(segment_name(run, result->segment)),
	     verdict_name(other.verdict), or_dash(reason_name(other.reason)),
	     or_dash(device_name(run, device)), or_dash(segment_name(run, segment)));
	return 0;
}

static int run_frame(struct run *run, const struct replay_frame *frame)
{
	struct result result;
	int err = datapath_run(run->datapath, frame->input->interface, goes_out(run, frame),
			       frame->frame.data, frame->frame.len, frame->frame.time, &result);

	if (err)
		return fail(EXIT_SYSTEM, "%s: packet %llu: the kernel would not run it: %s",
			    frame->input->path, (unsigned long long)frame->frame.index + 1,
			    strerror(-err));
	run->packets++;
	if (result.verdict <= VERDICT_AUDIT)
		run->verdicts[result.verdict]++;
	if (result.reason < REASON_COUNT)
		run->reasons[result.reason]++;
	print_frame(run, frame, &result);
	return run->verify ? verify_frame(run, frame, &result) : 0;
}

static int run_frames(struct run *run)
{
	char error[CAPTURE_ERROR_SIZE];
	struct replay_frame frame;
	int got, status;

	while ((got = replay_next(run->replay, &frame, error)) > 0) {
		status = run_frame(run, &frame);
		if (status)
			return status;
	}
	if (got < 0)
		return fail(EXIT_SYSTEM, "%s", error);
	print_summary(run);
	if (run->differences)
		return fail(EXIT_SYSTEM, "%llu of %llu packets were judged differently",
			    (unsigned long long)run->differences, (unsigned long long)run->packets);
	return EXIT_DONE;
}

static int open_datapath(struct run *run, struct diag *diag)
{
	int err = datapath_open_offline(run->policy, diag, NULL, &run->datapath);

	if (err == -EINVAL && diag->nerrors) {
		diag_print(diag, stderr);
		return EXIT_NO;
	}
	if (err == -EPERM || err == -EACCES)
		return fail(EXIT_SYSTEM, "replay runs the BPF program itself, and may not load it; "
			    "run it as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	if (err)
		return fail(EXIT_SYSTEM, "cannot load the datapath: %s", strerror(-err));
	return 0;
}

/* Captures are opened before the program is loaded: a wrong file name is the commoner mistake. */
static int run_replay(struct run *run)
{
	struct diag *diag __attribute__((cleanup(diag_cleanup))) = diag_new();
	char error[CAPTURE_ERROR_SIZE];
	int err, status;

	if (!diag)
		return fail(EXIT_SYSTEM, "out of memory");
	err = policy_load(run->policy_path, diag, &run->policy);
	if (err) {
		diag_print(diag, stderr);
		return err == -EINVAL ? EXIT_NO : EXIT_SYSTEM;
	}
	if (replay_open(run->inputs, run->ninputs, &run->replay, error))
		return fail(EXIT_SYSTEM, "%s", error);
	status = open_datapath(run, diag);
	if (status)
		return status;
	if (run->verify && (err = eval_new(run->policy, &run->eval)))
		return fail(EXIT_SYSTEM, "cannot verify: %s", strerror(-err));
	return run_frames(run);
}

static int parse_inputs(struct run *run, int n, char **arguments)
{
	int err;

	run->inputs = calloc(n ? n : 1, sizeof(*run->inputs));
	if (!run->inputs)
		return fail(EXIT_SYSTEM, "out of memory");
	for (int i = 0; i < n; i++) {
		err = replay_parse_input(arguments[i], &run->inputs[run->ninputs]);
		if (err == -ENOMEM)
			return fail(EXIT_SYSTEM, "out of memory");
		if (err)
			return usage_error(&cmd_replay, "'%s' is no PORT=FILE; write lan0=capture.pcap, "
					   "or out:lan0=capture.pcap for what the gateway sends",
					   arguments[i]);
		run->ninputs++;
	}
	return 0;
}

static int add_gateway(struct run *run, const char *text)
{
	uint8_t (*larger)[6] = reallocarray(run->gateway, run->ngateway + 1, sizeof(*larger));

	if (!larger)
		return fail(EXIT_SYSTEM, "out of memory");
	run->gateway = larger;
	if (parse_mac(text, run->gateway[run->ngateway]))
		return usage_error(&cmd_replay, "'%s' is no MAC address: write it like 02:00:5e:10:00:17", text);
	run->ngateway++;
	return EXIT_DONE;
}

static int replay_main(struct output *out, int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "gateway", required_argument, NULL, 'g' },
		{ "verify", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct run run __attribute__((cleanup(run_cleanup))) = { .out = out };
	int opt, status = EXIT_DONE;

	while (!status && (opt = getopt_long(argc, argv, ":p:", options, NULL)) != -1) {
		if (opt == 'p')
			run.policy_path = optarg;
		else if (opt == 'g')
			status = add_gateway(&run, optarg);
		else if (opt == 'v')
			run.verify = true;
		else
			return option_error(&cmd_replay, opt, argv);
	}
	if (status)
		return status;
	if (!run.policy_path)
		return usage_error(&cmd_replay, "it needs --policy POLICY");
	if (optind == argc)
		return usage_error(&cmd_replay, "it needs at least one PORT=FILE");
	status = parse_inputs(&run, argc - optind, argv + optind);
	return status ? status : run_replay(&run);
}

const struct command cmd_replay = {
	.name = "replay",
	.arguments = "--policy POLICY PORT=FILE...",
	.summary = "run captured frames through the datapath, touching no interface",
	.help = "PORT is an interface's name (VLAN tags are in the frames); out:PORT=FILE are frames that\n"
		"the gateway sends. FILE is a pcap or pcapng capture of Ethernet. Several are merged by\n"
		"their timestamps, which are the clock for limits, flows and validity.\n\n"
		"  -p, --policy POLICY  the policy to judge by\n"
		"      --gateway MAC    frames from this MAC are what the gateway sends: a capture that was\n"
		"                       taken on it holds both\n"
		"      --verify         judge every frame a second time, by the reading of the rules that\n"
		"                       'explain' uses, and report differences on stderr (exit status 3)\n",
	.run = replay_main,
};
