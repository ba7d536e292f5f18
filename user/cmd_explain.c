// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket explain: may this talk to that, and which lines say so.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_explain.h"
#include "commands.h"
#include "names.h"
#include "quote.h"
#include "remote.h"

#define DEFAULT_SPORT 49152 /* RFC 6335: the first that nobody is assigned */

static void print_frame(struct output *out, const struct explanation *e)
{
	const struct probe *probe = &e->probe;
	char buf[ADDR_LEN], mac[MAC_LEN];

	output_begin_object(out, "frame");
	output_string(out, "direction", e->request->out ? "out" : "in");
	output_string(out, "interface", e->interface);
	if (probe->vlan)
		output_number(out, "vlan", probe->vlan);
	else
		output_null(out, "vlan");
	output_string(out, "mac", format_mac(probe->src_mac, mac));
	output_string(out, "mac_from", e->mac_source);
	output_string(out, "src", format_addr(&probe->src, buf));
	output_string(out, "dst", format_addr(&probe->dst, buf));
	output_string(out, "service", e->request->service);
	output_end_object(out);
}

static void print_steps(struct output *out, const struct explanation *e)
{
	const struct eval_trace *trace = &e->answer.trace;
	char buf[PLACE_LEN];

	output_begin_list(out, "steps");
	for (size_t i = 0; i < trace->nsteps; i++) {
		output_begin_object(out, NULL);
		output_string(out, "step", trace->steps[i].step);
		output_string(out, "place", format_place(e->policy, &trace->steps[i].loc, buf));
		output_string(out, "finding", trace->steps[i].text);
		output_end_object(out);
	}
	output_end_list(out);
}

static bool mentioned(const struct eval_trace *trace, size_t n)
{
	const struct loc *loc = &trace->steps[n].loc;

	for (size_t i = 0; i < n; i++) {
		if (trace->steps[i].loc.file == loc->file && trace->steps[i].loc.line == loc->line)
			return true;
	}
	return false;
}

static void print_lines(struct output *out, const struct explanation *e)
{
	const struct eval_trace *trace = &e->answer.trace;
	struct quoter quoter = { .policy = e->policy };
	char buf[PLACE_LEN];

	output_begin_list(out, "lines");
	for (size_t i = 0; i < trace->nsteps; i++) {
		const char *where = format_place(e->policy, &trace->steps[i].loc, buf);
		char *text;

		if (!where || mentioned(trace, i))
			continue;
		text = quote_line(&quoter, &trace->steps[i].loc);
		output_begin_object(out, NULL);
		output_string(out, "place", where);
		output_string(out, "text", text);
		output_end_object(out);
		free(text);
	}
	output_end_list(out);
}

static void print_verdict(struct output *out, const struct policy *policy,
			  const struct eval_verdict *v)
{
	output_string(out, "verdict", verdict_name(v->verdict));
	output_string(out, "reason", reason_name(v->reason));
	output_string(out, "device", v->device < policy->ndevices ? policy->devices[v->device].name :
								     NULL);
	output_string(out, "segment", v->segment < policy->nsegments ?
				      policy->segments[v->segment].name : NULL);
}

static const char *state_note(const struct answer *answer)
{
	if (answer->agreement != AGREE_BUT_STATE)
		return NULL;
	switch (answer->program.reason) {
	case REASON_LIMIT_FLOWS:
	case REASON_LIMIT_PACKETS:
	case REASON_LIMIT_BYTES:
		return "a limit is used up at this moment; the steps are those of a first packet";
	default:
		return "the filter remembers a flow that this belongs to; the steps are those of a "
		       "first packet";
	}
}

/* "disagreement": what the two said, when they may not differ; else null. */
static void print_disagreement(struct output *out, const struct explanation *e)
{
	if (e->answer.agreement != DISAGREE) {
		output_null(out, "disagreement");
		return;
	}
	output_begin_object(out, "disagreement");
	output_begin_object(out, "program");
	print_verdict(out, e->policy, &e->answer.program);
	output_end_object(out);
	output_begin_object(out, "reading");
	print_verdict(out, e->policy, &e->answer.reading);
	output_end_object(out);
	output_end_object(out);
}

static void complain(const struct explanation *e)
{
	const struct answer *answer = &e->answer;
	const char *read = reason_name(answer->reading.reason);
	const char *ran = reason_name(answer->program.reason);

	if (answer->agreement == NOT_ASKED)
		warn("the BPF program could not be asked (%s): this is only how the policy reads; "
		     "as root, explain checks both", strerror(-answer->program_error));
	if (answer->agreement == DISAGREE)
		warn("DISAGREEMENT: the program decides %s%s%s, but the policy reads %s%s%s; this is a "
		     "fault in picket, please report it with the policy",
		     verdict_name(answer->program.verdict), ran ? " " : "", ran ? ran : "",
		     verdict_name(answer->reading.verdict), read ? " " : "", read ? read : "");
}

static int print_answer(struct output *out, const struct explanation *e)
{
	const struct eval_verdict *verdict = answer_verdict(&e->answer);

	output_begin_object(out, NULL);
	print_verdict(out, e->policy, verdict);
	output_string(out, "note", state_note(&e->answer));
	output_string(out, "decided_by", e->answer.agreement == NOT_ASKED ? "reading" : "program");
	print_frame(out, e);
	print_steps(out, e);
	print_lines(out, e);
	print_disagreement(out, e);
	output_end_object(out);
	complain(e);
	return verdict->verdict == VERDICT_DROP ? EXIT_NO : EXIT_DONE;
}

