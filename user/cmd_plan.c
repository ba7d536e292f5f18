// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket plan: what another policy would change, said before it does.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actor.h"
#include "candidate.h"
#include "commands.h"
#include "compile.h"
#include "cuts.h"
#include "diag.h"
#include "effects.h"
#include "live.h"
#include "netlink.h"
#include "plan.h"
#include "plan_replay.h"
#include "receive.h"
#include "remote.h"
#include "value.h"

struct request {
	const char *path; /* of the policy that is planned */
	const char *against; /* NULL: the live policy */
	bool exit_code;
	int64_t time;
	struct replay_input *inputs;
	size_t ninputs;
};

/* One policy and what was made of it; those that are not NULL are owned. */
struct version {
	struct diag *diag;
	struct policy *own;
	const struct policy *policy;
	struct ruleset *ruleset;
};

struct planning {
	const struct request *request;
	struct output *out;
	struct version versions[POLICIES];
	struct live *live; /* whose policy may be that before */
	bool nothing_live;
	struct network network;
	struct pairs pairs;
	struct effects *effects;
};

static void planning_free(struct planning *p)
{
	effects_free(p->effects);
	pairs_free(&p->pairs);
	network_free(&p->network);
	for (int x = 0; x < POLICIES; x++) {
		ruleset_free(p->versions[x].ruleset);
		policy_free(p->versions[x].own);
		diag_free(p->versions[x].diag);
	}
	live_close(p->live);
}

/* ---- loading ---- */

/* Prints what is wrong; of a policy that is not valid that is all there is to say. */
static int refuse(struct planning *p, const struct version *version, const char *path, int err)
{
	if (!version->diag || !version->diag->nerrors)
		return fail(EXIT_SYSTEM, "%s cannot be read: %s", path, strerror(-err));
	output_begin_object(p->out, NULL);
	output_bool(p->out, "valid", false);
	output_diagnostics(p->out, "diagnostics", version->diag);
	output_end_object(p->out);
	if (err != -EINVAL)
		return EXIT_SYSTEM;
	return fail(EXIT_NO, "%s is not valid: there is nothing to plan", path);
}

static int compile_version(struct planning *p, struct version *version, const char *path)
{
	int err = compile(version->policy, version->diag, &version->ruleset);

	return err ? refuse(p, version, path, err) : 0;
}

static int load_file(struct planning *p, struct version *version, const char *path)
{
	int err;

	version->diag = diag_new();
	if (!version->diag)
		err = -ENOMEM;
	else if (actor_is_client())
		err = policy_receive(version->diag, &version->own, NULL);
	else
		err = policy_load(path, version->diag, &version->own);
	if (err)
		return refuse(p, version, path, err);
	version->policy = version->own;
	return compile_version(p, version, path);
}

/* The policy that has nothing. */
static int load_nothing(struct planning *p, struct version *version)
{
	static const char text[] = "picket: 1\n";
	const struct source_file source = { .name = "nothing", .text = text, .len = sizeof(text) - 1 };
	int err = policy_load_sources(&source, 1, version->diag, &version->own);

	if (err)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	version->policy = version->own;
	p->nothing_live = true;
	return compile_version(p, version, source.name);
}

static int load_live(struct planning *p, struct version *version)
{
	int err = live_open_parts(0, &p->live);

	version->diag = diag_new();
	if (!version->diag)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	if (err == -ENOENT)
		return load_nothing(p, version);
	if (err == -EPERM || err == -EACCES)
		return fail(EXIT_SYSTEM, "the live policy may not be read by this user: run it as root, or "
			    "compare with a file by --against POLICY");
	if (err)
		return live_fail(err);
	err = live_policy(p->live, &version->policy);
	if (err)
		return fail(EXIT_SYSTEM, "the live policy cannot be read: %s", strerror(-err));
	return compile_version(p, version, "the live policy");
}

static int load_versions(struct planning *p)
{
	const char *against = p->request->against;
	int status = load_file(p, &p->versions[AFTER], p->request->path), err;

	if (!status)
		status = against ? load_file(p, &p->versions[BEFORE], against) :
				   load_live(p, &p->versions[BEFORE]);
	/* What is compared with a file is not this host's business. */
	err = status || against ? 0 : network_get(&p->network);
	if (err)
		return fail(EXIT_SYSTEM, "the gateway's addresses cannot be read: %s", strerror(-err));
	return status;
}

