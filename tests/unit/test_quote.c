// SPDX-License-Identifier: GPL-2.0-only
/* Places of a policy, and rules as they are written in it, in every form that YAML has for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "quote.h"

static const char policy_text[] =
	"picket: 1\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], subnets: [10.20.0.0/16]}\n"
	"roles:\n"
	"  writer:\n"
	"    connect:\n"
	"      - {to: gateway, ports: [udp/53]} # what names are called\n"
	"      - { to: [ 10.1.0.1,\t10.1.0.2 ],   # two of them\n"
	"          # and a service\n"
	"          ports: [tcp/1] }\r\n"
	"      - to: any\n"
	"      - to:\n"
	"          - 10.2.0.0/16\n"
	"          - \"10.3.0.0/16\" # quoted\n"
	"        # ports next\n"
	"        ports:\n"
	"        - tcp/1-9\n"
	"\n"
	"        - 'icmp'\n"
	"      - {to: \"lan\", ports: ['tcp/1', \"u\\x64p/2\"]}\n"
	"    accept: [{from: lan}, from: any, {from: gateway, ports: [tcp/7]}]\n"
	"  last:\n"
	"    accept:\n"
	"    - from: lan\n"
	"      ports: [tcp/8]";

static const struct {
	int role;
	bool accept;
	int rule;
	const char *place, *mapping, *line;
} examples[] = {
	{0, false, 0, "site.yaml:7", "{to: gateway, ports: [udp/53]}",
	 "- {to: gateway, ports: [udp/53]} # what names are called"},
	{0, false, 1, "site.yaml:8", "{ to: [ 10.1.0.1, 10.1.0.2 ], ports: [tcp/1] }",
	 "- { to: [ 10.1.0.1,\t10.1.0.2 ],   # two of them"},
	{0, false, 2, "site.yaml:11", "to: any", "- to: any"},
	{0, false, 3, "site.yaml:12", "to: - 10.2.0.0/16 - \"10.3.0.0/16\" ports: - tcp/1-9 - 'icmp'", "- to:"},
	{0, false, 4, "site.yaml:20", "{to: \"lan\", ports: ['tcp/1', \"u\\x64p/2\"]}",
	 "- {to: \"lan\", ports: ['tcp/1', \"u\\x64p/2\"]}"},
	{0, true, 0, "site.yaml:21", "{from: lan}",
	 "accept: [{from: lan}, from: any, {from: gateway, ports: [tcp/7]}]"},
	{0, true, 1, "site.yaml:21", "from: any",
	 "accept: [{from: lan}, from: any, {from: gateway, ports: [tcp/7]}]"},
	{0, true, 2, "site.yaml:21", "{from: gateway, ports: [tcp/7]}",
	 "accept: [{from: lan}, from: any, {from: gateway, ports: [tcp/7]}]"},
	{1, true, 0, "site.yaml:24", "from: lan ports: [tcp/8]", "- from: lan"},
};
#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

static struct policy *policy;

static int load(void **state)
{
	/* without a NUL at its end, as files are */
	struct source_file file = { "site.yaml", malloc(sizeof(policy_text) - 1), sizeof(policy_text) - 1 };
	struct diag *diag = diag_new();
	int err;

	memcpy((char *)file.text, policy_text, file.len);
	err = policy_load_sources(&file, 1, diag, &policy);
	if (err)
		diag_print(diag, stderr);
	diag_free(diag);
	free((char *)file.text);
	return err;
}

static int unload(void **state)
{
	policy_free(policy);
	return 0;
}

static const struct loc *loc_of(size_t i)
{
	const struct role *role = &policy->roles[examples[i].role];

	return &(examples[i].accept ? role->accept : role->connect)[examples[i].rule].loc;
}

static void check_example(struct quoter *quoter, size_t i)
{
	char *mapping = quote_mapping(quoter, loc_of(i)), *line = quote_line(quoter, loc_of(i));
	char place[PLACE_LEN];

	assert_string_equal(format_place(policy, loc_of(i), place), examples[i].place);
	assert_string_equal(mapping, examples[i].mapping);
	assert_string_equal(line, examples[i].line);
	free(mapping);
	free(line);
}

static void test_forward(void **state)
{
	struct quoter quoter = { .policy = policy };

	for (size_t i = 0; i < EXAMPLES; i++)
		check_example(&quoter, i);
}

static void test_backward(void **state)
{
	struct quoter quoter = { .policy = policy };

	for (size_t i = EXAMPLES; i-- > 0;)
		check_example(&quoter, i);
}

static void test_nowhere(void **state)
{
	struct quoter quoter = { .policy = policy };
	static const struct loc places[] = { {0, 0, 0}, {7, 1, 1} };
	char buf[PLACE_LEN];

	for (size_t i = 0; i < 2; i++) {
		assert_null(format_place(policy, &places[i], buf));
		assert_null(quote_line(&quoter, &places[i]));
		assert_null(quote_mapping(&quoter, &places[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_backward),
		cmocka_unit_test(test_nowhere),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
