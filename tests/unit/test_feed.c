// SPDX-License-Identifier: GPL-2.0-only
/*
 * The feed: readers at their own pace, what a slow one loses; and an event that comes back from its line of JSON
 * as it was.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <netinet/in.h>

#include "eventremote.h"
#include "feed.h"
#include "names.h"

static struct event example(void)
{
	struct event event = {
		.count = 12, .bytes = 98, .vlan = 7, .ethertype = 0x0800, .sport = 4000, .dport = 53,
		.mac = { 2, 0, 0x5e, 0x10, 0, 0x17 }, .verdict = VERDICT_AUDIT, .reason = REASON_ROLE_CONNECT,
		.protocol = IPPROTO_UDP, .flags = EVENT_IP | EVENT_PORTS,
	};

	parse_addr("10.20.0.17", &event.src);
	parse_addr("10.1.0.10", &event.dst);
	return event;
}

static const struct event_names names = {
	.device = "therm-17", .roles = "a, b", .segment = "sensors", .interface = "lan0",
	.time = 1795748408296349000,
};

static struct feed *new_feed(size_t n)
{
	struct event event = example();
	struct feed *feed;

	assert_int_equal(feed_new(&feed), 0);
	for (size_t i = 0; i < n; i++) {
		event.count = i + 1;
		assert_non_null(feed_add(feed, &event, &names));
	}
	return feed;
}

static void note_count(const struct feed_note *note, void *context)
{
	*(uint64_t *)context = note->event->count;
}

static void test_in_order(void **state)
{
	struct feed *feed = new_feed(3);
	uint64_t count = 0, cursor = 0;

	for (uint64_t i = 1; i <= 3; i++) {
		cursor = feed_next(feed, cursor, note_count, &count);
		assert_int_equal(cursor, i);
		assert_int_equal(count, i);
	}
	assert_int_equal(feed_next(feed, cursor, note_count, &count), 0);
	assert_int_equal(feed_last(feed), 3);
	feed_free(feed);
}

static void test_slow_reader(void **state)
{
	struct feed *feed = new_feed(FEED_KEPT + 10);
	uint64_t count = 0;

	/* The first ten are lost, and the ids tell so. */
	assert_int_equal(feed_next(feed, 0, note_count, &count), 11);
	assert_int_equal(count, 11);
	assert_int_equal(feed_next(feed, FEED_KEPT + 9, note_count, &count), FEED_KEPT + 10);
	feed_free(feed);
}

static void count_call(void *context)
{
	++*(int *)context;
}

static void test_watchers(void **state)
{
	struct feed *feed = new_feed(1);
	struct event event = example();
	int calls = 0;

	assert_int_equal(feed_watch(feed, count_call, &calls), 0);
	feed_add(feed, &event, &names);
	assert_int_equal(calls, 1);
	feed_unwatch(feed, &calls);
	feed_add(feed, &event, &names);
	assert_int_equal(calls, 1);
	feed_free(feed);
}

static void note_names(const struct feed_note *note, void *context)
{
	assert_string_equal(note->device, "therm-17");
	assert_string_equal(note->role, "a, b");
	assert_string_equal(note->segment, "sensors");
	assert_int_equal(strcspn(note->json, "\n"), strlen(note->json) - 1);
}

static void test_names(void **state)
{
	struct feed *feed = new_feed(1);

	assert_int_equal(feed_next(feed, 0, note_names, NULL), 1);
	feed_free(feed);
}

/* By way of its JSON, and back. */
static void assert_round_trip(const struct event *event, const struct event_names *given)
{
	struct feed *feed;
	struct event_names got_names;
	struct event got;
	json_t *json;

	assert_int_equal(feed_new(&feed), 0);
	json = json_loads(feed_add(feed, event, given), 0, NULL);
	assert_non_null(json);
	assert_int_equal(event_from_json(json, &got, &got_names), 0);
	assert_memory_equal(&got, event, sizeof(got));
	assert_int_equal(got_names.time, given->time);
	if (given->device)
		assert_string_equal(got_names.device, given->device);
	else
		assert_null(got_names.device);
	if (given->roles)
		assert_string_equal(got_names.roles, given->roles);
	assert_string_equal(got_names.interface, given->interface);
	json_decref(json);
	feed_free(feed);
}

static void test_round_trips(void **state)
{
	struct event event = example();
	struct event_names nobody = { .interface = "lan0", .time = 1000 };

	assert_round_trip(&event, &names);
	event.verdict = VERDICT_DROP;
	event.flags |= EVENT_OUT;
	assert_round_trip(&event, &names);
	event.protocol = IPPROTO_ICMP;
	event.flags = EVENT_IP;
	event.sport = event.dport = 0;
	event.icmp_type = 8;
	assert_round_trip(&event, &names);
	event.protocol = 47;
	event.icmp_type = 0;
	assert_round_trip(&event, &nobody);
	event.flags = EVENT_IP | EVENT_IPV6;
	event.ethertype = 0x86dd;
	event.protocol = IPPROTO_ICMPV6;
	event.icmp_type = 128;
	parse_addr("fd00:20::17", &event.src);
	parse_addr("fd00:1::10", &event.dst);
	assert_round_trip(&event, &nobody);
	event = (struct event){
		.count = 1, .bytes = 60, .ethertype = 0x88cc, .verdict = VERDICT_DROP, .reason = REASON_ETHERTYPE,
	};
	assert_round_trip(&event, &nobody);
}

static void test_bad_json(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"verdict\":\"drop\"}", "{\"verdict\":\"drop\",\"reason\":\"no\",\"direction\":\"in\"}",
		"{\"verdict\":1,\"reason\":\"segment\",\"direction\":\"in\",\"count\":1}",
		"{\"verdict\":\"drop\",\"reason\":\"segment\",\"direction\":\"in\",\"count\":1,\"mac\":\"zz\"}",
		"{\"verdict\":\"drop\",\"reason\":\"segment\",\"direction\":\"in\"}",
		"{\"verdict\":\"drop\",\"reason\":\"segment\",\"direction\":\"in\",\"count\":-1}",
	};
	struct event_names got_names;
	struct event event;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *json = json_loads(bad[i], 0, NULL);

		assert_non_null(json);
		assert_int_equal(event_from_json(json, &event, &got_names), -EINVAL);
		json_decref(json);
	}
}

/* Whatever the socket says, nothing is read past its end, and no number is turned into one that it cannot be. */
static void test_odd_json(void **state)
{
	static const struct {
		const char *more;
		unsigned int captured;
		int64_t time;
	} odd[] = {
		{ "\"frame\":\"02005\"", 2, 0 },
		{ "\"frame\":\"0\"", 0, 0 },
		{ "\"frame\":\"02 0\"", 1, 0 },
		{ "\"time\":1e300", 0, 0 },
		{ "\"time\":-1e300", 0, 0 },
		{ "\"time\":-1.5", 0, 0 },
		{ "\"time\":9223372036.9", 0, 0 },
		{ "\"time\":2000000000.5", 0, 2000000000500000000 },
	};
	struct event_names got_names;
	struct event event;
	char text[200];

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		json_t *json;

		snprintf(text, sizeof(text), "{\"verdict\":\"drop\",\"reason\":\"segment\",\"direction\":\"in\",\"count\":1,%s}",
			 odd[i].more);
		json = json_loads(text, 0, NULL);
		assert_non_null(json);
		assert_int_equal(event_from_json(json, &event, &got_names), 0);
		assert_int_equal(event.captured, odd[i].captured);
		assert_int_equal(got_names.time, odd[i].time);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_watchers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_odd_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
