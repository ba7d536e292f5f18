// SPDX-License-Identifier: GPL-2.0-only
/* Single values: what they read as, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "value.h"

#define REFUSED INT64_MIN

static struct diag *diag;

static struct text text_of(const char *s)
{
	return (struct text){ .s = s, .len = strlen(s), .loc = { 0, 1, 1 } };
}

static int setup(void **state)
{
	diag = diag_new();
	return diag ? 0 : -1;
}

static int teardown(void **state)
{
	diag_free(diag);
	return 0;
}

/* A value is refused with exactly one error, and taken with none. */
static void assert_verdict(const char *what, bool taken, bool expected, size_t errors)
{
	if (taken != expected)
		print_error("\"%s\" was %s\n", what, taken ? "taken" : "refused");
	assert_int_equal(taken, expected);
	assert_int_equal(diag->nerrors - errors, !expected);
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t ns; /* REFUSED */
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01t00:00:00z", 0 },
		{ "1970-01-01 00:00:01+00:00", 1000000000 },
		{ "1969-12-31T23:59:59Z", -1000000000 },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1969-12-31T19:00:00-05:00", 0 },
		{ "1970-01-01T00:00:00.000000001Z", 1 },
		{ "1970-01-01T00:00:00.5Z", 500000000 },
		{ "1970-01-01T00:00:00.1234567899Z", 123456789 },
		{ "2000-02-29T00:00:00Z", 951782400000000000 },
		{ "2026-11-23T23:41:30Z", 1795477290000000000 },
		{ "2016-12-31T23:59:60Z", 1483228800000000000 },
		{ "1678-01-01T00:00:00Z", -9214560000000000000 },
		{ "2262-01-01T00:00:00Z", 9214646400000000000 },
		{ "2263-01-01T00:00:00Z", REFUSED },
		{ "0000-01-01T00:00:00Z", REFUSED },
		{ "1900-02-29T00:00:00Z", REFUSED },
		{ "2026-13-01T00:00:00Z", REFUSED },
		{ "2026-00-01T00:00:00Z", REFUSED },
		{ "2026-11-31T00:00:00Z", REFUSED },
		{ "2026-11-23T24:00:00Z", REFUSED },
		{ "2026-11-23T23:60:00Z", REFUSED },
		{ "2026-11-23T23:41:61Z", REFUSED },
		{ "2026-11-23T23:41:30", REFUSED },
		{ "2026-11-23T23:41:30.Z", REFUSED },
		{ "2026-11-23T23:41:30+1:00", REFUSED },
		{ "2026-11-23T23:41:30+01", REFUSED },
		{ "2026-11-23T23:41:30+24:00", REFUSED },
		{ "2026-11-23T23:41:30Zz", REFUSED },
		{ "2026-11-23", REFUSED },
		{ "20261123T234130Z", REFUSED },
		{ "", REFUSED },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text text = text_of(cases[i].text);
		size_t errors = diag->nerrors;
		int64_t ns = 42;
		bool taken = value_time(diag, &text, &ns);

		assert_verdict(cases[i].text, taken, cases[i].ns != REFUSED, errors);
		assert_int_equal(ns, taken ? cases[i].ns : 42);
	}
}

static void test_services(void **state)
{
	static const struct {
		const char *text;
		enum service_kind kind;
		int proto, lo, hi;
	} cases[] = {
		{ "any", SERVICE_ANY, 0, 0, 65535 },
		{ "icmp", SERVICE_ECHO, 0, 0, 65535 },
		{ "tcp", SERVICE_PROTO, 6, 0, 65535 },
		{ "udp/0", SERVICE_PROTO, 17, 0, 0 },
		{ "sctp/1-65535", SERVICE_PROTO, 132, 1, 65535 },
		{ "tcp/5-5", SERVICE_PROTO, 6, 5, 5 },
		{ "proto/0", SERVICE_PROTO, 0, 0, 65535 },
		{ "proto/255", SERVICE_PROTO, 255, 0, 65535 },
	};
	static const char *const refused[] = {
		"proto/6", "proto/17", "proto/132", "proto/1", "proto/58", "proto/256", "tcp/65536", "tcp/-1",
		"tcp/1-", "tcp/", "tcp/080", "tcp/2-1", "TCP", "any/1", "icmp/8", "tcp 80", "80", "",
	};
	struct service service = { 0 };
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text text = text_of(cases[i].text);

		assert_true(value_service(diag, &text, &service));
		assert_int_equal(service.kind, cases[i].kind);
		assert_int_equal(service.proto, cases[i].proto);
		assert_int_equal(service.lo, cases[i].lo);
		assert_int_equal(service.hi, cases[i].hi);
	}
	assert_int_equal(diag->nerrors, 0);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct text text = text_of(refused[i]);

		assert_verdict(refused[i], value_service(diag, &text, &service), false, i);
	}
}

