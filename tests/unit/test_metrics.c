// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exposition.h"
#include "metrics.h"

static const struct metric packets = { "picket_packets", METRIC_COUNTER, "Packets." };
static const struct metric flows = { "picket_flows", METRIC_GAUGE, "Flows." };
static const struct metric policy = { "picket_policy", METRIC_INFO, "The policy." };

static void write_all(struct exposition *to)
{
	exposition_begin(to, &packets);
	exposition_sample(to, (struct label[]){
		{ "segment", "sensors" }, { "verdict", "drop" }, {},
	}, UINT64_MAX);
	exposition_sample(to, (struct label[]){ { "segment", "servers" }, { "verdict", "pass" }, {} }, 0);
	exposition_begin(to, &flows);
	exposition_sample(to, NULL, 7);
	exposition_begin(to, &policy);
	exposition_sample(to, (struct label[]){ { "name", "home" }, {} }, 1);
	exposition_begin(to, &(struct metric){ "picket_time_seconds", METRIC_GAUGE, "Time." });
	exposition_seconds(to, NULL, 1700000000000001000);
	exposition_end(to);
}

static void test_formats(void **state)
{
	static const char *const expected[] = {
		"# HELP picket_packets_total Packets.\n"
		"# TYPE picket_packets_total counter\n"
		"picket_packets_total{segment=\"sensors\",verdict=\"drop\"} 18446744073709551615\n"
		"picket_packets_total{segment=\"servers\",verdict=\"pass\"} 0\n"
		"# HELP picket_flows Flows.\n"
		"# TYPE picket_flows gauge\n"
		"picket_flows 7\n"
		"# HELP picket_policy_info The policy.\n"
		"# TYPE picket_policy_info gauge\n"
		"picket_policy_info{name=\"home\"} 1\n"
		"# HELP picket_time_seconds Time.\n"
		"# TYPE picket_time_seconds gauge\n"
		"picket_time_seconds 1700000000.000001000\n",

		"# HELP picket_packets Packets.\n"
		"# TYPE picket_packets counter\n"
		"picket_packets_total{segment=\"sensors\",verdict=\"drop\"} 18446744073709551615\n"
		"picket_packets_total{segment=\"servers\",verdict=\"pass\"} 0\n"
		"# HELP picket_flows Flows.\n"
		"# TYPE picket_flows gauge\n"
		"picket_flows 7\n"
		"# HELP picket_policy The policy.\n"
		"# TYPE picket_policy info\n"
		"picket_policy_info{name=\"home\"} 1\n"
		"# HELP picket_time_seconds Time.\n"
		"# TYPE picket_time_seconds gauge\n"
		"picket_time_seconds 1700000000.000001000\n"
		"# EOF\n",
	};

	for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
		char *text = NULL;
		size_t len;
		struct exposition to = { .to = open_memstream(&text, &len), .openmetrics = openmetrics };

		assert_non_null(to.to);
		write_all(&to);
		fclose(to.to);
		assert_string_equal(text, expected[openmetrics]);
		free(text);
	}
}

static void test_label_values(void **state)
{
	static const struct {
		const char *value, *written;
	} examples[] = {
		{ "", "" },
		{ "therm-17", "therm-17" },
		{ "a\"b", "a\\\"b" },
		{ "a\\b", "a\\\\b" },
		{ "a\nb", "a\\nb" },
		{ "\"", "\\\"" },
		{ "\\n", "\\\\n" },
		{ "caf\xc3\xa9 1", "caf\xc3\xa9 1" },
		{ "caf\xe9 1", "caf\xef\xbf\xbd 1" },
		{ "\xf0\x9f\x8c\xa1", "\xf0\x9f\x8c\xa1" },
		{ "cut \xc3", "cut \xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "a} 1\npicket_up{b=\"c", "a} 1\\npicket_up{b=\\\"c" },
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		char *text = NULL, expected[128];
		size_t len;
		struct exposition to = { .to = open_memstream(&text, &len), .metric = &flows };

		assert_non_null(to.to);
		exposition_sample(&to, (struct label[]){ { "name", examples[i].value }, {} }, 1);
		fclose(to.to);
		snprintf(expected, sizeof(expected), "picket_flows{name=\"%s\"} 1\n", examples[i].written);
		assert_string_equal(text, expected);
		free(text);
	}
}

static void test_accept(void **state)
{
	static const struct {
		const char *accept;
		bool openmetrics;
	} examples[] = {
		{ NULL, false },
		{ "", false },
		{ "*/*", false },
		{ "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false },
		{ "application/openmetrics-text", true },
		{ "Application/OpenMetrics-Text; version=1.0.0", true },
		{ "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true },
		{ "text/plain;version=0.0.4,application/openmetrics-text;version=0.0.1;q=0.75", true },
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		assert_int_equal(exposition_wants_openmetrics(examples[i].accept), examples[i].openmetrics);
}

static void test_device_metrics(void **state)
{
	static const struct {
		const char *text;
		uint32_t devices;
	} good[] = {
		{ "all", METRICS_ALL_DEVICES }, { "none", METRICS_NO_DEVICES },
		{ "top=1", 1 }, { "top=100", 100 }, { "top=10000", 10000 },
	};
	static const char *const bad[] = {
		"", "All", "top", "top=", "top=0", "top=-1", "top=10001", "top=1x", "top= 1", "100", "none ",
		"all,none",
	};
	uint32_t devices = 77;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_device_metrics(good[i].text, &devices), 0);
		assert_int_equal(devices, good[i].devices);
	}
	devices = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(parse_device_metrics(bad[i], &devices), 0);
		assert_int_equal(devices, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_label_values),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_device_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
