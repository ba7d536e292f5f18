// SPDX-License-Identifier: GPL-2.0-only
/* What `picket top` works out without a terminal: rates, history, who comes first, how numbers read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top_format.h"
#include "top_history.h"
#include "top_limits.h"
#include "top_list.h"
#include "top_pick.h"
#include "top_series.h"

#define SECOND 1000000000ULL
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Samples of one counter, a second apart unless "at" says otherwise. */
static void test_rates(void **state)
{
	static const struct {
		uint64_t at[6], values[6];
		size_t n;
		unsigned int steps;
		double rate, span;
		uint64_t rise;
	} examples[] = {
		{{}, {}, 0, 3, 0, 0, 0},
		{{1}, {100}, 1, 3, 0, 0, 0},
		{{1, 2}, {100, 150}, 2, 3, 50, 1, 50},
		{{1, 2, 3, 4}, {0, 10, 30, 60}, 4, 3, 20, 3, 60},
		{{1, 2, 3, 4}, {0, 10, 30, 60}, 4, 1, 30, 1, 30},
		/* only the last four are kept */
		{{1, 2, 3, 4, 5, 6}, {0, 1000, 1000, 1000, 1030, 1030}, 6, 9, 10, 3, 30},
		/* begun anew: nothing of what was before */
		{{1, 2, 3, 4}, {5000, 5010, 7, 20}, 4, 3, 23.0 / 3, 3, 23},
		{{1, 2}, {5000, 7}, 2, 3, 0, 1, 0},
		/* no time has gone by, or it went backwards */
		{{1, 1}, {0, 10}, 2, 3, 0, 0, 10},
		{{2, 1}, {0, 10}, 2, 3, 0, 0, 10},
		{{1, 3}, {UINT64_MAX - 10, UINT64_MAX}, 2, 3, 5, 2, 10},
	};

	for (size_t i = 0; i < LEN(examples); i++) {
		struct series series;

		assert_int_equal(series_init(&series, 2, SERIES_MOST), 0);
		for (size_t k = 0; k < examples[i].n; k++) {
			uint64_t *cells = series_next(&series, examples[i].at[k] * SECOND);

			cells[0] = 1;
			cells[1] = examples[i].values[k];
		}
		assert_float_equal(series_rate(&series, 1, examples[i].steps), examples[i].rate, 0.001);
		assert_float_equal(series_span(&series, examples[i].steps), examples[i].span, 0.001);
		assert_int_equal(series_rise(&series, 1, examples[i].steps), examples[i].rise);
		assert_float_equal(series_rate(&series, 0, examples[i].steps), 0, 0.001);
		assert_int_equal(series_total(&series, 1),
				 examples[i].n ? examples[i].values[examples[i].n - 1] : 0);
		series_free(&series);
	}
}

