// SPDX-License-Identifier: GPL-2.0-only
/*
 * One sequence of calls, both renderers: what they are to print is stated beside it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "output.h"

static void empty_list(struct output *out)
{
	output_begin_list(out, "devices");
	output_end_list(out);
}

static void device(struct output *out, const char *name, const char *segment, uint64_t passed)
{
	output_begin_object(out, NULL);
	output_string(out, "device", name);
	output_string(out, "segment", segment);
	output_number(out, "passed_packets", passed);
	output_end_object(out);
}

static void table(struct output *out)
{
	output_begin_list(out, "devices");
	device(out, "a", "sensors", 7);
	device(out, "therm-17", NULL, INT64_MAX);
	output_end_list(out);
}

static void ragged(struct output *out)
{
	output_begin_list(out, "rows");
	output_begin_object(out, NULL);
	output_string(out, "a", "1");
	output_string(out, "b", "2");
	output_end_object(out);
	output_begin_object(out, NULL);
	output_string(out, "b", "3");
	output_string(out, "c", "4");
	output_end_object(out);
	output_end_list(out);
}

static void lists_in_rows(struct output *out)
{
	output_begin_list(out, "rows");
	for (int i = 0; i < 3; i++) {
		output_begin_object(out, NULL);
		output_begin_list(out, "addresses");
		for (int j = 0; j < i; j++)
			output_string(out, NULL, j ? "fd00::1" : "10.0.0.1");
		output_end_list(out);
		output_bool(out, "router", i == 1);
		output_end_object(out);
	}
	output_end_list(out);
}

static void object(struct output *out)
{
	output_begin_object(out, NULL);
	output_string(out, "policy", "factory");
	output_bytes(out, "passed_bytes", 1536);
	output_begin_list(out, "roles");
	output_string(out, NULL, "base");
	output_string(out, NULL, "thermometer");
	output_end_list(out);
	output_begin_list(out, "ports");
	output_end_list(out);
	output_begin_object(out, "flows");
	output_number(out, "live", 3);
	output_null(out, "lost");
	output_end_object(out);
	output_begin_list(out, "devices");
	device(out, "a", "b", 1);
	output_end_list(out);
	output_bool(out, "live", true);
	output_end_object(out);
}

static void times(struct output *out)
{
	output_begin_object(out, NULL);
	output_time(out, "since", 1700000000000001000);
	output_time(out, "before_1970", -1500000000);
	output_time(out, "never", INT64_MAX);
	output_ago(out, "seen", 1700000000000000000, 1700000192000000000);
	output_ago(out, "ahead", 1700000001000000000, 1700000000000000000);
	output_duration(out, "idle", 5400000000000);
	output_end_object(out);
}

static void lines(struct output *out)
{
	for (int i = 0; i < 2; i++) {
		output_begin_line(out);
		output_time(out, "time", 1700000000000000000 + i);
		output_word(out, "verdict", i ? "pass" : "drop");
		output_word(out, "reason", i ? NULL : "segment");
		output_string(out, "device", i ? NULL : "therm 17");
		output_number(out, "count", i);
		output_end_line(out);
	}
}

static void sentence(struct output *out, enum output_mark mark, const char *name)
{
	output_begin_object(out, NULL);
	output_mark(out, "change", mark);
	output_string(out, "name", name);
	output_begin_list(out, "fields");
	output_begin_object(out, NULL);
	output_word(out, "field", "role");
	output_end_object(out);
	output_end_list(out);
	output_word(out, "text", name);
	output_end_object(out);
}

static void sentences(struct output *out)
{
	output_begin_object(out, NULL);
	output_string(out, "policy", "factory");
	output_begin_lines(out, "peers", 2);
	output_end_lines(out);
	output_begin_lines(out, "the_devices", 2);
	sentence(out, MARK_REMOVED, "a");
	sentence(out, MARK_CHANGED, "b\033[31m");
	sentence(out, MARK_ADDED, "c");
	output_end_lines(out);
	output_number(out, "n", 3);
	output_end_object(out);
}

static void hostile(struct output *out)
{
	output_begin_object(out, NULL);
	output_string(out, "name", "a\"\\\033[31m\n\xff\xc3\xa9\t");
	output_end_object(out);
}

static void records(struct output *out)
{
	output_begin_records(out, "drops");
	device(out, "a", "b", 1);
	device(out, "c", "d", 2);
	output_end_records(out);
}

static void no_records(struct output *out)
{
	output_begin_records(out, "drops");
	output_end_records(out);
}

static void reals(struct output *out)
{
	output_begin_object(out, NULL);
	output_real(out, "a", 50);
	output_real(out, "b", 1.0 / 3);
	output_real(out, "c", 1e9);
	output_real(out, "d", -0.5);
	output_real(out, "e", 0.0 / 0.0);
	output_real(out, "f", 0);
	output_end_object(out);
}

static void scalars(struct output *out)
{
	output_begin_list(out, "ports");
	output_string(out, NULL, "lan0");
	output_number(out, NULL, 7);
	output_end_list(out);
}

static const struct example {
	const char *name;
	void (*print)(struct output *out);
	const char *text, *json;
} examples[] = {
	{"empty list", empty_list, "no devices\n", "[]\n"},
	{
		"table", table,
		"DEVICE    SEGMENT       PASSED PACKETS\n"
		"a         sensors                    7\n"
		"therm-17  -        9223372036854775807\n",
		"[\n{\"device\":\"a\",\"segment\":\"sensors\",\"passed_packets\":7},\n"
		"{\"device\":\"therm-17\",\"segment\":null,\"passed_packets\":9223372036854775807}\n]\n",
	},
	{
		"ragged rows", ragged,
		"A  B  C\n1  2  -\n-  3  4\n",
		"[\n{\"a\":\"1\",\"b\":\"2\"},\n{\"b\":\"3\",\"c\":\"4\"}\n]\n",
	},
	{
		"lists in rows", lists_in_rows,
		"ADDRESSES          ROUTER\n"
		"-                  no\n"
		"10.0.0.1           yes\n"
		"10.0.0.1, fd00::1  no\n",
		"[\n{\"addresses\":[],\"router\":false},\n"
		"{\"addresses\":[\"10.0.0.1\"],\"router\":true},\n"
		"{\"addresses\":[\"10.0.0.1\",\"fd00::1\"],\"router\":false}\n]\n",
	},
	{
		"object", object,
		"policy:        factory\n"
		"passed bytes:  1.5 KiB\n"
		"roles:         base, thermometer\n"
		"ports:         none\n"
		"flows:\n"
		"  live:  3\n"
		"  lost:  -\n"
		"devices:\n"
		"  DEVICE  SEGMENT  PASSED PACKETS\n"
		"  a       b                     1\n"
		"live:  yes\n",
		"{\"policy\":\"factory\",\"passed_bytes\":1536,\"roles\":[\"base\",\"thermometer\"],\"ports\":[],"
		"\"flows\":{\"live\":3,\"lost\":null},"
		"\"devices\":[{\"device\":\"a\",\"segment\":\"b\",\"passed_packets\":1}],\"live\":true}\n",
	},
	{
		"times", times,
		"since:        2023-11-14T22:13:20.000001Z\n"
		"before 1970:  1969-12-31T23:59:58.500000Z\n"
		"never:        -\n"
		"seen:         3m12s ago\n"
		"ahead:        0s ago\n"
		"idle:         1h30m\n",
		"{\"since\":1700000000.000001,\"before_1970\":-1.500000,\"never\":null,"
		"\"seen\":1700000000.000000,\"ahead\":1700000001.000000,\"idle\":5400.000000}\n",
	},
	{
		"lines", lines,
		"2023-11-14T22:13:20Z drop segment device=\"therm 17\" count=0\n"
		"2023-11-14T22:13:20Z pass count=1\n",
		"{\"time\":1700000000.000000,\"verdict\":\"drop\",\"reason\":\"segment\","
		"\"device\":\"therm 17\",\"count\":0}\n"
		"{\"time\":1700000000.000000,\"verdict\":\"pass\",\"reason\":null,\"device\":null,\"count\":1}\n",
	},
	{
		"sentences", sentences,
		"policy:  factory\n"
		"the devices:\n"
		"  - a\n"
		"  ~ b?[31m\n"
		"  ... and 1 more\n"
		"n:  3\n",
		"{\"policy\":\"factory\",\"peers\":[],\"the_devices\":["
		"{\"change\":\"removed\",\"name\":\"a\",\"fields\":[{\"field\":\"role\"}],\"text\":\"a\"},"
		"{\"change\":\"changed\",\"name\":\"b\\u001b[31m\",\"fields\":[{\"field\":\"role\"}],"
		"\"text\":\"b\\u001b[31m\"},"
		"{\"change\":\"added\",\"name\":\"c\",\"fields\":[{\"field\":\"role\"}],\"text\":\"c\"}],\"n\":3}\n",
	},
	{
		"hostile names", hostile,
		"name:  a\"\\?[31m??\xc3\xa9 \n",
		"{\"name\":\"a\\u0022\\u005c\\u001b[31m\\u000a\\ufffd\xc3\xa9\\u0009\"}\n",
	},
	{
		"records", records,
		"DEVICE  SEGMENT  PASSED PACKETS\n"
		"a       b                     1\n"
		"c       d                     2\n",
		"{\"device\":\"a\",\"segment\":\"b\",\"passed_packets\":1}\n"
		"{\"device\":\"c\",\"segment\":\"d\",\"passed_packets\":2}\n",
	},
	{"no records", no_records, "no drops\n", ""},
	{
		"reals", reals,
		"a:  50\nb:  0.333333\nc:  1000000000\nd:  -0.5\ne:  -\nf:  0\n",
		"{\"a\":50,\"b\":0.333333,\"c\":1000000000,\"d\":-0.5,\"e\":null,\"f\":0}\n",
	},
	{"scalars", scalars, "lan0\n7\n", "[\n\"lan0\",\n7\n]\n"},
};

static char *printed(void (*print)(struct output *out), bool json)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	struct output *out = output_new(stream, json);

	assert_non_null(out);
	print(out);
	assert_int_equal(output_close(out), 0);
	fclose(stream);
	return text;
}

static void test_examples(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		char *text = printed(examples[i].print, false);
		char *json = printed(examples[i].print, true);

		print_message("%s\n", examples[i].name);
		assert_string_equal(text, examples[i].text);
		assert_string_equal(json, examples[i].json);
		free(text);
		free(json);
	}
}

/* Somebody else's reader understands all of it. */
static void test_json_is_json(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		char *json = printed(examples[i].print, true);

		for (const char *at = json; *at;) {
			json_error_t error;
			json_t *value = json_loads(at, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES |
						   JSON_ALLOW_NUL, &error);
			assert_non_null(value);
			json_decref(value);
			at += error.position;
			at += strspn(at, "\n");
		}
		free(json);
	}
}

