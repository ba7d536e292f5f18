// SPDX-License-Identifier: GPL-2.0-only
/* The first so many, against what is found by looking for each in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ranking.h"

#define MOST 200

static bool comes_first(const struct ranked *a, const struct ranked *b)
{
	if (a->number != b->number)
		return a->number > b->number;
	if (strcmp(a->text, b->text))
		return strcmp(a->text, b->text) < 0;
	return a->index < b->index;
}

/* Takes the next one out of those that are left. */
static uint32_t take_next(const struct ranked *all, size_t n, bool *taken, bool reverse)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (!taken[i] && (best == n || comes_first(&all[i], &all[best]) != reverse))
			best = i;
	}
	taken[best] = true;
	return all[best].row;
}

static void check(const struct ranked *all, size_t n, size_t most, bool reverse)
{
	struct ranked best[MOST + 1];
	bool taken[MOST] = {};
	struct ranking ranking = { .best = best, .most = most, .reverse = reverse };

	for (size_t i = 0; i < n; i++)
		ranking_offer(&ranking, &all[i]);
	ranking_sort(&ranking);
	assert_int_equal(ranking.n, most < n ? most : n);
	for (size_t i = 0; i < ranking.n; i++)
		assert_int_equal(best[i].row, take_next(all, n, taken, reverse));
}

/* Few numbers and texts, so that many are alike. */
static void make(unsigned int *seed, struct ranked *all, size_t n)
{
	static const char *const texts[] = { "", "a", "b", "b1" };

	for (size_t i = 0; i < n; i++) {
		all[i] = (struct ranked){
			.number = rand_r(seed) % 5 ? rand_r(seed) % 7U : UINT64_MAX - rand_r(seed) % 2,
			.text = texts[rand_r(seed) % 4], .index = (i * 7919 + 13) % 10007, .row = i,
		};
	}
}

static void test_first_of_all(void **state)
{
	static const size_t numbers[] = { 0, 1, 2, 3, 10, 50, MOST };
	struct ranked all[MOST];
	unsigned int seed = 1;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		for (int round = 0; round < 50; round++) {
			make(&seed, all, numbers[i]);
			for (size_t most = 0; most <= numbers[i] + 1 && most <= MOST; most += 1 + most / 4) {
				check(all, numbers[i], most, false);
				check(all, numbers[i], most, true);
			}
		}
	}
}

/* In order already, the one way and the other: a heap's worst. */
static void test_sorted(void **state)
{
	struct ranked all[MOST];

	for (size_t i = 0; i < MOST; i++)
		all[i] = (struct ranked){ .number = i, .text = "", .index = i, .row = i };
	for (size_t most = 0; most <= MOST; most++) {
		check(all, MOST, most, false);
		check(all, MOST, most, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_of_all),
		cmocka_unit_test(test_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
