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
#include "pins.h"
#include "system.h"

static void candidate_cleanup(struct candidate *candidate)
{
	candidate_free(candidate);
}

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

static void print_applied(struct output *out, const struct apply_input *input,
			  const struct diag *diag, const struct applied *applied)
{
	const struct policy *policy = input->policy;

	output_begin_object(out, NULL);
	output_string(out, "policy", policy->name);
	output_string(out, "hash", input->sources->hash);
	output_number(out, "generation", applied->generation);
	output_number(out, "devices", policy->ndevices);
	output_number(out, "segments", policy->nsegments);
	print_ports(out, policy, applied);
	output_diagnostics(out, "diagnostics", diag);
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

/* A failure is worth knowing to whoever watches what is live. */
static void count_failure(void)
{
	struct live *live;

	if (live_open_parts(0, &live))
		return;
	live_count_stat(live, STAT_APPLY_FAILURES, 1);
	live_close(live);
}

static int apply_candidate(struct output *out, const char *path, enum attach_mode mode,
			   struct candidate *candidate)
{
	struct apply_input input = {
		.policy = candidate->policy, .ruleset = candidate->ruleset, .sources = candidate->sources,
		.mode = mode,
	};
	struct applied applied = {};
	int err;

	if (system_check() || pins_check())
		return EXIT_SYSTEM;
	err = apply_policy(&input, candidate->diag, &applied);
	if (candidate->diag->nerrors)
		return refuse(out, path, candidate->diag, err);
	if (err && err != -EREMOTEIO)
		return EXIT_SYSTEM;
	print_applied(out, &input, candidate->diag, &applied);
	free(applied.interfaces);
	if (err)
		return fail(EXIT_SYSTEM, "%s is live, but not on every port: apply it again when that "
			    "is mended", path);
	return EXIT_DONE;
}

static int apply(struct output *out, const char *path, enum attach_mode mode)
{
	struct candidate candidate __attribute__((cleanup(candidate_cleanup))) = {};
	int err = candidate_load(path, &candidate), status;

	if (candidate.diag && candidate.diag->nerrors)
		status = refuse(out, path, candidate.diag, err);
	else if (err)
		status = fail(EXIT_SYSTEM, "%s cannot be read: %s", path, strerror(-err));
	else
		status = apply_candidate(out, path, mode, &candidate);
	if (status != EXIT_DONE)
		count_failure();
	return status;
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { { "mode", required_argument, NULL, 'm' }, {} };
	enum attach_mode mode = ATTACH_AUTO;
	int opt;

	while ((opt = getopt_long(argc, argv, ":m:", options, NULL)) != -1) {
		if (opt != 'm')
			return option_error(&cmd_apply, opt, argv);
		if (parse_attach_mode(optarg, &mode))
			return usage_error(&cmd_apply, "'%s' is no mode: native, generic or auto", optarg);
	}
	if (argc - optind != 1)
		return usage_error(&cmd_apply, "it wants one policy");
	return apply(out, argv[optind], mode);
}

const struct command cmd_apply = {
	.name = "apply",
	.arguments = "[--mode MODE] POLICY",
	.summary = "make a policy live, whole or not at all",
	.help = "  -m, --mode MODE  native, generic, or auto: native where the driver has it, which is\n"
		"                   the default; a port that is attached keeps its mode then\n",
	.run = run,
};
