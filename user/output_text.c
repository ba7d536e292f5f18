// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text: values are held until their column's width is known, then written aligned.
 * One table, one run of "key: value" lines and one list of scalars are open at a time,
 * since tables hold only scalars.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output_render.h"

#define MAX_COLUMNS 48
#define COLUMN_KEY 32
#define END_OF_ROW ((char)0xff)
#define INDENT 2
#define GAP 2 /* spaces between columns */

enum list_mode { LIST_EMPTY, LIST_SCALARS, LIST_TABLE };

struct column {
	char key[COLUMN_KEY];
	size_t width;
	bool right, decided; /* numbers stand to the right; the first that is not null decides */
};

struct text {
	/* beside output.stack */
	char key[OUTPUT_DEPTH][COLUMN_KEY];
	enum list_mode mode[OUTPUT_DEPTH];

	struct buffer pairs; /* key NUL value NUL ... */
	size_t pairs_width; /* of the widest key */

	struct buffer table; /* rows of (column byte, value NUL), each ended by END_OF_ROW */
	struct column columns[MAX_COLUMNS];
	size_t ncolumns;
	size_t next_column; /* where the next value most likely belongs */

	struct buffer scalars; /* a list's, joined */
	bool line_started;
};

int text_new(struct text **out)
{
	struct text *text = calloc(1, sizeof(*text));

	if (!text)
		return -ENOMEM;
	*out = text;
	return 0;
}

/* Code points, which is columns for all that names may hold. */
static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

void add_clean(struct output *out, struct buffer *buf, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = at;

		while (n < len && !iscntrl((unsigned char)text[n]) && text[n] != END_OF_ROW)
			n++;
		buffer_add(out, buf, text + at, n - at);
		if (n < len)
			buffer_add(out, buf, text[n] == '\t' ? " " : "?", 1);
		at = n + 1;
	}
}

static void add_raw(struct output *out, size_t indent, const char *text, const char *after)
{
	buffer_pad(out, &out->buf, indent);
	output_raw(out, text, strlen(text));
	output_raw(out, after, strlen(after));
}

/* "last_seen" reads "last seen" */
static void key_words(const char *key, char words[COLUMN_KEY])
{
	size_t i = 0;

	for (; key && key[i] && i < COLUMN_KEY - 1; i++)
		words[i] = key[i] == '_' ? ' ' : key[i];
	words[i] = '\0';
}

/* How far in the lines of the innermost object, or its tables, stand. */
size_t indent_at(const struct output *out, size_t depth)
{
	size_t objects = 0;

	for (size_t i = 0; i < depth; i++)
		objects += out->stack[i].shape == SHAPE_OBJECT;
	return objects ? (objects - 1) * INDENT : 0;
}

static void flush_pairs(struct output *out)
{
	struct text *text = out->text;
	const char *at = text->pairs.data, *end = at ? at + text->pairs.len : at;
	size_t indent = indent_at(out, out->depth);

	while (at < end && !out->error) {
		const char *value = at + strlen(at) + 1;

		add_raw(out, indent, at, ":");
		buffer_pad(out, &out->buf, text->pairs_width - width_of(at, strlen(at)) + GAP);
		add_raw(out, 0, value, "\n");
		at = value + strlen(value) + 1;
	}
	text->pairs.len = 0;
	text->pairs_width = 0;
}

static void add_pair(struct output *out, const char *key, const char *value, size_t len)
{
	struct text *text = out->text;
	char words[COLUMN_KEY];
	size_t width;

	key_words(key, words);
	width = width_of(words, strlen(words));
	text->pairs_width = width > text->pairs_width ? width : text->pairs_width;
	buffer_add(out, &text->pairs, words, strlen(words) + 1);
	add_clean(out, &text->pairs, value, len);
	buffer_add(out, &text->pairs, "", 1);
}

