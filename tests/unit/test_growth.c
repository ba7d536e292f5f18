// SPDX-License-Identifier: GPL-2.0-only
/* What two maps count while one takes over from the other: nothing is lost, nothing counts twice. */
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

#include "growth.h"

#define ROWS 700 /* of the old map, the new one has twice as many */
#define KEYS 500

static int create_map(enum bpf_map_type type, uint32_t value_size, uint32_t entries, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
	int fd = bpf_map_create(type, "growth", sizeof(uint32_t), value_size, entries, &options);

	if (fd < 0 && errno == EPERM)
		skip(); /* it takes root */
	assert_true(fd >= 0);
	return fd;
}

static int create_states(uint32_t rows)
{
	return create_map(BPF_MAP_TYPE_ARRAY, sizeof(struct state), rows, BPF_F_MMAPABLE);
}

static int create_hash(uint32_t entries)
{
	return create_map(BPF_MAP_TYPE_HASH, sizeof(uint64_t), entries, 0);
}

static struct state get_state(int fd, uint32_t row)
{
	struct state state;

	assert_int_equal(bpf_map_lookup_elem(fd, &row, &state), 0);
	return state;
}

static void put_state(int fd, uint32_t row, const struct state *state)
{
	assert_int_equal(bpf_map_update_elem(fd, &row, state, BPF_ANY), 0);
}

/* Every word different, in every row. */
static struct state numbered(uint32_t row)
{
	uint64_t words[sizeof(struct state) / sizeof(uint64_t)];
	struct state state;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		words[i] = row * 1000ULL + i;
	memcpy(&state, words, sizeof(state));
	return state;
}

static void count(struct state *state, uint64_t n)
{
	state->sent.packets += n;
	state->sent.bytes += 100 * n;
	state->sent.tat[1] += 7 * n;
	state->received.dropped_packets += 2 * n;
	state->received.tat[0] += 3 * n;
	state->sent_audit_bytes += 60 * n;
	state->flow_tat[1] += 5 * n;
	state->control_tat += 9 * n;
}

static void test_states(void **unused)
{
	int from = create_states(ROWS), to = create_states(2 * ROWS);
	struct state *copied = NULL, state, expected;

	for (uint32_t row = 0; row < ROWS; row++) {
		state = numbered(row);
		put_state(from, row, &state);
	}
	assert_int_equal(growth_copy_states(from, to, ROWS, &copied), 0);
	for (uint32_t row = 0; row < 2 * ROWS; row++) {
		state = get_state(to, row);
		expected = row < ROWS ? numbered(row) : (struct state){};
		assert_memory_equal(&state, &expected, sizeof(state));
	}

	/* Every third row counts in the old map still, every second in the new one already. */
	for (uint32_t row = 0; row < ROWS; row++) {
		state = numbered(row);
		if (row % 3 == 0) {
			count(&state, 10);
			state.sent.seen += 50;
			state.refused += row % 2 ? 0 : 80;
			put_state(from, row, &state);
		}
		state = numbered(row);
		if (row % 2 == 0) {
			count(&state, 4);
			state.sent.seen += 90;
			state.refused += 20;
			put_state(to, row, &state);
		}
	}
	assert_int_equal(growth_settle_states(from, to, ROWS, copied), 0);
	for (uint32_t row = 0; row < ROWS; row++) {
		expected = numbered(row);
		count(&expected, (row % 3 ? 0 : 10) + (row % 2 ? 0 : 4));
		expected.sent.seen += row % 2 ? (row % 3 ? 0 : 50) : 90;
		expected.refused += row % 2 ? 0 : row % 3 ? 20 : 80;
		state = get_state(to, row);
		assert_memory_equal(&state, &expected, sizeof(state));
	}
	free(copied);
	close(from);
	close(to);
}

/* The new map's own entries are newer. */
static void test_hash(void **unused)
{
	int from = create_hash(KEYS), to = create_hash(2 * KEYS);
	uint64_t value;

	for (uint32_t key = 0; key < KEYS; key++) {
		value = key;
		assert_int_equal(bpf_map_update_elem(from, &key, &value, BPF_NOEXIST), 0);
		value = 1000000 + key;
		if (key % 5 == 0)
			assert_int_equal(bpf_map_update_elem(to, &key, &value, BPF_NOEXIST), 0);
	}
	assert_int_equal(growth_copy_hash(from, to), 0);
	for (uint32_t key = 0; key < KEYS; key++) {
		assert_int_equal(bpf_map_lookup_elem(to, &key, &value), 0);
		assert_int_equal(value, key % 5 ? key : 1000000 + key);
	}
	close(from);
	close(to);
}

/* Empty, and what does not fit. */
static void test_hash_bounds(void **unused)
{
	int from = create_hash(8), to = create_hash(4);
	uint64_t value = 1;

	assert_int_equal(growth_copy_hash(from, to), 0);
	for (uint32_t key = 0; key < 8; key++)
		assert_int_equal(bpf_map_update_elem(from, &key, &value, BPF_NOEXIST), 0);
	assert_int_equal(growth_copy_hash(from, to), -E2BIG);
	close(from);
	close(to);
	assert_true(growth_copy_hash(from, to) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
