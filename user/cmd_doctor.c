// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket doctor: whether this host and its interfaces are fit for a policy, and what mends what is not.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "candidate.h"
#include "cleanup.h"
#include "commands.h"
#include "doctor.h"

/* Each interface of the policy's once. */
static void look_at_ports(struct doctor *doctor)
{
	const struct policy *policy = doctor->policy;

	for (size_t i = 0; policy && i < policy->nports; i++) {
		const char *interface = policy->ports[i].interface;
		bool before = false;

		for (size_t k = 0; k < i; k++)
			before |= !strcmp(policy->ports[k].interface, interface);
		if (!before)
			doctor_interface(doctor, interface);
	}
}

static int examine(struct output *out, const struct policy *policy, char **interfaces)
{
	struct doctor doctor = { .out = out, .policy = policy };

	output_begin_list(out, "findings");
	doctor_host(&doctor);
	if (*interfaces) {
		for (; *interfaces; interfaces++)
			doctor_interface(&doctor, *interfaces);
	} else {
		look_at_ports(&doctor);
	}
	output_end_list(out);
	return doctor.bad ? EXIT_NO : EXIT_DONE;
}

static int examine_for_file(struct output *out, const char *path, char **interfaces)
{
	struct candidate candidate __attribute__((cleanup(candidate_free))) = {};
	int err = candidate_load(path, &candidate);

	if (candidate.diag && candidate.diag->nerrors) {
		diag_sort(candidate.diag);
		output_diagnostics(out, "diagnostics", candidate.diag);
		return fail(err == -EINVAL ? EXIT_NO : EXIT_SYSTEM, "%s is not valid", path);
	}
	if (err)
		return fail(EXIT_SYSTEM, "%s cannot be read: %s", path, strerror(-err));
	return examine(out, candidate.policy, interfaces);
}

static int examine_live(struct output *out, char **interfaces)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	const struct policy *policy = NULL;

	if (!live_open_parts(0, &live) && live_policy(live, &policy))
		policy = NULL;
	return examine(out, policy, interfaces);
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { { "policy", required_argument, NULL, 'p' }, {} };
	const char *path = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, ":p:", options, NULL)) != -1) {
		if (opt != 'p')
			return option_error(&cmd_doctor, opt, argv);
		path = optarg;
	}
	return path ? examine_for_file(out, path, argv + optind) : examine_live(out, argv + optind);
}

const struct command cmd_doctor = {
	.name = "doctor",
	.arguments = "[--policy POLICY] [INTERFACE...]",
	.summary = "whether this host and its interfaces are fit for picket, and what mends what is not",
	.help = "  -p, --policy POLICY  for this one; without it for the live one\n"
		"\n"
		"Without INTERFACE it looks at those of the policy. Changes nothing. Exit 1: something keeps picket from\n"
		"working.\n",
	.run = run,
};
