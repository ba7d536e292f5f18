// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eventfilter.h"

struct want {
	const char *key, *value;
};

static const struct example {
	struct want wants[4];
	enum reason reason;
	const char *device, *segment;
	bool match;
} examples[] = {
	{{{0}}, REASON_SPOOFED, NULL, NULL, true},
	{{{"reason", "spoofed"}}, REASON_SPOOFED, NULL, NULL, true},
	{{{"reason", "spoofed"}}, REASON_MARTIAN, NULL, NULL, false},
	{{{"reason", "malformed"}}, REASON_MALFORMED, NULL, NULL, true},
	{{{"reason", "limit-bytes"}}, REASON_LIMIT_BYTES, "a", "s", true},
	{{{"reason", "spoofed"}, {"reason", "martian"}}, REASON_MARTIAN, NULL, NULL, true},
	{{{"device", "a"}}, REASON_SPOOFED, "a", "s", true},
	{{{"device", "a"}}, REASON_SPOOFED, "A", "s", false},
	{{{"device", "a"}}, REASON_SPOOFED, NULL, "s", false},
	{{{"device", "b"}, {"device", "a"}}, REASON_SPOOFED, "a", "s", true},
	{{{"segment", "s"}}, REASON_SPOOFED, "a", "s", true},
	{{{"segment", "s"}}, REASON_SPOOFED, "a", "st", false},
	{{{"segment", "s"}}, REASON_SPOOFED, "a", NULL, false},
	{{{"segment", "s"}, {"device", "a"}}, REASON_SPOOFED, "a", "s", true},
	{{{"segment", "s"}, {"device", "a"}}, REASON_SPOOFED, "b", "s", false},
	{{{"segment", "s"}, {"device", "a"}, {"reason", "fragment"}}, REASON_SPOOFED, "a", "s", false},
	{{{"segment", "t"}, {"segment", "s"}, {"device", "a"}, {"reason", "spoofed"}}, REASON_SPOOFED, "a",
	 "s", true},
};

static void test_match(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *example = &examples[i];
		const struct event event = {.reason = example->reason};
		const struct event_names names = {.device = example->device, .segment = example->segment};
		struct eventfilter filter = {0};
		char why[EVENTFILTER_WHY];

		print_message("example %zu\n", i);
		for (int j = 0; j < 4 && example->wants[j].key; j++)
			assert_int_equal(eventfilter_add(&filter, example->wants[j].key,
							 example->wants[j].value, why), 0);
		assert_int_equal(eventfilter_match(&filter, &event, &names), example->match);
		eventfilter_clear(&filter);
	}
}

static const struct refusal {
	struct want want;
	const char *why;
} refusals[] = {
	{{"reason", "role-conect"}, "there is no reason 'role-conect'; did you mean 'role-connect'?"},
	{{"reason", "SPOOFED"}, "there is no reason 'SPOOFED'"},
	{{"reason", ""}, "there is no reason ''"},
	{{"devise", "a"}, "events are not filtered by 'devise'; did you mean 'device'?"},
	{{"", "a"}, "events are not filtered by ''"},
};

static void test_refusals(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct eventfilter filter = {0};
		char why[EVENTFILTER_WHY] = "";

		assert_int_equal(eventfilter_add(&filter, refusals[i].want.key, refusals[i].want.value, why),
				 -EINVAL);
		assert_string_equal(why, refusals[i].why);
		assert_int_equal(filter.reasons, 0);
		eventfilter_clear(&filter);
	}
}

/* Whatever a query holds, the sentence has room for it. */
static void test_long_words(void **state)
{
	static char word[10000];
	char why[EVENTFILTER_WHY];
	struct eventfilter filter = {0};

	memset(word, 'x', sizeof(word) - 1);
	assert_int_equal(eventfilter_add(&filter, "reason", word, why), -EINVAL);
	assert_int_equal(strlen(why), strlen("there is no reason ''") + 64);
	assert_int_equal(eventfilter_add(&filter, "device", word, why), 0);
	eventfilter_clear(&filter);
}

static void test_totals(void **state)
{
	struct eventfilter filter = {0};
	char why[EVENTFILTER_WHY];

	assert_true(eventfilter_wants_segment(&filter, NULL));
	assert_true(eventfilter_wants_reason(&filter, REASON_EXPIRED));
	assert_int_equal(eventfilter_add(&filter, "segment", "s", why), 0);
	assert_int_equal(eventfilter_add(&filter, "reason", "expired", why), 0);
	assert_false(eventfilter_wants_segment(&filter, NULL));
	assert_true(eventfilter_wants_segment(&filter, "s"));
	assert_true(eventfilter_wants_reason(&filter, REASON_EXPIRED));
	assert_false(eventfilter_wants_reason(&filter, REASON_QUARANTINED));
	assert_false(eventfilter_wants_reason(&filter, 200));
	eventfilter_clear(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_totals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