static void test_rates(void **state)
{
	static const struct {
		const char *text;
		enum limit_kind kind;
		uint64_t count; /* 0: refused */
		uint64_t seconds;
	} cases[] = {
		{ "50/s", LIMIT_PACKETS, 50, 1 },
		{ "7/m", LIMIT_FLOWS, 7, 60 },
		{ "1/h", LIMIT_PACKETS, 1, 3600 },
		{ "64KiB/s", LIMIT_BYTES, 65536, 1 },
		{ "64KB/m", LIMIT_BYTES, 64000, 60 },
		{ "1GiB/h", LIMIT_BYTES, 1 << 30, 3600 },
		{ "3MB/s", LIMIT_BYTES, 3000000, 1 },
		{ "2MiB/s", LIMIT_BYTES, 2 << 20, 1 },
		{ "1GB/s", LIMIT_BYTES, 1000000000, 1 },
		{ "9B/s", LIMIT_BYTES, 9, 1 },
		{ "9/s", LIMIT_BYTES, 9, 1 },
		{ "64KiB/s", LIMIT_PACKETS, 0, 0 }, { "0/s", LIMIT_PACKETS, 0, 0 },
		{ "50", LIMIT_PACKETS, 0, 0 }, { "50/", LIMIT_PACKETS, 0, 0 },
		{ "/s", LIMIT_PACKETS, 0, 0 }, { "50/sec", LIMIT_PACKETS, 0, 0 },
		{ "-5/s", LIMIT_PACKETS, 0, 0 }, { "+5/s", LIMIT_PACKETS, 0, 0 },
		{ " 5/s", LIMIT_PACKETS, 0, 0 }, { "2oo/s", LIMIT_PACKETS, 0, 0 },
		{ "1.5/s", LIMIT_PACKETS, 0, 0 }, { "64kib/s", LIMIT_BYTES, 0, 0 },
		{ "64 KiB/s", LIMIT_BYTES, 0, 0 }, { "18446744073709551616/s", LIMIT_FLOWS, 0, 0 },
		{ "18446744073709551615KB/s", LIMIT_BYTES, 0, 0 }, { "", LIMIT_BYTES, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text text = text_of(cases[i].text);
		size_t errors = diag->nerrors;
		struct rate rate = { 0 };
		bool taken = value_rate(diag, &text, cases[i].kind, &rate);

		assert_verdict(cases[i].text, taken, cases[i].count, errors);
		assert_int_equal(rate.count, cases[i].count);
		assert_int_equal(rate.period, cases[i].seconds * NSEC_PER_SEC);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		bool lower, upper; /* taken */
	} cases[] = {
		{ "a", true, true }, { "0", true, true }, { "a_b.c-d", true, true },
		{ "Therm-17", false, true }, { "a B", false, false }, { "-a", false, false },
		{ ".a", false, false }, { "_a", false, false }, { "a/b", false, false },
		{ "a:b", false, false }, { "any", false, false }, { "gateway", false, false },
		{ "anyone", true, true }, { "10.0.0.1", false, false }, { "300.1.1.1", false, false },
		{ "10.0.0", true, true }, { "10.0.0.a", true, true }, { "", false, false },
		{ "\xc3\xa4", false, false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true, true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text text = text_of(cases[i].text);
		size_t errors = diag->nerrors;

		assert_verdict(cases[i].text, value_name(diag, &text, "role", false), cases[i].lower, errors);
		errors = diag->nerrors;
		assert_verdict(cases[i].text, value_name(diag, &text, "device", true), cases[i].upper,
			       errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_services, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
