// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mapcount.h"
#include "toprows.h"

#define SECOND 1000000000ULL

/* ---- the top rows, beside sorting all of them ---- */

static int by_number(const void *a, const void *b)
{
	const struct toprow *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? 1 : -1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void compare_top(uint32_t most, uint32_t n, uint64_t numbers, unsigned int seed)
{
	struct toprow *all = calloc(n + 1UL, sizeof(*all));
	struct toprows top;

	assert_non_null(all);
	assert_int_equal(toprows_init(&top, most), 0);
	for (int walk = 0; walk < 2; walk++) {
		srandom(seed + walk);
		toprows_clear(&top);
		for (uint32_t i = 0; i < n; i++) {
			all[i] = (struct toprow){ i + 1, (uint64_t)random() % numbers };
			toprows_offer(&top, all[i].row, all[i].number);
		}
		qsort(all, n, sizeof(*all), by_number);
		toprows_sort(&top);
		assert_int_equal(top.n, n < most ? n : most);
		for (uint32_t i = 0; i < top.n; i++) {
			assert_int_equal(top.rows[i].row, all[i].row);
			assert_true(top.rows[i].number == all[i].number);
		}
	}
	toprows_free(&top);
	free(all);
}

static void test_top(void **state)
{
	static const uint32_t mosts[] = { 0, 1, 2, 3, 7, 100 };
	static const uint32_t rows[] = { 0, 1, 2, 3, 50, 99, 100, 101, 1000 };
	static const uint64_t numbers[] = { 1, 2, 10, 1 << 30 };
	unsigned int seed = 1;

	for (size_t m = 0; m < sizeof(mosts) / sizeof(*mosts); m++)
		for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++)
			for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++)
				compare_top(mosts[m], rows[r], numbers[k], seed++);
}

static void test_top_large_numbers(void **state)
{
	struct toprows top;

	assert_int_equal(toprows_init(&top, 2), 0);
	toprows_offer(&top, 1, UINT64_MAX - 1);
	toprows_offer(&top, 2, 0);
	toprows_offer(&top, 3, UINT64_MAX);
	toprows_sort(&top);
	assert_int_equal(top.rows[0].row, 3);
	assert_int_equal(top.rows[1].row, 1);
	toprows_free(&top);
}

/* ---- which flows count ---- */

static void test_flows(void **state)
{
	static const struct {
		struct flow flow;
		uint64_t age; /* s */
		bool counts;
	} examples[] = {
		{ { .low = 0, .kind = FLOW_TCP }, 0, false },
		{ { .low = 1, .kind = FLOW_TCP }, 3599, true },
		{ { .low = 1, .kind = FLOW_TCP }, 3600, false },
		{ { .low = 1, .kind = FLOW_TCP, .flags = FLOW_RESET }, 9, true },
		{ { .low = 1, .kind = FLOW_TCP, .flags = FLOW_RESET | FLOW_ANSWERED }, 10, false },
		{ { .low = 1, .kind = FLOW_TCP, .flags = FLOW_FIN_OPENER }, 3599, true },
		{ { .low = 1, .kind = FLOW_TCP, .flags = FLOW_FIN_RESPONDER }, 3599, true },
		{ { .low = 1, .kind = FLOW_TCP, .flags = FLOW_FIN_OPENER | FLOW_FIN_RESPONDER }, 9, true },
		{ { .low = 1, .kind = FLOW_TCP, .flags = FLOW_FIN_OPENER | FLOW_FIN_RESPONDER }, 10, false },
		{ { .low = 1, .kind = FLOW_UDP }, 179, true },
		{ { .low = 1, .kind = FLOW_UDP }, 180, false },
		{ { .low = 1, .kind = FLOW_UDP, .flags = FLOW_RESET }, 179, true },
		{ { .low = 1, .kind = FLOW_OTHER }, 59, true },
		{ { .low = 1, .kind = FLOW_OTHER }, 60, false },
		{ { .low = 1, .kind = FLOW_FRAGMENT }, 29, true },
		{ { .low = 1, .kind = FLOW_FRAGMENT }, 30, false },
		{ { .low = 1, .kind = FLOW_OTHER }, -5, true }, /* another CPU's clock was ahead */
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct flow flow = examples[i].flow;
		uint64_t now = 10000 * SECOND;

		flow.seen = now - examples[i].age * SECOND;
		assert_int_equal(flow_counts(&flow, now), examples[i].counts);
	}
}

