// SPDX-License-Identifier: GPL-2.0-only
/* Who gets which row, from policy to policy. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"

#define LEAST 16
#define MOST 64
#define WORDS 64

/* Words, by row in the policy before and by index in the next; "-": not in use. */
struct list {
	char text[256];
	const char *words[WORDS];
	size_t n;
};

static struct list *split(struct list *list, const char *text)
{
	*list = (struct list){};
	snprintf(list->text, sizeof(list->text), "%s", text);
	for (char *at = strtok(list->text, " "); at; at = strtok(NULL, " "))
		list->words[list->n++] = at;
	return list;
}

static const char *name_before(const void *owner, uint32_t row)
{
	const struct list *list = owner;
	const char *name = list->words[row - 1];

	return strcmp(name, "-") ? name : NULL;
}

struct turn {
	const char *before; /* by row from 1 */
	uint32_t next; /* row where the search ended then */
	const char *names;
	const char *rows; /* what they get */
	const char *taken; /* those of them that were nobody's before */
	uint32_t capacity;
};

static const struct turn TURNS[] = {
	/* Nothing was there. */
	{ "", 0, "a b c", "1 2 3", "1 2 3", 16 },
	/* The same again, in another order, and from the middle on. */
	{ "a b c", 3, "a b c", "1 2 3", "", 16 },
	{ "a b c", 3, "c a b", "3 1 2", "", 16 },
	{ "a b c d e", 5, "c d e", "3 4 5", "", 16 },
	/* Gone ones, in one place and here and there; none of their rows is taken at once. */
	{ "a b c d e", 5, "a e", "1 5", "", 16 },
	{ "a b c", 3, "a x c", "1 4 3", "4", 16 },
	{ "a b c", 3, "x y z", "4 5 6", "4 5 6", 16 },
	/* Rows that were free before are, from where the last search ended and round. */
	{ "a - - b", 4, "a b x y", "1 4 5 6", "5 6", 16 },
	{ "a - - b", 15, "x a b y", "2 1 4 3", "2 3", 16 },
	/* Names that hold one another are not one another. */
	{ "dev-1 dev-10 dev-100", 3, "dev-10 dev-100 dev-1 dev", "2 3 1 4", "4", 16 },
	/* Sixteen rows hold fifteen; then a sixteenth more. */
	{ "", 0, "a b c d e f g h i j k l m n o", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
	  "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", 16 },
	{ "a b c d e f g h i j k l m n o", 15, "a p", "1 16", "16", 17 },
	{ "a b c d e f g h i j k l m n o", 15, "p q r", "16 17 18", "16 17 18", 19 },
};

static void check_numbers(const char *expected, const uint32_t *numbers, size_t n)
{
	char text[256] = "";

	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u", i ? " " : "",
			 numbers[i]);
	assert_string_equal(text, expected);
}

static void check_turn(const struct turn *turn)
{
	struct list old, new;
	struct rows_before before = {
		.name = name_before, .owner = split(&old, turn->before), .end = old.n + 1,
		.capacity = LEAST, .next = turn->next,
	};
	struct rows rows;

	split(&new, turn->names);
	assert_int_equal(rows_assign(new.words, new.n, LEAST, MOST, old.n ? &before : NULL, &rows), 0);
	check_numbers(turn->rows, rows.row, rows.n);
	check_numbers(turn->taken, rows.taken, rows.ntaken);
	assert_int_equal(rows.capacity, turn->capacity);
	rows_free(&rows);
}

static void test_turns(void **state)
{
	for (size_t i = 0; i < sizeof(TURNS) / sizeof(*TURNS); i++)
		check_turn(&TURNS[i]);
}

/* Never less room than before, and never more than fits. */
static void test_capacity(void **state)
{
	static const struct { uint32_t before, used, most, capacity; } cases[] = {
		{ 16, 10, 64, 16 }, { 16, 14, 64, 16 }, { 16, 15, 64, 17 }, { 31, 30, 64, 32 },
		{ 32, 31, 64, 34 }, { 32, 10, 64, 32 }, { 62, 61, 64, 64 }, { 64, 63, 64, 0 },
	};
	const char *name = "x";
	struct list old;

	for (size_t i = 0; i < WORDS; i++)
		old.words[i] = "other";
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rows_before before = {
			.name = name_before, .owner = &old, .end = cases[i].used + 1,
			.capacity = cases[i].before,
		};
		struct rows rows = {};
		int err;

		err = rows_assign(&name, 1, LEAST, cases[i].most, &before, &rows);
		assert_int_equal(err, cases[i].capacity ? 0 : -ENOSPC);
		assert_int_equal(rows.capacity, cases[i].capacity);
		rows_free(&rows);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_capacity),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
