// SPDX-License-Identifier: GPL-2.0-only
/* The book of what passed as audit: its rows, bounds and order, and what it says to a later reader. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "audit.h"
#include "audit_events.h"
#include "auditbook_parts.h"
#include "diag.h"
#include "names.h"

/* The row of a service; NULL: there is none. */
static const struct audit_row *row_at(const struct auditbook *book, const char *device, uint16_t port)
{
	for (size_t i = 0; i < book->n; i++) {
		for (uint32_t k = 0; k < book->owners[i].n; k++) {
			if (!strcmp(book->owners[i].device, device) && book->owners[i].rows[k].key.port == port)
				return &book->owners[i].rows[k];
		}
	}
	return NULL;
}

/* ---- the book ---- */

static void test_counts(void **state)
{
	struct auditbook *book = new_book();
	struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);
	const struct audit_row *row;

	add(book, &event, "therm-17", T0);
	event.sport = 40001; /* another connection to the same service */
	event.count = 3;
	add(book, &event, "therm-17", T0 + 5 * SECOND);
	event.flags &= ~EVENT_OPENS; /* what comes after an opening counts, and opens nothing */
	event.count = 10;
	add(book, &event, "therm-17", T0 + 6 * SECOND);
	event.verdict = VERDICT_DROP;
	add(book, &event, "therm-17", T0 + 7 * SECOND);
	assert_int_equal(book->nrows, 1);
	row = row_at(book, "therm-17", 443);
	assert_non_null(row);
	assert_int_equal(row->packets, 14);
	assert_int_equal(row->opened, 4);
	assert_true(row->first == T0 && row->last == T0 + 6 * SECOND);
	auditbook_free(book);
}

/* An answer, as an event of the same device tells it. */
static struct event answer_of(const struct event *event)
{
	struct event answer = *event;

	answer.flags &= ~EVENT_OPENS;
	answer.src = event->dst;
	answer.dst = event->src;
	answer.sport = event->dport;
	answer.dport = event->sport;
	return answer;
}

static void test_answers(void **state)
{
	struct auditbook *book = new_book();
	struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_UDP, 50000);
	struct event known = answer_of(&event), unknown;
	const struct audit_row *row;

	add(book, &event, "therm-17", T0);
	add(book, &known, "therm-17", T0);
	assert_int_equal(book->nrows, 1);
	assert_int_equal(row_at(book, "therm-17", 50000)->packets, 2);
	/* of a connection that is older than the book: the lower port is the service's */
	event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 22);
	unknown = answer_of(&event);
	add(book, &unknown, "therm-17", T0);
	row = row_at(book, "therm-17", 22);
	assert_non_null(row);
	assert_memory_equal(&row->key.src, &event.src, sizeof(event.src));
	assert_memory_equal(&row->key.dst, &event.dst, sizeof(event.dst));
	assert_int_equal(row->opened, 0);
	auditbook_free(book);
}

static void scan(struct auditbook *book, const char *device, unsigned int from, unsigned int to, int64_t time)
{
	for (unsigned int port = from; port < to; port++) {
		struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.18", "10.1.0.20", IPPROTO_TCP, port);

		add(book, &event, device, time + port);
	}
}

static void test_scan(void **state)
{
	struct auditbook *book = new_book();
	struct event own = event_of(REASON_ROLE_CONNECT, "10.20.0.18", "10.1.0.20", IPPROTO_TCP, 9);
	struct event other = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);

	add(book, &other, "therm-17", T0);
	add(book, &own, "camera", T0);
	add(book, &own, "camera", T0);
	scan(book, "camera", 1000, 60000, T0);
	assert_int_equal(book->nrows, 1 + OWNER_ROWS);
	assert_non_null(row_at(book, "therm-17", 443));
	assert_non_null(row_at(book, "camera", 9)); /* it came twice */
	assert_non_null(row_at(book, "camera", 59999)); /* the latest */
	assert_null(row_at(book, "camera", 1000));
	assert_int_equal(book->owners[1].gone, 59000 + 1 - OWNER_ROWS);
	assert_int_equal(book->owners[1].gone_packets, 59000 + 1 - OWNER_ROWS);
	assert_int_equal(auditbook_sum(book).left_out, 0);
	auditbook_free(book);
}

