// SPDX-License-Identifier: GPL-2.0-only
/* What is packed comes out as it was, small or large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "cleanup.h"
#include "packing.h"

/* Text that packs badly, so that packing runs out of room again and again. */
static char *noise(size_t len)
{
	char *text = malloc(len + 1);
	uint64_t x = 1;

	assert_non_null(text);
	for (size_t i = 0; i < len; i++) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		text[i] = ' ' + (x >> 33) % 95;
	}
	return text;
}

static const char *check_file(const char *at, const struct source_file *file)
{
	uint64_t len;

	assert_string_equal(at, file->name);
	at += strlen(file->name) + 1;
	memcpy(&len, at, sizeof(len));
	assert_int_equal(len, file->len);
	assert_memory_equal(at + sizeof(len), file->text, file->len);
	return at + sizeof(len) + file->len;
}

static void check(size_t len)
{
	_cleanup_free_ char *text = noise(len), *unpacked = NULL;
	struct source_file files[] = {
		{ "policy.yaml", "picket: 1\n", 10 }, { "a.csv", text, len }, { "b.csv", "", 0 },
	};
	const struct policy policy = { .files = files, .nfiles = 3 };
	const struct packed *packed = NULL;
	struct packing *packing;
	const char *at;
	uLongf size;

	assert_int_equal(packing_start(&policy, &packing), 0);
	assert_int_equal(packing_wait(packing, &packed), 0);
	assert_int_equal(strlen(packed->hash), SHA256_HEX_LEN - 1);
	size = packed->unpacked;
	unpacked = malloc(size + 1);
	assert_int_equal(uncompress((Bytef *)unpacked, &size, (Bytef *)packed->data, packed->len), Z_OK);
	assert_int_equal(size, packed->unpacked);
	at = unpacked;
	for (size_t i = 0; i < policy.nfiles; i++)
		at = check_file(at, &files[i]);
	assert_int_equal(at - unpacked, size);
	packing_finish(packing);
}

static void test_sizes(void **state)
{
	static const size_t lens[] = { 0, 1, 1000, 300000, 5000000 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++)
		check(lens[i]);
}

/* The policy's own name is no part of the hash, that of a device file is. */
static void test_hash(void **state)
{
	static const char *const names[][2] = { { "a", "x.csv" }, { "b", "x.csv" }, { "a", "y.csv" } };
	char hashes[3][SHA256_HEX_LEN];

	for (int i = 0; i < 3; i++) {
		struct source_file files[] = { { names[i][0], "1", 1 }, { names[i][1], "2", 1 } };
		const struct policy policy = { .files = files, .nfiles = 2 };
		const struct packed *packed = NULL;
		struct packing *packing;

		assert_int_equal(packing_start(&policy, &packing), 0);
		assert_int_equal(packing_wait(packing, &packed), 0);
		memcpy(hashes[i], packed->hash, sizeof(hashes[i]));
		packing_finish(packing);
	}
	assert_string_equal(hashes[0], hashes[1]);
	assert_string_not_equal(hashes[0], hashes[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_hash),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