/* The column of this key, made when it is new; the last one takes what is too much. */
static size_t find_column(struct text *text, const char *key)
{
	struct column *column;

	if (text->next_column < text->ncolumns && !strcmp(text->columns[text->next_column].key, key))
		return text->next_column++;
	for (size_t i = 0; i < text->ncolumns; i++) {
		if (!strcmp(text->columns[i].key, key)) {
			text->next_column = i + 1;
			return i;
		}
	}
	if (text->ncolumns == MAX_COLUMNS)
		return MAX_COLUMNS - 1;
	column = &text->columns[text->ncolumns];
	*column = (struct column){0};
	snprintf(column->key, sizeof(column->key), "%s", key);
	column->width = strlen(column->key);
	text->next_column = text->ncolumns + 1;
	return text->ncolumns++;
}

static void add_cell(struct output *out, enum value_kind kind, const char *key, const char *value,
		     size_t len)
{
	struct text *text = out->text;
	size_t index = find_column(text, key ? key : "");
	struct column *column = &text->columns[index];
	size_t width = width_of(value, len);
	char number = (char)index;

	if (!column->decided && kind != VALUE_NULL) {
		column->decided = true;
		column->right = kind == VALUE_NUMBER;
	}
	column->width = width > column->width ? width : column->width;
	buffer_add(out, &text->table, &number, 1);
	add_clean(out, &text->table, value, len);
	buffer_add(out, &text->table, "", 1);
}

static void put_cell(struct output *out, const struct column *column, const char *value, bool last)
{
	size_t pad = column->width - width_of(value, strlen(value));

	if (column->right)
		buffer_pad(out, &out->buf, pad);
	add_raw(out, 0, value, last ? "" : "  ");
	if (!column->right && !last)
		buffer_pad(out, &out->buf, pad);
}

static void put_titles(struct output *out, size_t indent)
{
	const struct text *text = out->text;

	buffer_pad(out, &out->buf, indent);
	for (size_t i = 0; i < text->ncolumns; i++) {
		char title[COLUMN_KEY];

		key_words(text->columns[i].key, title);
		for (char *c = title; *c; c++)
			*c = toupper((unsigned char)*c);
		put_cell(out, &text->columns[i], title, i + 1 == text->ncolumns);
	}
	output_raw(out, "\n", 1);
}

/* One row from at; returns where the next begins. */
static const char *put_row(struct output *out, const char *at, size_t indent)
{
	const struct text *text = out->text;
	const char *values[MAX_COLUMNS];

	for (size_t i = 0; i < text->ncolumns; i++)
		values[i] = "-";
	while (*at != END_OF_ROW) {
		values[(unsigned char)*at] = at + 1;
		at += strlen(at + 1) + 2;
	}
	buffer_pad(out, &out->buf, indent);
	for (size_t i = 0; i < text->ncolumns; i++)
		put_cell(out, &text->columns[i], values[i], i + 1 == text->ncolumns);
	output_raw(out, "\n", 1);
	return at + 1;
}

static void put_table(struct output *out, size_t indent)
{
	struct text *text = out->text;
	const char *at = text->table.data;

	put_titles(out, indent);
	while (!out->error && at < text->table.data + text->table.len)
		at = put_row(out, at, indent);
	text->table.len = 0;
	text->ncolumns = 0;
}

/* Within a list of objects, at whatever depth. */
static bool in_row(const struct output *out)
{
	for (size_t i = 0; i < out->depth; i++) {
		if (out->stack[i].shape == SHAPE_LIST && out->text->mode[i] == LIST_TABLE)
			return true;
	}
	return false;
}

static bool in_line(const struct output *out)
{
	return out->depth && out->stack[0].shape == SHAPE_LINE;
}

static void put_line_value(struct output *out, enum value_kind kind, const char *key,
			   const char *value, size_t len)
{
	bool quote = !len || memchr(value, ' ', len) || memchr(value, '"', len);

	if (kind == VALUE_NULL)
		return;
	if (out->text->line_started)
		output_raw(out, " ", 1);
	out->text->line_started = true;
	if (kind != VALUE_WORD)
		add_raw(out, 0, key, quote ? "=\"" : "=");
	add_clean(out, &out->buf, value, len);
	if (kind != VALUE_WORD && quote)
		output_raw(out, "\"", 1);
}

static void put_scalar(struct output *out, enum value_kind kind, const char *key, const char *value,
		       size_t len)
{
	if (in_line(out))
		put_line_value(out, kind, key, value, len);
	else if (in_row(out))
		add_cell(out, kind, key, value, len);
	else
		add_pair(out, key, value, len);
}