static int compare(struct planning *p)
{
	struct effects_input input = {
		.pairs = &p->pairs,
		.gateway = p->network.addrs,
		.ngateway = p->network.naddrs,
		.time = p->request->time,
	};
	int err = pairs_init(p->versions[BEFORE].policy, p->versions[AFTER].policy, &p->pairs);

	for (int x = 0; x < POLICIES; x++) {
		input.policies[x] = p->versions[x].policy;
		input.rulesets[x] = p->versions[x].ruleset;
	}
	if (!err)
		err = effects_new(&input, &p->effects);
	return err ? fail(EXIT_SYSTEM, "there is not enough memory to compare the policies") : 0;
}

/* ---- printing ---- */

/* Whether what holds depends on the time. */
static bool timed(const struct planning *p)
{
	bool timed = false;

	for (int x = 0; x < POLICIES; x++)
		timed |= p->versions[x].ruleset->switches.use_schedules ||
			 p->versions[x].ruleset->switches.use_validity;
	return timed;
}

static void print_head(struct planning *p)
{
	const char *against = p->request->against;

	output_string(p->out, "policy", p->versions[AFTER].policy->name);
	if (p->nothing_live)
		output_string(p->out, "note", "nothing is live: everything is an addition");
	else
		output_string(p->out, "against", against ? against : p->versions[BEFORE].policy->name);
	if (timed(p))
		output_time(p->out, "at", p->request->time);
	output_diagnostics(p->out, "diagnostics", p->versions[AFTER].diag);
}

static bool counted(const struct plan_count *count)
{
	return count->marks[MARK_ADDED] || count->marks[MARK_REMOVED] || count->marks[MARK_CHANGED];
}

static void print_summary(struct output *out, const struct plan_count counts[PLAN_KINDS])
{
	output_begin_list(out, "summary");
	for (size_t i = 0; i < PLAN_KINDS; i++) {
		if (!counted(&counts[i]))
			continue;
		output_begin_object(out, NULL);
		output_string(out, "kind", counts[i].kind);
		output_number(out, "added", counts[i].marks[MARK_ADDED]);
		output_number(out, "removed", counts[i].marks[MARK_REMOVED]);
		output_number(out, "changed", counts[i].marks[MARK_CHANGED]);
		output_end_object(out);
	}
	output_end_list(out);
}

static int replay(struct planning *p)
{
	const struct plan_replay asked = {
		.policies = { p->versions[BEFORE].policy, p->versions[AFTER].policy },
		.inputs = p->request->inputs, .ninputs = p->request->ninputs,
		.gateway = p->network.addrs, .ngateway = p->network.naddrs,
	};

	return plan_replay(&asked, p->out);
}

/* What becomes of connections that are open is asked only when it is this host's. */
static int print_cuts(struct planning *p)
{
	const struct cuts_input input = {
		.policy = p->versions[AFTER].policy, .ruleset = p->versions[AFTER].ruleset,
		.network = &p->network, .live = p->live, .time = p->request->time,
	};
	struct cuts cuts = {};
	int err = p->request->against ? 0 : cuts_find(&input, &cuts);

	if (!err && !p->request->against)
		cuts_print(&cuts, p->out);
	cuts_free(&cuts);
	return err;
}

/* *changes: whether there are any. 0 or an exit status. */
static int print_changes(struct planning *p, bool *changes)
{
	struct plan plan = { .pairs = &p->pairs };
	struct plan_count counts[PLAN_KINDS];
	size_t limits = 0;
	int status = 0, err;

	for (int x = 0; x < POLICIES; x++)
		plan.policies[x] = p->versions[x].policy;
	err = plan_print(&plan, p->out, counts);
	if (!err)
		err = effects_print(p->effects, p->out);
	if (!err)
		err = effects_print_limits(p->effects, p->out, &limits);
	if (!err)
		err = print_cuts(p);
	if (err)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	if (p->request->ninputs)
		status = replay(p);
	*changes = !effects_none(p->effects) || limits;
	for (size_t i = 0; i < PLAN_KINDS; i++)
		*changes |= counted(&counts[i]);
	print_summary(p->out, counts);
	output_bool(p->out, "changes", *changes);
	return status;
}