static void test_history(void **state)
{
	struct history history = {0};
	unsigned char levels[HISTORY_MOST + 8];

	history_levels(&history, levels, 4);
	assert_memory_equal(levels, "\0\0\0\0", 4);
	top_history_add(&history, 0);
	top_history_add(&history, 800);
	top_history_add(&history, 1);
	top_history_add(&history, 400);
	history_levels(&history, levels, 6);
	assert_memory_equal(levels, "\0\0\0\x8\x1\x5", 6);
	/* what is out of sight does not count for the height */
	history_levels(&history, levels, 2);
	assert_memory_equal(levels, "\x1\x8", 2);
	for (int i = 0; i < 3 * HISTORY_MOST; i++)
		top_history_add(&history, i);
	history_levels(&history, levels, HISTORY_MOST + 8);
	assert_memory_equal(levels, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(levels[HISTORY_MOST + 7], HISTORY_LEVELS);
	assert_true(levels[8] < HISTORY_LEVELS && levels[8] > 0);
}

static int compare(const void *a, const void *b)
{
	return candidate_before(a, b) ? -1 : candidate_before(b, a);
}

/* The same as sorting them all. */
static void test_pick(void **state)
{
	static struct candidate all[5000], best[LEN(all)];
	static const size_t sizes[] = {1, 2, 17, 1000, LEN(all)};
	static const char *const texts[] = {"", "a", "b"};
	uint32_t seed = 1;

	for (size_t i = 0; i < LEN(all); i++) {
		seed = seed * 1664525 + 1013904223;
		all[i] = (struct candidate){
			.number = seed >> 28, .total = seed >> 20 & 7, .text = texts[seed >> 10 & 1],
			.index = (uint32_t)i, .id = (uint32_t)i,
		};
	}
	for (size_t i = 0; i < LEN(sizes); i++) {
		struct pick pick = {.best = best, .most = sizes[i]};

		for (size_t k = 0; k < LEN(all); k++)
			pick_offer(&pick, &all[(k * 7919) % LEN(all)]);
		pick_finish(&pick);
		assert_int_equal(pick.n, sizes[i]);
		assert_int_equal(pick.offered, LEN(all));
		if (i == 0)
			qsort(all, LEN(all), sizeof(*all), compare);
		for (size_t k = 0; k < pick.n; k++)
			assert_int_equal(best[k].id, all[k].id);
	}
}

static void test_pick_order(void **state)
{
	static const struct candidate ordered[] = {
		{2, 0, "z", 9, 0}, {1, 5, "z", 9, 0}, {1, 4, "a", 9, 0}, {1, 4, "b", 0, 0}, {1, 4, "b", 1, 0},
	};
	struct candidate room[LEN(ordered)];
	struct pick pick = {.best = room, .most = LEN(ordered)};

	for (size_t i = 0; i + 1 < LEN(ordered); i++) {
		assert_true(candidate_before(&ordered[i], &ordered[i + 1]));
		assert_false(candidate_before(&ordered[i + 1], &ordered[i]));
	}
	pick_finish(&pick);
	assert_int_equal(pick.n, 0);
}

static void test_counts(void **state)
{
	static const struct {
		double count;
		const char *text;
	} examples[] = {
		{0, "0"}, {0.01, "<0.1"}, {0.3333, "0.3"}, {1, "1"}, {9.94, "9.9"}, {9.96, "10"}, {12.4, "12"},
		{999, "999"}, {999.5, "1.00k"}, {1234, "1.23k"}, {9996, "10.0k"}, {12345, "12.3k"},
		{99960, "100k"}, {999499, "999k"}, {999500, "1.00M"}, {1e9, "1.00G"}, {18446744073709551615.0, "18.4E"},
		{1e21, "1000E"},
	};
	char buf[COUNT_LEN];

	for (size_t i = 0; i < LEN(examples); i++)
		assert_string_equal(format_count(examples[i].count, buf), examples[i].text);
}

static void test_since(void **state)
{
	static const struct {
		uint64_t then, now;
		const char *text;
	} examples[] = {
		{0, 100, "-"}, {100, 100, "now"}, {101, 100, "now"}, {99, 100, "1s"}, {41, 100, "59s"},
		{40, 100, "1m"}, {100, 7299, "1h"}, {100, 86399 + 100, "23h"}, {100, 300000, "3d"},
	};
	char buf[COUNT_LEN];

	for (size_t i = 0; i < LEN(examples); i++)
		assert_string_equal(format_since(examples[i].then * SECOND, examples[i].now * SECOND, buf),
				    examples[i].text);
}

static void test_limits(void **state)
{
	static const struct {
		double per_second;
		bool bytes;
		const char *text;
	} examples[] = {
		{50, false, "50/s"}, {1, false, "1/s"}, {1.0 / 60, false, "1/m"}, {10.0 / 60, false, "10/m"},
		{2.0 / 3600, false, "2/h"}, {65536, true, "64.0 KiB/s"}, {1024.0 / 3600, true, "17 B/m"},
		{12500, false, "12.5k/s"},
	};
	char buf[SIZE_LEN];
	struct fill half = {.burst = 10, .available = 5}, none = {0};

	for (size_t i = 0; i < LEN(examples); i++)
		assert_string_equal(format_limit(examples[i].per_second, examples[i].bytes, buf),
				    examples[i].text);
	assert_float_equal(fill_used(&half), 0.5, 0.001);
	assert_float_equal(fill_used(&none), 0, 0.001);
}

/* Every order of a view is met on the way round, forwards and backwards. */
static void test_orders(void **state)
{
	for (int view = VIEW_SEGMENTS; view < VIEWS; view++) {
		struct top_list list;
		enum top_sort sort;
		unsigned int met = 0, may = 0;

		assert_int_equal(top_list_init(&list, view), 0);
		assert_true(view_sorts(view, list.sort));
		sort = list.sort;
		do {
			met |= 1U << sort;
			assert_int_equal(next_sort(view, next_sort(view, sort, 1), -1), sort);
			sort = next_sort(view, sort, 1);
		} while (sort != list.sort);
		for (int i = 0; i < SORTS; i++)
			may |= view_sorts(view, i) ? 1U << i : 0;
		assert_int_equal(met, may);
		top_list_free(&list);
	}
	for (int i = 0; i < SORTS; i++)
		assert_int_equal(top_sort_find(top_sort_name(i)), i);
	assert_int_equal(top_sort_find("nothing"), SORTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pick_order),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
