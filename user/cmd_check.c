// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket check: is this policy right, and does it do what it seems to?
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "commands.h"
#include "compile.h"
#include "diag.h"

/* The items of one severity, as if there were no others. */
static void put_severity(struct output *out, const char *key, const struct diag *diag,
			 enum severity severity)
{
	struct diag view = *diag;
	size_t i, n = 0;

	view.items = calloc(diag->nitems + 1, sizeof(*view.items));
	for (i = 0; view.items && i < diag->nitems; i++)
		if (diag->items[i].severity == severity)
			view.items[n++] = diag->items[i];
	view.nitems = n;
	if (severity == SEVERITY_ERROR)
		view.nwarnings = 0;
	else
		view.nerrors = 0;
	output_diagnostics(out, key, &view);
	free(view.items);
}

static size_t count_rules(const struct policy *policy)
{
	size_t n = 0, i;

	for (i = 0; i < policy->nroles; i++)
		n += policy->roles[i].nconnect + policy->roles[i].naccept;
	return n;
}

static void put_summary(struct output *out, const struct diag *diag, const struct policy *policy)
{
	output_begin_object(out, "summary");
	if (policy) {
		output_string(out, "policy", policy->name);
		output_string(out, "mode", policy->audit ? "audit" : "enforce");
		output_number(out, "ports", policy->nports);
		output_number(out, "segments", policy->nsegments);
		output_number(out, "peers", policy->npeers);
		output_number(out, "roles", policy->nroles);
		output_number(out, "rules", count_rules(policy));
		output_number(out, "devices", policy->ndevices);
		output_number(out, "assignments", policy->nassignments);
		output_number(out, "conduits", policy->nconduits);
	}
	output_number(out, "errors", diag->nerrors);
	output_number(out, "warnings", diag->nwarnings);
	output_end_object(out);
}

static int check_file(struct output *out, const char *path)
{
	struct ruleset *ruleset = NULL;
	struct policy *policy = NULL;
	struct diag *diag = diag_new();
	int err;

	if (!diag)
		return fail(EXIT_SYSTEM, "out of memory");
	err = policy_load(path, diag, &policy);
	if (!err)
		err = compile(policy, diag, &ruleset); /* which finds what does not fit */
	if (err == -ENOMEM && !diag->nerrors)
		diag_error(diag, (struct loc){ 0 }, "out of memory");
	ruleset_free(ruleset);
	output_begin_object(out, NULL);
	output_bool(out, "valid", !err);
	put_severity(out, "errors", diag, SEVERITY_ERROR);
	put_severity(out, "warnings", diag, SEVERITY_WARNING);
	put_summary(out, diag, policy);
	output_end_object(out);
	policy_free(policy);
	diag_free(diag);
	if (!err)
		return EXIT_DONE;
	return err == -EINVAL ? EXIT_NO : EXIT_SYSTEM;
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { { 0 } };
	int opt = getopt_long(argc, argv, ":", options, NULL);

	if (opt != -1)
		return option_error(&cmd_check, opt, argv);
	if (argc - optind != 1)
		return usage_error(&cmd_check, "check needs one policy file");
	return check_file(out, argv[optind]);
}

const struct command cmd_check = {
	.name = "check",
	.arguments = "POLICY",
	.summary = "judge a policy: every error and warning, and a summary",
	.run = run,
};
