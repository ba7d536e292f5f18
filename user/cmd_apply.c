// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket apply: makes a policy live, whole or not at all.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "candidate.h"
#include "commands.h"
#include "cuts.h"
#include "deploy.h"
#include "names.h"
#include "pins.h"
#include "remote.h"
#include "system.h"

#define WITHIN_LEAST NSEC_PER_SEC
#define WITHIN_MOST (24 * 3600 * NSEC_PER_SEC)

struct request {
	struct apply_input how;
	bool force; /* even if that cuts off who asks for it */
};

static void print_ports(struct output *out, const struct policy *policy, const struct applied *applied)
{
	output_begin_list(out, "ports");
	for (size_t i = 0; i < policy->nports; i++) {
		const struct port *port = &policy->ports[i];
		const char *mode = NULL;

		for (size_t k = 0; k < applied->n; k++) {
			if (!strcmp(applied->interfaces[k].name, port->interface) &&
			    applied->interfaces[k].mode != ATTACH_AUTO)
				mode = attach_mode_name(applied->interfaces[k].mode);
		}
		output_begin_object(out, NULL);
		output_string(out, "interface", port->interface);
		if (port->vlan)
			output_number(out, "vlan", port->vlan);
		else
			output_null(out, "vlan");
		output_string(out, "mode", mode);
		output_end_object(out);
	}
	output_end_list(out);
}

static void print_applied(struct output *out, const struct candidate *candidate, const struct apply_input *how,
			  const struct applied *applied, const struct cuts *cuts)
{
	const struct policy *policy = candidate->policy;

	output_begin_object(out, NULL);
	output_string(out, "policy", policy->name);
	output_string(out, "hash", candidate->sources->hash);
	output_number(out, "generation", applied->generation);
	output_number(out, "devices", policy->ndevices);
	output_number(out, "segments", policy->nsegments);
	if (how->within)
		output_duration(out, "confirm_within", how->within);
	print_ports(out, policy, applied);
	cuts_print(cuts, out);
	output_diagnostics(out, "diagnostics", candidate->diag);
	output_end_object(out);
}

/* What diag says of the policy is why: -EINVAL, it is not valid; else it cannot be read. */
static int refuse(struct output *out, const char *path, struct diag *diag, int err)
{
	diag_sort(diag);
	output_begin_object(out, NULL);
	output_bool(out, "applied", false);
	output_diagnostics(out, "diagnostics", diag);
	output_end_object(out);
	if (err != -EINVAL)
		return EXIT_SYSTEM;
	return fail(EXIT_NO, "%s is not valid: nothing was applied", path);
}

/* Whoever asked for it would not hear of it. */
static int refuse_cut(struct output *out, const struct candidate *candidate, const struct cuts *cuts)
{
	deploy_failed(candidate->policy->name, "would cut the session");
	output_begin_object(out, NULL);
	output_bool(out, "applied", false);
	cuts_print(cuts, out);
	output_diagnostics(out, "diagnostics", candidate->diag);
	output_end_object(out);
	return EXIT_NO;
}

static int apply_candidate(struct output *out, const char *path, const struct request *request,
			   struct candidate *candidate)
{
	struct cuts cuts __attribute__((cleanup(cuts_free))) = {};
	const struct apply_input *how = &request->how;
	struct applied applied = {};
	int err;

	if (system_check() || pins_check())
		return EXIT_SYSTEM;
	if (cuts_before(candidate->policy, candidate->ruleset,
			request->force || how->within ? LEAVE_WARN : LEAVE_ASK, "apply", &cuts))
		return refuse_cut(out, candidate, &cuts);
	err = deploy("apply", candidate, how, &applied);
	if (candidate->diag->nerrors)
		return refuse(out, path, candidate->diag, err);
	if (err && err != -EREMOTEIO)
		return EXIT_SYSTEM;
	print_applied(out, candidate, how, &applied, &cuts);
	free(applied.interfaces);
	if (err)
		return fail(EXIT_SYSTEM, "%s is live, but not on every port: apply it again when that "
			    "is mended", path);
	return EXIT_DONE;
}

static int apply(struct output *out, int argc, char **argv, const struct request *request)
{
	const char *path = argv[optind];
	struct candidate candidate __attribute__((cleanup(candidate_free))) = {};
	int err = candidate_load(path, &candidate);

	if (candidate.diag && candidate.diag->nerrors) {
		deploy_failed(path, "not valid");
		return refuse(out, path, candidate.diag, err);
	}
	if (err) {
		deploy_failed(path, strerror(-err));
		return fail(EXIT_SYSTEM, "%s cannot be read: %s", path, strerror(-err));
	}
	if (remote_wanted())
		return remote_run(out, argc, argv, candidate.sources);
	return apply_candidate(out, path, request, &candidate);
}

static int parse_option(int opt, char **argv, struct request *request)
{
	int64_t within;

	switch (opt) {
	case 'm':
		if (parse_attach_mode(optarg, &request->how.mode))
			return usage_error(&cmd_apply, "'%s' is no mode: native, generic or auto", optarg);
		return EXIT_DONE;
	case 'w':
		if (parse_duration(optarg, &within) || within < WITHIN_LEAST || within > WITHIN_MOST)
			return usage_error(&cmd_apply, "--confirm-within wants a time from 1s to 1d, such as 60s, "
					   "not '%s'", optarg);
		request->how.within = within;
		return EXIT_DONE;
	case 'f':
		request->force = true;
		return EXIT_DONE;
	default:
		return option_error(&cmd_apply, opt, argv);
	}
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = {
		{ "mode", required_argument, NULL, 'm' },
		{ "confirm-within", required_argument, NULL, 'w' },
		{ "force", no_argument, NULL, 'f' },
		{},
	};
	struct request request = { .how.mode = ATTACH_AUTO };
	int opt;

	while ((opt = getopt_long(argc, argv, ":fm:", options, NULL)) != -1) {
		int status = parse_option(opt, argv, &request);

		if (status)
			return status;
	}
	if (argc - optind != 1)
		return usage_error(&cmd_apply, "it wants one policy");
	return apply(out, argc, argv, &request);
}

const struct command cmd_apply = {
	.name = "apply",
	.arguments = "[--mode MODE] [--confirm-within TIME] [--force] POLICY",
	.summary = "make a policy live, whole or not at all",
	.help = "  -m, --mode MODE            native, generic, or auto: native where the driver has it, which\n"
		"                             is the default; a port that is attached keeps its mode then\n"
		"      --confirm-within TIME  go back to what was live before, by itself, unless 'picket\n"
		"                             confirm' comes within 60s, 5m, ...; whatever is killed meanwhile\n"
		"  -f, --force                even if it cuts the SSH connection that you work by, without asking\n\n"
		"Live flows that the policy drops are told, and are no reason to stop. An SSH connection is found by\n"
		"SSH_CONNECTION, here or in a process above (sudo), or in a client of tmux or screen. If the policy drops\n"
		"its packets, apply asks, and off a terminal refuses with exit status 1; with --confirm-within it warns.\n",
	.run = run,
};