static int plan(struct output *out, const struct request *request)
{
	struct planning p __attribute__((cleanup(planning_free))) = { .request = request, .out = out };
	bool changes = false;
	int status = load_versions(&p);

	if (!status)
		status = compare(&p);
	if (status)
		return status;
	output_begin_object(out, NULL);
	print_head(&p);
	status = print_changes(&p, &changes);
	output_end_object(out);
	if (status)
		return status;
	return changes && request->exit_code ? EXIT_NO : EXIT_DONE;
}

static int plan_remotely(struct output *out, int argc, char **argv, const struct request *request)
{
	struct candidate candidate __attribute__((cleanup(candidate_free))) = {};

	if (candidate_load(request->path, &candidate))
		return plan(out, request); /* which says what is wrong with it */
	return remote_run(out, argc, argv, candidate.sources);
}

/* ---- the request ---- */

static int parse_input(struct request *request, const char *argument)
{
	struct replay_input *more = reallocarray(request->inputs, request->ninputs + 1, sizeof(*more));
	int err;

	if (!more)
		return fail(EXIT_SYSTEM, "out of memory");
	request->inputs = more;
	err = replay_parse_input(argument, &more[request->ninputs]);
	if (err == -ENOMEM)
		return fail(EXIT_SYSTEM, "out of memory");
	if (err)
		return usage_error(&cmd_plan, "'%s' is no PORT=FILE; write lan0=capture.pcap, or "
				   "out:lan0=capture.pcap for what the gateway sends", argument);
	request->ninputs++;
	return 0;
}

static int parse_time(struct request *request, const char *argument)
{
	const struct text text = { .s = argument, .len = strlen(argument) };
	struct diag *diag = diag_new();
	int status = 0;

	if (!diag)
		return fail(EXIT_SYSTEM, "out of memory");
	if (!value_time(diag, &text, &request->time))
		status = usage_error(&cmd_plan, "--at: %s", diag->nitems ? diag->items[0].message :
								 "the time could not be read");
	diag_free(diag);
	return status;
}

static int parse_request(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{ "against", required_argument, NULL, 'a' }, { "at", required_argument, NULL, 't' },
		{ "exit-code", no_argument, NULL, 'e' }, { "replay", required_argument, NULL, 'r' },
		{ 0 },
	};
	int opt, status = 0;

	while (!status && (opt = getopt_long(argc, argv, ":a:er:", options, NULL)) != -1) {
		if (opt == 'a')
			request->against = optarg;
		else if (opt == 't')
			status = parse_time(request, optarg);
		else if (opt == 'e')
			request->exit_code = true;
		else if (opt == 'r')
			status = parse_input(request, optarg);
		else
			status = option_error(&cmd_plan, opt, argv);
	}
	if (!status && argc - optind != 1)
		status = usage_error(&cmd_plan, "it wants one policy");
	request->path = status ? NULL : argv[optind];
	return status;
}

static int run(struct output *out, int argc, char **argv)
{
	struct request request = {};
	struct timespec now;
	int status;

	clock_gettime(CLOCK_REALTIME, &now);
	request.time = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	status = parse_request(&request, argc, argv);
	/* Captures are read by who names them: that takes the live policy here. */
	if (!status && !request.against && !request.ninputs && remote_wanted())
		status = plan_remotely(out, argc, argv, &request);
	else if (!status)
		status = plan(out, &request);
	for (size_t i = 0; i < request.ninputs; i++)
		free(request.inputs[i].name);
	free(request.inputs);
	return status;
}

const struct command cmd_plan = {
	.name = "plan",
	.arguments = "[--against POLICY] [--at TIME] [--replay PORT=FILE]... [--exit-code] POLICY",
	.summary = "what a policy would change against the live one",
	.help =
		"First each element that is new (+), gone (-) or changed (~), with its line in the policy;\n"
		"then what that comes to: who may, or may no longer, open which connections (whether they\n"
		"are enforced or only audited), and whose limits become stricter or looser. Nothing is\n"
		"touched. Long lists are cut in text, and whole with --json.\n\n"
		"  -a, --against POLICY    compare with a file instead of with what is live\n"
		"      --at TIME           when assignments and validity are looked at, as in\n"
		"                          2026-12-01T08:00:00Z (default: now)\n"
		"  -r, --replay PORT=FILE  run a capture through both policies: which packets would be dropped,\n"
		"                          or pass, that were not before; out:PORT=FILE are frames that the\n"
		"                          gateway sends. May be given several times.\n"
		"  -e, --exit-code         exit status 1 when there are changes\n",
	.run = run,
};