static void text_value(struct output *out, enum value_kind kind, const char *key, const char *value,
		       size_t len)
{
	struct text *text = out->text;
	const struct frame *frame = out->depth ? &out->stack[out->depth - 1] : NULL;

	if (out->lines.depth) {
		lines_value(out, kind, value, len);
		return;
	}
	if (kind == VALUE_NULL) {
		value = "-";
		len = 1;
	}
	if (!frame || frame->shape != SHAPE_LIST) {
		put_scalar(out, kind, key, value, len);
		return;
	}
	if (text->mode[out->depth - 1] == LIST_SCALARS)
		buffer_add(out, &text->scalars, out->depth == 1 ? "\n" : ", ", out->depth == 1 ? 1 : 2);
	text->mode[out->depth - 1] = LIST_SCALARS;
	add_clean(out, &text->scalars, value, len);
}

static void text_begin(struct output *out, enum shape shape, const char *key)
{
	struct text *text = out->text;
	struct frame *parent = out->depth ? &out->stack[out->depth - 1] : NULL;
	char words[COLUMN_KEY];

	if (out->lines.depth)
		return;
	if (shape == SHAPE_LINES) {
		flush_pairs(out);
		return;
	}
	snprintf(text->key[out->depth], COLUMN_KEY, "%s", key ? key : "");
	text->mode[out->depth] = LIST_EMPTY;
	text->line_started = text->line_started && shape != SHAPE_LINE;
	if (parent && parent->shape == SHAPE_LIST)
		text->next_column = 0;
	if (!parent || in_row(out) || in_line(out) || shape == SHAPE_LIST)
		return;
	if (parent->shape == SHAPE_LIST) {
		size_t list = parent - out->stack;

		text->mode[list] = LIST_TABLE;
		key = list ? text->key[list] : NULL;
	}
	flush_pairs(out);
	key_words(key, words);
	if (*words)
		add_raw(out, indent_at(out, out->depth), words, ":\n");
}

static void end_list(struct output *out)
{
	struct text *text = out->text;
	enum list_mode mode = text->mode[out->depth - 1];
	char words[COLUMN_KEY];

	if (mode == LIST_TABLE) {
		put_table(out, out->depth > 1 ? indent_at(out, out->depth) + INDENT : 0);
	} else if (out->depth > 1) {
		const char *key = text->key[out->depth - 1];
		bool empty = mode == LIST_EMPTY;

		/* the parent is the innermost for a moment: the joined list is a value of it */
		out->depth--;
		if (empty && !in_row(out) && !in_line(out))
			put_scalar(out, VALUE_STRING, key, "none", 4);
		else
			put_scalar(out, empty ? VALUE_NULL : VALUE_STRING, key,
				   empty ? "-" : text->scalars.data, empty ? 1 : text->scalars.len);
		out->depth++;
	} else if (mode == LIST_SCALARS) {
		output_raw(out, text->scalars.data, text->scalars.len);
		output_raw(out, "\n", 1);
	} else {
		key_words(text->key[0], words);
		add_raw(out, 0, "no ", words);
		output_raw(out, "\n", 1);
	}
	text->scalars.len = 0;
}

static void text_end(struct output *out)
{
	static const char end_of_row = END_OF_ROW;
	const struct frame *frame = &out->stack[out->depth - 1];

	if (out->lines.depth)
		lines_end(out);
	else if (frame->shape == SHAPE_LIST)
		end_list(out);
	else if (frame->shape == SHAPE_LINE)
		output_raw(out, "\n", 1);
	else if (!in_row(out))
		flush_pairs(out);
	else if (out->stack[out->depth - 2].shape == SHAPE_LIST)
		buffer_add(out, &out->text->table, &end_of_row, 1);
}

static void text_close(struct output *out)
{
	free(out->text->pairs.data);
	free(out->text->table.data);
	free(out->text->scalars.data);
	free(out->text);
}

const struct renderer text_renderer = {
	.begin = text_begin,
	.end = text_end,
	.value = text_value,
	.close = text_close,
};