/* Of equally many packets the one that came longest ago makes room. */
static void test_least_goes(void **state)
{
	struct auditbook *book = new_book();
	struct event late = event_of(REASON_ROLE_CONNECT, "10.20.0.18", "10.1.0.20", IPPROTO_TCP, 1000);

	scan(book, "camera", 1000, 1000 + OWNER_ROWS, T0);
	late.count = 0; /* seen again, and no more packets */
	add(book, &late, "camera", T0 + SECOND);
	scan(book, "camera", 2000, 2001, T0 + SECOND);
	assert_non_null(row_at(book, "camera", 1000));
	assert_null(row_at(book, "camera", 1001));
	assert_non_null(row_at(book, "camera", 1002));
	auditbook_free(book);
}

static void test_many_devices(void **state)
{
	struct auditbook *book = new_book();
	struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);
	char device[16];

	for (int i = 0; i < OWNERS_MOST + 5; i++) {
		snprintf(device, sizeof(device), "d%d", i);
		add(book, &event, device, T0);
	}
	assert_int_equal(book->n, OWNERS_MOST);
	assert_int_equal(auditbook_sum(book).left_out, 5);
	auditbook_free(book);
}

/* Where it is not about a service, one row is all that there is of it. */
static void test_sources(void **state)
{
	struct auditbook *book = new_book();

	for (unsigned int port = 1; port < 50; port++) {
		struct event event = event_of(REASON_MAC_MISMATCH, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, port);

		event.flags &= ~EVENT_OPENS;
		add(book, &event, NULL, T0);
	}
	assert_int_equal(book->nrows, 1);
	assert_int_equal(book->owners[0].rows[0].packets, 49);
	for (unsigned int mac = 0; mac < UNLISTED_ROWS + 20; mac++) {
		struct event event = event_of(REASON_UNKNOWN_DEVICE, "10.20.7.7", "10.1.0.20", IPPROTO_TCP, 80);

		event.flags &= ~EVENT_OPENS;
		event.mac[4] = mac >> 8;
		event.mac[5] = mac;
		add(book, &event, NULL, T0);
	}
	assert_int_equal(book->nrows, 1 + UNLISTED_ROWS);
	auditbook_free(book);
}

/* ---- as JSON ---- */

static char *json_text(struct auditbook *book)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	struct output *out = output_new(to, true);

	auditbook_print(book, out);
	assert_int_equal(output_close(out), 0);
	fclose(to);
	return text;
}

static void test_back_from_json(void **state)
{
	struct auditbook *book = new_book(), *again;
	struct event event = event_of(REASON_SEGMENT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);
	char *text, *text_again;
	json_t *json;

	event.captured = 128;
	memset(event.frame, 0xa5, sizeof(event.frame));
	add(book, &event, "therm-17", T0);
	event.flags = EVENT_OUT | EVENT_IP;
	event.reason = REASON_UNKNOWN_DEVICE;
	add(book, &event, NULL, T0 + 1);
	scan(book, "camera", 1000, 1100, T0);
	auditbook_lose(book, 7);
	text = json_text(book);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(auditbook_parse(json, &again), 0);
	text_again = json_text(again);
	assert_string_equal(text, text_again);
	json_decref(json);
	free(text);
	free(text_again);
	auditbook_free(book);
	auditbook_free(again);
}

static void test_bad_json(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"format\": 2, \"owners\": []}", "{\"format\": 1}",
		"{\"format\": 1, \"owners\": [1]}",
		"{\"format\": 1, \"owners\": [{\"device\": \"a\", \"reason\": \"whim\", \"rows\": []}]}",
		"{\"format\": 1, \"owners\": [{\"device\": \"a\", \"reason\": \"segment\", \"rows\": [{}]}]}",
		"{\"format\": 1, \"owners\": [{\"device\": \"a2345678901234567890123456789012345678901234567890123456789012345\","
		" \"reason\": \"segment\", \"rows\": []}]}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *json = json_loads(bad[i], 0, NULL);
		struct auditbook *book;

		assert_non_null(json);
		assert_int_equal(auditbook_parse(json, &book), -EINVAL);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_least_goes),
		cmocka_unit_test(test_many_devices),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_back_from_json),
		cmocka_unit_test(test_bad_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
