// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "counters.h"
#include "limit.h"

#define SECOND 1000000000ULL
#define UNITS 64 /* per ns */

static void test_condition(void **state)
{
	static const struct {
		int64_t now;
		struct ident ident;
		enum condition condition;
	} examples[] = {
		{100, {.flags = 0}, CONDITION_ACTIVE},
		{100, {.quarantined_until = INT64_MAX}, CONDITION_QUARANTINED},
		{100, {.quarantined_until = 101}, CONDITION_QUARANTINED},
		{100, {.quarantined_until = 100}, CONDITION_ACTIVE},
		{100, {.flags = IDENT_VALIDITY, .valid_from = 100, .valid_until = 101}, CONDITION_ACTIVE},
		{100, {.flags = IDENT_VALIDITY, .valid_from = 101, .valid_until = 200}, CONDITION_EXPIRED},
		{100, {.flags = IDENT_VALIDITY, .valid_from = 0, .valid_until = 100}, CONDITION_EXPIRED},
		{100, {.flags = IDENT_VALIDITY, .valid_until = 1, .quarantined_until = INT64_MAX},
		 CONDITION_QUARANTINED},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		assert_int_equal(ident_condition(&examples[i].ident, examples[i].now),
				 examples[i].condition);
}

static void set_limit(struct profile *profile, enum bucket bucket, enum limit_kind kind,
		      uint64_t count, uint64_t burst)
{
	const struct rate rate = {.count = count, .period = SECOND, .burst = burst};
	struct gcra gcra;

	assert_int_equal(gcra_from_rate(&rate, kind, &gcra), 0);
	profile->mult[bucket] = gcra.mult;
	profile->burst[bucket] = gcra.burst;
	profile->shift[bucket] = gcra.shift;
}

static void test_fill(void **state)
{
	struct profile profile = {0};
	struct state counted = {0};
	uint64_t now = 1000 * SECOND;
	struct fill fill;

	assert_false(bucket_fill(&profile, &counted, BUCKET_SEND_PACKETS, now, &fill));
	set_limit(&profile, BUCKET_SEND_PACKETS, LIMIT_PACKETS, 50, 100);
	assert_true(bucket_fill(&profile, &counted, BUCKET_SEND_PACKETS, now, &fill));
	assert_float_equal(fill.rate, 50, 0.001);
	assert_int_equal(fill.burst, 100);
	assert_int_equal(fill.available, 100);
	/* 30 of them were just sent: 0.6 s ahead of time */
	counted.sent.tat[BUCKET_SEND_PACKETS - 1] = (now + SECOND * 6 / 10) * UNITS;
	bucket_fill(&profile, &counted, BUCKET_SEND_PACKETS, now, &fill);
	assert_int_equal(fill.available, 70);
	/* a second later it is idle */
	bucket_fill(&profile, &counted, BUCKET_SEND_PACKETS, now + SECOND, &fill);
	assert_int_equal(fill.available, 100);
	/* more than full, as a superframe leaves it */
	counted.sent.tat[BUCKET_SEND_PACKETS - 1] = (now + 60 * SECOND) * UNITS;
	bucket_fill(&profile, &counted, BUCKET_SEND_PACKETS, now, &fill);
	assert_int_equal(fill.available, 0);
}

static void test_fill_of_bytes(void **state)
{
	struct profile profile = {0};
	struct state counted = {0};
	struct fill fill;

	set_limit(&profile, BUCKET_RECEIVE_BYTES, LIMIT_BYTES, 65536, 16384);
	assert_true(bucket_fill(&profile, &counted, BUCKET_RECEIVE_BYTES, SECOND, &fill));
	assert_float_equal(fill.rate, 65536, 0.01);
	assert_int_equal(fill.burst, 16384);
}

static void test_counts(void **state)
{
	const struct state counted = {
		.sent = { .packets = 1, .bytes = 2, .dropped_packets = 5, .dropped_bytes = 6 },
		.received = { .packets = 3, .bytes = 4, .dropped_packets = 7, .dropped_bytes = 8 },
		.sent_audit_packets = 9, .sent_audit_bytes = 10,
		.received_audit_packets = 11, .received_audit_bytes = 12,
		.refused = PICKET_REFUSED(SECOND, REASON_SEGMENT),
	};
	struct counts sent = counts_of(&counted, DIR_SEND), received = counts_of(&counted, DIR_RECEIVE);
	struct counts sum = counts_of_both(&counted);

	assert_int_equal(sent.packets, 1);
	assert_int_equal(sent.audit_bytes, 10);
	assert_int_equal(received.dropped_packets, 7);
	assert_int_equal(sum.packets, 4);
	assert_int_equal(sum.bytes, 6);
	assert_int_equal(sum.dropped_packets, 12);
	assert_int_equal(sum.dropped_bytes, 14);
	assert_int_equal(sum.audit_packets, 20);
	assert_int_equal(sum.audit_bytes, 22);
	assert_int_equal(last_reason(&counted), REASON_SEGMENT);
	assert_int_equal(last_reason(&(struct state){}), REASON_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_condition),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_fill_of_bytes),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