/* ---- real maps, of more than one step ---- */

#define LARGE (2 * MAPCOUNT_STEP + 1000)

/* -1: the test is to be skipped. */
static int make_map(enum bpf_map_type type, uint32_t key_size, uint32_t value_size)
{
	int fd = bpf_map_create(type, "count", key_size, value_size, LARGE, NULL);

	if (fd < 0 && errno != EPERM)
		fail_msg("no map could be made: %s", strerror(errno));
	return fd;
}

static void put_bucket(int fd, uint32_t key, const struct flow_bucket *bucket)
{
	assert_int_equal(bpf_map_update_elem(fd, &key, bucket, BPF_ANY), 0);
}

static void test_flow_table(void **state)
{
	static const uint32_t at[] = {
		0, 255, 256, MAPCOUNT_STEP - 1, MAPCOUNT_STEP, 2 * MAPCOUNT_STEP, LARGE - 1,
	};
	const uint32_t n = sizeof(at) / sizeof(*at);
	int fd = make_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(struct flow_bucket));
	struct flow_bucket bucket = {}, none = {};
	struct flowcount count = {};

	if (fd < 0)
		skip();
	bucket.flow[0] = (struct flow){ .low = 1, .kind = FLOW_TCP, .seen = SECOND };
	bucket.flow[3] = (struct flow){ .low = 1, .kind = FLOW_FRAGMENT, .seen = SECOND };
	bucket.flow[7] = (struct flow){ .low = 1, .kind = FLOW_UDP, .seen = SECOND };
	for (uint32_t i = 0; i < n; i++)
		put_bucket(fd, at[i], &bucket);
	assert_int_equal(flowcount_open(&count, fd), 0);
	assert_int_equal(count.nparts, 3);
	for (int step = 0; step < 3; step++) {
		assert_false(count.whole);
		assert_int_equal(flowcount_step(&count, 2 * SECOND), 0);
	}
	assert_true(count.whole);
	assert_int_equal(flowcount_sum(&count).flows, 2 * n);
	assert_int_equal(flowcount_sum(&count).entries, 3 * n);
	/* What one step no longer sees goes; what others saw stays. */
	put_bucket(fd, 0, &none);
	put_bucket(fd, LARGE - 1, &none);
	assert_int_equal(flowcount_step(&count, 2 * SECOND), 0);
	assert_int_equal(flowcount_sum(&count).flows, 2 * n - 2);
	assert_int_equal(flowcount_open(&count, fd), 0);
	assert_int_equal(flowcount_sum(&count).flows, 2 * n - 2);
	for (int step = 0; step < 3; step++)
		assert_int_equal(flowcount_step(&count, 100 * SECOND), 0);
	assert_int_equal(flowcount_sum(&count).flows, 2 * n - 4);
	assert_int_equal(flowcount_sum(&count).entries, 2 * n - 4);
	flowcount_free(&count);
	close(fd);
}

static void test_hash(void **state)
{
	static const uint32_t fills[] = { 0, 1, MAPCOUNT_STEP, LARGE };
	int fd = make_map(BPF_MAP_TYPE_HASH, sizeof(uint32_t), sizeof(struct learned_by));
	struct learned_by *value = calloc(1, sizeof(*value));
	struct hashcount count = {};
	uint32_t key = 0;

	if (fd < 0) {
		free(value);
		skip();
	}
	assert_non_null(value);
	assert_int_equal(hashcount_open(&count, fd), 0);
	assert_int_equal(count.capacity, LARGE);
	for (size_t i = 0; i < sizeof(fills) / sizeof(*fills); i++) {
		int steps = 0;

		for (; key < fills[i]; key++)
			assert_int_equal(bpf_map_update_elem(fd, &key, value, BPF_NOEXIST), 0);
		count.whole = false;
		for (; !count.whole; steps++)
			assert_int_equal(hashcount_step(&count), 0);
		assert_int_equal(count.entries, fills[i]);
		assert_true(steps <= (int)(fills[i] / MAPCOUNT_STEP) + 1);
	}
	free(value);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_top_large_numbers),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_flow_table),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
