// SPDX-License-Identifier: GPL-2.0-only
/* The YAML reader: what it takes, where it says that something is wrong, and hostile input. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "source.h"
#include "yaml_tree.h"

#define HOSTILE 1000000
#define HOSTILE_SECONDS 5.0 /* what is quadratic takes minutes */

#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 6 /* what the sanitizers cost */
#else
#define SLOWER 1
#endif

struct reading {
	struct diag *diag;
	struct arena arena;
	struct source_file source;
	const struct node *root;
	int err;
};

static void reading_begin(struct reading *reading, const char *text, size_t len)
{
	const struct source_file source = { "test.yaml", text, len };

	*reading = (struct reading){ .diag = diag_new() };
	assert_non_null(reading->diag);
	assert_int_equal(source_copy(&source, &reading->source), 0);
	reading->err = yaml_read(&reading->source, 0, &reading->arena, reading->diag, &reading->root);
	diag_sort(reading->diag);
}

static void reading_end(struct reading *reading)
{
	arena_free(&reading->arena);
	source_put(&reading->source);
	diag_free(reading->diag);
}

static void test_tree(void **state)
{
	const char *text = "a: 1\nbb:\n  - x\n  - 'two words'\nc: {d: [], e: }\n";
	const struct node *items, *list;
	struct reading reading;

	reading_begin(&reading, text, strlen(text));
	assert_int_equal(reading.err, 0);
	assert_int_equal(reading.diag->nerrors, 0);
	assert_int_equal(reading.root->kind, NODE_MAPPING);
	assert_int_equal(reading.root->n, 3);
	items = reading.root->items;
	assert_string_equal(items[0].text, "a");
	assert_string_equal(items[1].text, "1");
	assert_true(items[1].plain);
	assert_int_equal(items[1].line, 1);
	assert_int_equal(items[1].col, 4);
	list = &items[3];
	assert_int_equal(list->kind, NODE_SEQUENCE);
	assert_int_equal(list->n, 2);
	assert_string_equal(list->items[1].text, "two words");
	assert_false(list->items[1].plain);
	assert_int_equal(list->items[1].line, 4);
	assert_int_equal(list->items[1].col, 5);
	assert_int_equal(items[5].n, 2);
	assert_int_equal(items[5].items[3].n, 0);
	reading_end(&reading);
}

struct fault {
	const char *text;
	size_t len; /* 0: up to the NUL */
	const char *message; /* part of the first error */
	uint32_t line, col;
	bool fatal;
};

static const struct fault FAULTS[] = {
	{ "a: &x 1\n", 0, "anchors", 1, 4, false },
	{ "a: 1\nb: *a\n", 0, "aliases", 2, 4, false },
	{ "a: !!int 1\n", 0, "tags", 1, 4, false },
	{ "a: !mine {}\n", 0, "tags", 1, 4, false },
	{ "a: &x [1]\n", 0, "anchors", 1, 4, false },
	{ "b:\n  <<: {c: 1}\n", 0, "merge", 2, 3, false },
	{ "a: 1\nb: 2\na: 3\n", 0, "twice", 3, 1, false },
	{ "{a: 1, b: 2, a: 3}\n", 0, "twice", 1, 14, false },
	{ "a: 1\n\"a\": 3\n", 0, "twice", 2, 1, false },
	{ "[a]: 1\n", 0, "a key must be", 1, 1, false },
	{ "a: 1\n---\nb: 2\n", 0, "second document", 2, 1, true },
	{ "a: [1\n", 0, "not YAML", 2, 1, true },
	{ "a: 'x\n", 0, "not YAML", 2, 1, true },
	{ "a: 1\n\tb: 2\n", 0, "not YAML", 2, 1, true },
	{ "a: @x\n", 0, "not YAML", 1, 4, true },
	{ "ab\0c: 1\n", 8, "NUL byte", 1, 3, true },
	{ "a: \"x\\0y\"\n", 0, "NUL character", 1, 4, false },
	{ "a: \xff\n", 0, "not UTF-8", 1, 4, true },
	{ "a: \xc0\xaf\n", 0, "not UTF-8", 1, 4, true },
	{ "a: \xed\xa0\x80\n", 0, "not UTF-8", 1, 4, true },
	{ "a: \xf4\x90\x80\x80\n", 0, "not UTF-8", 1, 4, true },
	{ "a: 1\nb: \xe2\x82", 0, "not UTF-8", 2, 4, true },
	{ "a: \x1b[31m\n", 0, "control character", 1, 4, true },
	{ "a: \xc2\x9b\n", 0, "control character", 1, 4, true },
	{ "a: 1\rb: 2\n", 0, "carriage return", 1, 5, true },
	{ "a: \xe2\x80\xa8\n", 0, "line separator", 1, 4, true },
	/* Columns count bytes, also behind what is longer than a character. */
	{ "{\xc3\xa4: 1, \xc3\xa4: 2}\n", 0, "twice", 1, 9, false },
	{ "\xc3\xa4: 1\n\xc3\xb6: *x\n", 0, "aliases", 2, 5, false },
};

