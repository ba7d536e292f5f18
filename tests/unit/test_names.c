// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "commands.h"
#include "names.h"

#define SECOND 1000000000LL

static void test_reasons(void **state)
{
	assert_null(reason_name(REASON_NONE));
	assert_string_equal(reason_name(REASON_MALFORMED), "malformed");
	assert_string_equal(reason_name(REASON_LIMIT_BYTES), "limit-bytes");
	assert_string_equal(reason_name(REASON_COUNT), "unknown");
	assert_string_equal(verdict_name(VERDICT_AUDIT), "audit");
	assert_string_equal(verdict_name(3), "unknown");
}

static void test_durations(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} examples[] = {
		{0, "0s"}, {1, "1ns"}, {1500, "1us"}, {250000000, "250ms"}, {SECOND, "1s"},
		{61 * SECOND, "1m1s"}, {60 * SECOND, "1m"}, {5400 * SECOND, "1h30m"},
		{86400 * SECOND + 59, "1d"}, {90000 * SECOND, "1d1h"}, {-90 * SECOND, "-1m30s"},
		{INT64_MAX, "106751d23h"}, {INT64_MIN, "-106751d23h"},
	};
	char buf[DURATION_LEN];

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		assert_string_equal(format_duration(examples[i].ns, buf), examples[i].text);
}

static void test_parse_durations(void **state)
{
	static const char *const bad[] = {
		"", "0", "0s", "5", "s", "1x", "-1s", " 1s", "1s ", "1 s", "1.5h", "1hh", "36501d",
		"99999999999999999999s", "36500d1s",
	};
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{"60s", 60 * SECOND}, {"1h30m", 5400 * SECOND}, {"500ms", SECOND / 2},
		{"2d", 172800 * SECOND}, {"1m", 60 * SECOND}, {"1ns", 1}, {"36500d", 36500LL * 86400 * SECOND},
	};
	int64_t ns = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse_duration(bad[i], &ns), -EINVAL);
		assert_int_equal(ns, 7);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_duration(good[i].text, &ns), 0);
		assert_int_equal(ns, good[i].ns);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} examples[] = {
		{0, "0 B"}, {1023, "1023 B"}, {1024, "1.0 KiB"}, {1536, "1.5 KiB"},
		{1048575, "1.0 MiB"}, {UINT64_MAX, "16.0 EiB"},
	};
	char buf[SIZE_LEN];

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		assert_string_equal(format_size(examples[i].bytes, buf), examples[i].text);
}

static void test_addresses(void **state)
{
	static const char *const good[] = {"10.20.0.17", "fd00:20::1", "::", "0.0.0.0", "::1"};
	static const char *const bad[] = {"", "10.20.0", "10.20.0.256", "fd00:", "a", "10.0.0.1/8"};
	struct picket_addr addr;
	char buf[ADDR_LEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse_addr(good[i], &addr), 0);
		assert_string_equal(format_addr(&addr, buf), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_addr(bad[i], &addr), -EINVAL);
}

static void test_macs(void **state)
{
	static const uint8_t mac[6] = {2, 0, 0x5e, 0x10, 0, 0x17};
	char buf[MAC_LEN];

	assert_string_equal(format_mac(mac, buf), "02:00:5e:10:00:17");
}

static void test_protocols(void **state)
{
	char buf[PROTOCOL_LEN];

	assert_string_equal(format_protocol(6, buf), "tcp");
	assert_string_equal(format_protocol(58, buf), "icmp");
	assert_string_equal(format_protocol(255, buf), "proto/255");
}

static void test_numbers(void **state)
{
	uint64_t number = 7;

	assert_int_equal(parse_number("0", 1, 9, &number), -EINVAL);
	assert_int_equal(parse_number("10", 1, 9, &number), -EINVAL);
	assert_int_equal(parse_number("+1", 1, 9, &number), -EINVAL);
	assert_int_equal(parse_number("1 ", 1, 9, &number), -EINVAL);
	assert_int_equal(parse_number("99999999999999999999", 0, UINT64_MAX, &number), -EINVAL);
	assert_int_equal(number, 7);
	assert_int_equal(parse_number("65535", 0, 65535, &number), 0);
	assert_int_equal(number, 65535);
}

static void test_hex(void **state)
{
	uint8_t bytes[3] = { 0 };

	assert_int_equal(parse_hex("0aFf1x", bytes, 3), 2);
	assert_int_equal(bytes[0], 0x0a);
	assert_int_equal(bytes[1], 0xff);
	assert_int_equal(parse_hex("010203040506", bytes, 3), 3);
	assert_int_equal(bytes[2], 3);
	assert_int_equal(parse_hex("012", bytes, 3), 1); /* half a byte is none */
	assert_int_equal(parse_hex("01 02", bytes, 3), 1);
	assert_int_equal(parse_hex("", bytes, 3), 0);
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"check", "apply", "drops", "devices", "go"};

	assert_string_equal(nearest_name("aply", names, 5), "apply");
	assert_string_equal(nearest_name("device", names, 5), "devices");
	assert_string_equal(nearest_name("dropps", names, 5), "drops");
	assert_null(nearest_name("frobnicate", names, 5));
	assert_null(nearest_name("xy", names, 5));
	assert_null(nearest_name("", names, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_parse_durations),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