#define MILLION 1000000

static void test_a_million_rows(void **state)
{
	struct timespec from, to;
	FILE *stream = fopen("/dev/null", "w");
	struct output *out = output_new(stream, true);

	clock_gettime(CLOCK_MONOTONIC, &from);
	output_begin_list(out, "devices");
	for (int i = 0; i < MILLION; i++)
		device(out, "therm-17", "sensors", i);
	output_end_list(out);
	assert_int_equal(output_close(out), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	fclose(stream);
	/* half a second even with sanitizers; a busy machine may take its time */
	assert_true(to.tv_sec - from.tv_sec < 20);
}

static void test_a_full_disk(void **state)
{
	for (int json = 0; json < 2; json++) {
		FILE *stream = fopen("/dev/full", "w");
		struct output *out = output_new(stream, json);

		table(out);
		assert_int_equal(output_close(out), -ENOSPC);
		fclose(stream);
	}
}

static void test_too_deep(void **state)
{
	for (int json = 0; json < 2; json++) {
		FILE *stream = fopen("/dev/null", "w");
		struct output *out = output_new(stream, json);

		for (int i = 0; i < 40; i++)
			output_begin_object(out, "inner");
		for (int i = 0; i < 40; i++)
			output_end_object(out);
		assert_int_equal(output_close(out), -E2BIG);
		fclose(stream);
	}
}

static void test_flush(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);
	struct output *out = output_new(stream, true);

	output_begin_line(out);
	output_number(out, "a", 1);
	output_end_line(out);
	assert_int_equal(output_flush(out), 0);
	assert_int_equal(len, strlen("{\"a\":1}\n"));
	assert_int_equal(output_close(out), 0);
	fclose(stream);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_json_is_json),
		cmocka_unit_test(test_a_million_rows),
		cmocka_unit_test(test_a_full_disk),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
