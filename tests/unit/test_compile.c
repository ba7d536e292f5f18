// SPDX-License-Identifier: GPL-2.0-only
/* Policies in, rulesets as text out (tests/golden/ruleset); and what does not fit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cleanup.h"
#include "compile.h"
#include "diag.h"

static const char *const GOLDEN[] = { "site", "prefixes", "schedule", "limits", "roles" };

static struct policy *load(const char *text, size_t len)
{
	const struct source_file source = { .name = "policy.yaml", .text = text, .len = len };
	struct policy *policy = NULL;
	struct diag *diag = diag_new();

	if (policy_load_sources(&source, 1, diag, &policy))
		diag_print(diag, stderr);
	diag_free(diag);
	assert_non_null(policy);
	return policy;
}

static char *read_file(const char *name, const char *suffix)
{
	char path[256], *text = NULL;
	size_t capacity = 0;
	FILE *file;

	snprintf(path, sizeof(path), "tests/golden/ruleset/%s.%s", name, suffix);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be read: run from the top of the tree", path);
	if (getdelim(&text, &capacity, '\0', file) < 0)
		fail_msg("%s is empty", path);
	fclose(file);
	return text;
}

/* With UPDATE_GOLDEN set, what is there is taken as expected from now on. */
static void update(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "tests/golden/ruleset/%s.ruleset", name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static char *compiled_text(const struct policy *policy)
{
	struct ruleset *ruleset = NULL;
	struct diag *diag = diag_new();
	char *text = NULL;
	size_t len;
	FILE *stream;

	assert_int_equal(compile(policy, diag, &ruleset), 0);
	stream = open_memstream(&text, &len);
	ruleset_print(ruleset, policy, stream);
	fclose(stream);
	ruleset_free(ruleset);
	diag_free(diag);
	return text;
}

static void test_golden(void **state)
{
	const char *name = *state;
	_cleanup_free_ char *source = read_file(name, "yaml"), *expected = NULL, *text = NULL;
	struct policy *policy = load(source, strlen(source));

	text = compiled_text(policy);
	policy_free(policy);
	if (getenv("UPDATE_GOLDEN"))
		update(name, text);
	expected = read_file(name, "ruleset");
	assert_string_equal(text, expected);
}

/* Compiles what must not fit, and looks for words in what is said about it. */
static void refuse(const char *text, size_t len, const char *message, uint32_t line)
{
	struct policy *policy = load(text, len);
	struct ruleset *ruleset = NULL;
	struct diag *diag = diag_new();

	assert_int_equal(compile(policy, diag, &ruleset), -EINVAL);
	assert_null(ruleset);
	assert_int_equal(diag->nerrors, 1);
	if (!strstr(diag->items[0].message, message))
		fail_msg("\"%s\" does not say \"%s\"", diag->items[0].message, message);
	assert_int_equal(diag->items[0].loc.line, line);
	diag_free(diag);
	policy_free(policy);
}

#define HEAD "picket: 1\nsegments:\n  s: {interfaces: [lan0], subnets: [10.0.0.0/8]}\nroles:\n"

/* Every role names every other by a role that all of them extend. */
static void test_too_many_entries(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fputs(HEAD "  base: {}\n", f);
	for (int i = 0; i < 2100; i++)
		fprintf(f, "  r%d: {extends: [base], connect: [{to: [base, r%d], ports: [tcp/%d]}]}\n",
			i, (i + 1) % 2100, i);
	fputs("devices:\n", f);
	for (int i = 0; i < 2100; i++)
		fprintf(f, "  d%d: {role: r%d, ip: 10.0.%d.%d}\n", i, i, i / 100, i % 100 + 1);
	fclose(f);
	refuse(text, len, "role r0 alone needs 2101", 6);
}

int main(void)
{
	struct CMUnitTest tests[sizeof(GOLDEN) / sizeof(*GOLDEN) + 1] = {
		cmocka_unit_test(test_too_many_entries),
	};

	for (size_t i = 0; i < sizeof(GOLDEN) / sizeof(*GOLDEN); i++)
		tests[i + 1] = (struct CMUnitTest){
			.name = GOLDEN[i],
			.test_func = test_golden,
			.initial_state = (void *)GOLDEN[i],
		};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
