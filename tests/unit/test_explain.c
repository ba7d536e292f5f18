// SPDX-License-Identifier: GPL-2.0-only
/* When two verdicts on one frame may differ, and when that is a fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "explain.h"

#define THERM 3
#define SENSORS 1

static const struct example {
	const char *name;
	enum verdict reading, program;
	enum reason reading_reason, program_reason;
	enum agreement offline, live;
} examples[] = {
	{"both pass", VERDICT_PASS, VERDICT_PASS, REASON_NONE, REASON_NONE, AGREE, AGREE},
	{"both drop", VERDICT_DROP, VERDICT_DROP, REASON_SEGMENT, REASON_SEGMENT, AGREE, AGREE},
	{"other reason", VERDICT_DROP, VERDICT_DROP, REASON_SEGMENT, REASON_ROLE_CONNECT, DISAGREE,
	 DISAGREE},
	{"drop or audit", VERDICT_DROP, VERDICT_AUDIT, REASON_SPOOFED, REASON_SPOOFED, DISAGREE, DISAGREE},
	{"a known flow", VERDICT_DROP, VERDICT_PASS, REASON_ROLE_CONNECT, REASON_NONE, DISAGREE,
	 AGREE_BUT_STATE},
	{"an answer", VERDICT_DROP, VERDICT_PASS, REASON_NO_FLOW, REASON_NONE, DISAGREE, AGREE_BUT_STATE},
	{"a marked flow", VERDICT_DROP, VERDICT_AUDIT, REASON_SEGMENT, REASON_ROLE_CONNECT, DISAGREE,
	 AGREE_BUT_STATE},
	{"a limit", VERDICT_PASS, VERDICT_DROP, REASON_NONE, REASON_LIMIT_BYTES, DISAGREE,
	 AGREE_BUT_STATE},
	{"no flow knows spoofing", VERDICT_DROP, VERDICT_PASS, REASON_SPOOFED, REASON_NONE, DISAGREE,
	 DISAGREE},
	{"nothing remembers a refusal", VERDICT_PASS, VERDICT_DROP, REASON_NONE, REASON_ROLE_CONNECT,
	 DISAGREE, DISAGREE},
	{"a limit comes after identity", VERDICT_DROP, VERDICT_DROP, REASON_SPOOFED,
	 REASON_LIMIT_PACKETS, DISAGREE, DISAGREE},
};

static void test_compare(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		const struct eval_verdict reading = {e->reading, e->reading_reason, THERM, SENSORS};
		struct eval_verdict program = {e->program, e->program_reason, THERM, SENSORS};

		print_message("%s\n", e->name);
		assert_int_equal(compare_verdicts(&reading, &program, false), e->offline);
		assert_int_equal(compare_verdicts(&reading, &program, true), e->live);
		program.device = INDEX_NONE;
		assert_int_equal(compare_verdicts(&reading, &program, true), DISAGREE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