static void test_faults(void **state)
{
	struct reading reading;
	size_t i;

	for (i = 0; i < sizeof(FAULTS) / sizeof(FAULTS[0]); i++) {
		const struct fault *fault = &FAULTS[i];
		const struct diag_item *item;

		print_message("# fault %zu: %s\n", i, fault->message);
		reading_begin(&reading, fault->text, fault->len ? fault->len : strlen(fault->text));
		assert_int_equal(reading.err, fault->fatal ? -EINVAL : 0);
		assert_true(reading.diag->nerrors > 0);
		item = &reading.diag->items[0];
		assert_non_null(strstr(item->message, fault->message));
		assert_int_equal(item->loc.line, fault->line);
		assert_int_equal(item->loc.col, fault->col);
		reading_end(&reading);
	}
}

static void test_fine(void **state)
{
	static const char *const texts[] = {
		"", "# nothing\n", "a: 1\r\nb: 2\r\n", "\xef\xbb\xbf" "a: 1\n", "%YAML 1.1\n---\na: 1\n...\n",
		"a: \xe2\x82\xac\n", "a: |\n  long\n  text\n",
	};
	struct reading reading;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		reading_begin(&reading, texts[i], strlen(texts[i]));
		assert_int_equal(reading.err, 0);
		assert_int_equal(reading.diag->nerrors, 0);
		assert_int_equal(reading.root->kind, NODE_MAPPING);
		reading_end(&reading);
	}
}

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* Reads hostile text: it must end in time, with so many errors (SIZE_MAX: at least one). */
static void hostile(const char *what, char *text, size_t len, size_t errors)
{
	double start = cpu_seconds(), seconds;
	struct reading reading;

	reading_begin(&reading, text, len);
	seconds = cpu_seconds() - start;
	print_message("# %s: %zu bytes, %zu errors, %.2f s\n", what, len, reading.diag->nerrors, seconds);
	assert_true(seconds < HOSTILE_SECONDS * SLOWER);
	if (errors == SIZE_MAX)
		assert_true(reading.diag->nerrors > 0);
	else
		assert_int_equal(reading.diag->nerrors, errors);
	assert_true(reading.diag->nitems <= 2 * DIAG_KEPT);
	if (reading.diag->nerrors)
		assert_true(reading.diag->items[0].loc.line > 0);
	reading_end(&reading);
	free(text);
}

/* n times the same text. */
static char *repeat(const char *part, size_t n, size_t *len)
{
	size_t size = strlen(part), i;
	char *text = malloc(n * size + 1);

	assert_non_null(text);
	for (i = 0; i < n; i++)
		memcpy(text + i * size, part, size);
	*len = n * size;
	text[*len] = 0;
	return text;
}

/* "{key000000: 1, key000001: 1, ...}", each number divided by "same". */
static char *many_keys(size_t n, size_t same, bool flow, size_t *len)
{
	const char *format = flow ? "%skey%07zu: 1" : "%skey%07zu: 1\n";
	char *text = malloc(n * 20 + 8), *at = text;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < n; i++)
		at += sprintf(at, format, !flow ? "" : i ? ", " : "{", i / same);
	if (flow)
		at += sprintf(at, "}\n");
	*len = at - text;
	return text;
}

static char *alias_bomb(size_t *len)
{
	char *text = malloc(4096), *at = text;
	int i, j;

	assert_non_null(text);
	at += sprintf(at, "a0: &a0 x\n");
	for (i = 1; i < 26; i++) {
		at += sprintf(at, "a%d: &a%d [", i, i);
		for (j = 0; j < 9; j++)
			at += sprintf(at, "*a%d,", i - 1);
		at += sprintf(at, "]\n");
	}
	*len = at - text;
	return text;
}

static void test_hostile(void **state)
{
	size_t len;
	char *text;

	text = alias_bomb(&len);
	hostile("aliases", text, len, 26 + 25 * 9);
	text = repeat("[", HOSTILE, &len);
	hostile("deep lists", text, len, 1);
	text = repeat("{a: ", HOSTILE / 4, &len);
	hostile("deep mappings", text, len, 1);
	text = repeat("- ", HOSTILE, &len);
	hostile("deep blocks", text, len, 1);
	text = repeat("? ", HOSTILE, &len);
	hostile("deep keys", text, len, 1);
	text = many_keys(HOSTILE, 1, false, &len);
	hostile("many keys", text, len, 0);
	text = many_keys(HOSTILE / SLOWER, 1, true, &len);
	hostile("many keys on one line", text, len, 0);
	text = many_keys(HOSTILE / SLOWER, 2, false, &len);
	hostile("many duplicates", text, len, HOSTILE / SLOWER / 2);
	text = many_keys(HOSTILE / SLOWER, HOSTILE, false, &len);
	hostile("one key many times", text, len, HOSTILE / SLOWER - 1);
	text = repeat("\xff", HOSTILE, &len);
	hostile("bad UTF-8", text, len, 1);
	text = repeat("\"\\u0000\"\n", HOSTILE / 8, &len);
	hostile("NUL by escape", text, len, SIZE_MAX);
	text = repeat("%a \xc2\xa0", HOSTILE / 4, &len);
	hostile("directives", text, len, SIZE_MAX);
	text = repeat("!", HOSTILE, &len);
	hostile("a long tag", text, len, SIZE_MAX);
	text = repeat("#", HOSTILE, &len);
	hostile("a long comment", text, len, 0);
	text = calloc(1, HOSTILE);
	hostile("zeroes", text, HOSTILE, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_fine),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
