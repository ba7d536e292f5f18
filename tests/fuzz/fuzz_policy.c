// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy and its device files, as far as they go: YAML, language, checks; and what is valid is compiled, made into
 * the bytes of maps, packed and read again, and compared with itself. A line "%%% NAME" begins a device file.
 */
#include <string.h>

#include "compile.h"
#include "diag.h"
#include "effects.h"
#include "eval.h"
#include "fuzz.h"
#include "mapimage.h"
#include "packing.h"
#include "plan.h"
#include "yaml_tree.h"

#define FILES 4
#define SEPARATOR "\n%%% "

/* Of what is done with what is valid: effort must stay bounded, for it is the parser that is looked at. */
#define DEVICES_MOST 40
#define RULES_MOST 60

static size_t split(const uint8_t *data, size_t size, struct source_file files[FILES])
{
	const char *at = (const char *)data, *end = at + size, *next, *newline;
	size_t n = 0;

	files[n++].name = strdup("policy.yaml");
	for (;;) {
		next = n < FILES && at < end ? memmem(at, end - at, SEPARATOR, strlen(SEPARATOR)) : NULL;
		files[n - 1].text = at;
		files[n - 1].len = (next ? next + 1 : end) - at;
		if (!next)
			return n;
		next += strlen(SEPARATOR);
		newline = next < end ? memchr(next, '\n', end - next) : NULL;
		if (!newline)
			newline = end;
		files[n++].name = strndup(next, newline - next);
		at = newline < end ? newline + 1 : end;
	}
}

/* With nothing behind the text, that reading on is noticed. */
static void read_yaml(const struct source_file *file)
{
	struct diag *diag = diag_new();
	struct arena arena = { 0 };
	const struct node *root;

	if (yaml_read(file, 0, &arena, diag, &root))
		require(diag->nerrors);
	diag_free(diag);
	arena_free(&arena);
}

static size_t count_rules(const struct policy *policy)
{
	size_t n = policy->nconduits;

	for (size_t i = 0; i < policy->nroles; i++)
		n += policy->roles[i].nconnect + policy->roles[i].naccept;
	return n;
}

static void build_images(const struct policy *policy, const struct ruleset *ruleset)
{
	uint32_t *ifindexes = calloc(policy->nports + 1, sizeof(*ifindexes));
	struct rows devices, segments;
	struct mapimage_input input = {
		.policy = policy, .ruleset = ruleset, .devices = &devices, .segments = &segments,
		.ifindexes = ifindexes,
	};
	struct mapimage *image = NULL;

	require(ifindexes && !rows_identity(policy->ndevices, &devices) &&
		!rows_identity(policy->nsegments, &segments));
	for (size_t i = 0; i < policy->nports; i++)
		ifindexes[i] = 1 + i % 7;
	mapimage_build(&input, &image);
	mapimage_free(image);
	rows_free(&devices);
	rows_free(&segments);
	free(ifindexes);
}

/* What nothing changes has no effects. */
static void compare_with_itself(const struct policy *policy, const struct ruleset *ruleset)
{
	struct plan_count counts[PLAN_KINDS];
	struct output *out = output_new(fuzz_sink(), true);
	struct effects *effects;
	struct pairs pairs;
	struct effects_input input = {
		.policies = { policy, policy }, .rulesets = { ruleset, ruleset }, .pairs = &pairs,
		.time = 1796126400LL * NSEC_PER_SEC,
	};
	struct plan plan = { .policies = { policy, policy }, .pairs = &pairs };

	require(out && !pairs_init(policy, policy, &pairs) && !effects_new(&input, &effects));
	output_begin_object(out, NULL);
	require(!plan_print(&plan, out, counts) && !effects_print(effects, out));
	output_end_object(out);
	require(effects_none(effects));
	for (size_t i = 0; i < PLAN_KINDS; i++)
		require(!counts[i].marks[MARK_ADDED] && !counts[i].marks[MARK_REMOVED] &&
			!counts[i].marks[MARK_CHANGED]);
	output_close(out);
	effects_free(effects);
	pairs_free(&pairs);
}

/* It stays the policy that it is. */
static void pack(const struct policy *policy)
{
	struct diag *diag = diag_new();
	const struct packed *packed;
	struct packing *packing;
	struct policy *again;

	require(!packing_start(policy, &packing) && !packing_wait(packing, &packed) &&
		!packed_policy(packed, diag, &again));
	require(again->ndevices == policy->ndevices && again->nroles == policy->nroles &&
		again->nsegments == policy->nsegments && again->nconduits == policy->nconduits);
	policy_free(again);
	packing_finish(packing);
	diag_free(diag);
}

static void use(const struct policy *policy)
{
	struct diag *diag = diag_new();
	struct ruleset *ruleset;
	struct eval *eval;
	int err = compile(policy, diag, &ruleset);

	require(!err || diag->nerrors);
	if (!err) {
		ruleset_print(ruleset, policy, fuzz_sink());
		build_images(policy, ruleset);
		compare_with_itself(policy, ruleset);
		ruleset_free(ruleset);
	}
	if (!eval_new(policy, &eval))
		eval_free(eval);
	pack(policy);
	diag_free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source_file files[FILES] = { 0 };
	struct diag *diag = diag_new();
	struct policy *policy;
	size_t n = split(data, size, files);
	int err;

	read_yaml(&files[0]);
	err = policy_load_sources(files, n, diag, &policy);
	diag_print(diag, fuzz_sink());
	require(!err == !diag->nerrors);
	if (!err) {
		if (policy->ndevices <= DEVICES_MOST && count_rules(policy) <= RULES_MOST)
			use(policy);
		policy_free(policy);
	}
	diag_free(diag);
	for (size_t i = 0; i < n; i++)
		free((char *)files[i].name);
	return 0;
}
