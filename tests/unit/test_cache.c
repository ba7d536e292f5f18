// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cache.h"

#define ENTRIES 64

struct entry {
	uint32_t key;
	int64_t worth;
};

static int64_t worth(const void *entry)
{
	return ((const struct entry *)entry)->worth;
}

static struct entry *put(struct cache *cache, uint32_t key, bool *fresh)
{
	return cache_put(cache, &key, fresh);
}

static void test_keeps_what_is_worth_it(void **state)
{
	struct cache cache;
	struct entry *entry = NULL;
	size_t kept = 0, all = 0;
	bool fresh;

	assert_int_equal(cache_init(&cache, ENTRIES, sizeof(struct entry), sizeof(uint32_t), worth), 0);
	for (uint32_t key = 0; key < 8; key++)
		put(&cache, key, &fresh)->worth = CACHE_KEEP;
	for (uint32_t key = 8; key < 10000; key++) {
		entry = put(&cache, key, &fresh);
		if (!entry)
			continue;
		assert_true(fresh);
		assert_int_equal(entry->worth, 0);
		entry->worth = key;
	}
	for (uint32_t key = 0; key < 8; key++)
		assert_non_null(cache_find(&cache, &key));
	for (entry = cache_next(&cache, NULL); entry; entry = cache_next(&cache, entry)) {
		kept += entry->worth == CACHE_KEEP;
		all++;
	}
	assert_int_equal(kept, 8);
	assert_int_equal(all, cache.n);
	assert_true(all <= ENTRIES);
	assert_int_equal(cache.evicted + cache.refused + cache.n, 10000);
	cache_free(&cache);
}

static void test_refuses_when_all_is_kept(void **state)
{
	struct cache cache;
	bool fresh;

	assert_int_equal(cache_init(&cache, ENTRIES, sizeof(struct entry), sizeof(uint32_t), worth), 0);
	for (uint32_t key = 0; key < 10000; key++) {
		struct entry *entry = put(&cache, key, &fresh);

		if (entry)
			entry->worth = CACHE_KEEP;
	}
	assert_int_equal(cache.n, ENTRIES);
	assert_int_equal(cache.evicted, 0);
	assert_int_equal(cache.refused, 10000 - ENTRIES);
	cache_free(&cache);
}

/* The least goes, and an entry that is there is found as it was. */
static void test_order(void **state)
{
	struct cache cache;
	struct entry *entry;
	bool fresh;

	assert_int_equal(cache_init(&cache, 8, sizeof(struct entry), sizeof(uint32_t), worth), 0);
	for (uint32_t key = 0; key < 8; key++)
		put(&cache, key, &fresh)->worth = 10 + (key * 5) % 8;
	entry = put(&cache, 3, &fresh);
	assert_false(fresh);
	assert_int_equal(entry->worth, 10 + 15 % 8);
	put(&cache, 100, &fresh)->worth = 100; /* in the place of 0 */
	put(&cache, 101, &fresh)->worth = 101; /* of 5: 10 + 25 % 8 */
	for (uint32_t key = 0; key < 8; key++)
		assert_int_equal(cache_find(&cache, &key) == NULL, key == 0 || key == 5);
	cache_free(&cache);
}

/* In whatever year a capture says that it was made. */
static void test_worth_at_any_time(void **state)
{
	static const int64_t times[] = { 0, 1, 1700000000000000000, 1LL << 61, 7608722711130764398, INT64_MAX - 1 };
	size_t n = sizeof(times) / sizeof(times[0]);

	for (size_t i = 0; i < n; i++) {
		assert_true(cache_worth(true, times[i]) > cache_worth(false, times[n - 1]));
		assert_true(cache_worth(true, times[i]) < CACHE_KEEP);
		if (i)
			assert_true(cache_worth(false, times[i]) >= cache_worth(false, times[i - 1]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_what_is_worth_it),
		cmocka_unit_test(test_refuses_when_all_is_kept),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_worth_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