static int explain(struct output *out, struct explanation *e, struct live *live, struct diag *diag)
{
	uint8_t frame[PROBE_MAX];
	struct question question;
	int status = explanation_frame(e);
	int err;

	if (status)
		return status;
	question = (struct question){
		.interface = e->interface,
		.out = e->request->out,
		.frame = frame,
		.len = probe_frame(&e->probe, frame),
		.src = e->probe.src,
		.dst = e->probe.dst,
	};
	err = live ? explain_live(live, &question, &e->answer) :
		     explain_offline(e->policy, diag, &question, &e->answer);
	if (err)
		return fail(EXIT_SYSTEM, "the frame could not be judged: %s", strerror(-err));
	if (e->answer.agreement == NOT_ASKED && diag && diag->nerrors)
		diag_print(diag, stderr);
	status = print_answer(out, e);
	answer_free(&e->answer);
	return status;
}

static int explain_file(struct output *out, struct explanation *e)
{
	struct diag *diag = diag_new();
	struct policy *policy;
	int status, err;

	if (!diag)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	err = policy_load(e->request->policy_path, diag, &policy);
	if (err) {
		diag_print(diag, stderr);
		diag_free(diag);
		return err == -EINVAL ? EXIT_NO : EXIT_SYSTEM;
	}
	e->policy = policy;
	status = explain(out, e, NULL, diag);
	policy_free(policy);
	diag_free(diag);
	return status;
}

static int explain_running(struct output *out, struct explanation *e)
{
	struct live *live;
	int status, err = live_open(&live);

	if (err)
		return live_fail(err);
	err = live_policy(live, &e->policy);
	status = err ? fail(EXIT_SYSTEM, "the live policy cannot be read: %s", strerror(-err)) :
		       explain(out, e, live, NULL);
	live_close(live);
	return status;
}

static int parse_option(int opt, char **argv, struct request *request)
{
	switch (opt) {
	case 'p':
		request->policy_path = optarg;
		return EXIT_DONE;
	case 'i':
	case 'o':
		if (request->port)
			return usage_error(&cmd_explain, "a frame has one port: --in or --out, once");
		request->port = optarg;
		request->out = opt == 'o';
		return EXIT_DONE;
	case 's':
		request->src = optarg;
		return EXIT_DONE;
	case 'd':
		request->dst = optarg;
		return EXIT_DONE;
	case 'm':
		request->mac = optarg;
		return EXIT_DONE;
	case 'n':
		if (parse_number(optarg, 0, UINT16_MAX, &request->sport))
			return usage_error(&cmd_explain, "--sport wants 0 to 65535, not '%s'", optarg);
		return EXIT_DONE;
	default:
		return option_error(&cmd_explain, opt, argv);
	}
}

static int parse_request(int argc, char **argv, struct request *request)
{
	static const struct option longopts[] = {
		{"policy", required_argument, NULL, 'p'}, {"in", required_argument, NULL, 'i'},
		{"out", required_argument, NULL, 'o'},    {"src", required_argument, NULL, 's'},
		{"dst", required_argument, NULL, 'd'},    {"mac", required_argument, NULL, 'm'},
		{"sport", required_argument, NULL, 'n'},  {0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":p:", longopts, NULL)) != -1) {
		int status = parse_option(opt, argv, request);

		if (status)
			return status;
	}
	request->service = argv[optind];
	if (!request->port)
		return usage_error(&cmd_explain, "it wants --in PORT (or --out PORT)");
	if (!request->src || !request->dst)
		return usage_error(&cmd_explain, "it wants --src A and --dst B");
	if (!request->service)
		return usage_error(&cmd_explain, "it wants a SERVICE, for example tcp/8883");
	if (optind + 1 < argc)
		return usage_error(&cmd_explain, "'%s' is one argument too many", argv[optind + 1]);
	return EXIT_DONE;
}

static int run_explain(struct output *out, int argc, char **argv)
{
	struct request request = {.sport = DEFAULT_SPORT};
	struct explanation explanation = {.request = &request};
	int status = parse_request(argc, argv, &request);

	if (!status && !request.policy_path && remote_wanted())
		return remote_run(out, argc, argv, NULL);
	if (!status)
		status = request.policy_path ? explain_file(out, &explanation) :
					       explain_running(out, &explanation);
	free(explanation.interface);
	return status;
}

const struct command cmd_explain = {
	.name = "explain",
	.arguments = "[--policy POLICY] --in PORT|--out PORT --src A --dst B [--mac M] [--sport N] SERVICE",
	.summary = "the verdict for one frame, each step that led to it, and the policy's lines",
	.help =
		"SERVICE is tcp/8883, udp/53, sctp/N, icmp (an echo request) or proto/47. A and B are\n"
		"addresses, names of devices, or gateway. Without --policy the live policy decides, with\n"
		"all that it remembers, and nothing is charged or opened. Exit status 1: dropped.\n\n"
		"  -p, --policy POLICY  judge by this policy, as its first frame\n"
		"      --in PORT        where it arrives: lan0, or lan0.20 for VLAN 20\n"
		"      --out PORT       the gateway itself sends it there\n"
		"      --src A          where it comes from\n"
		"      --dst B          where it goes\n"
		"      --mac M          its source MAC, or the device whose MAC it is; without it, that\n"
		"                       of the device with the address A\n"
		"      --sport N        its source port, or the id of an echo request (default 49152)\n",
	.run = run_explain,
};
