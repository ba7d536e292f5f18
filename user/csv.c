// SPDX-License-Identifier: GPL-2.0-only
#include "csv.h"

#include <string.h>

struct csv csv_open(const struct source_file *source, uint32_t file, struct diag *diag,
		    struct arena *arena)
{
	return (struct csv){
		.source = source, .file = file, .diag = diag, .arena = arena, .line = 1,
	};
}

static struct loc csv_loc(const struct csv *csv)
{
	return (struct loc){ csv->file, csv->line, csv->at - csv->line_start + 1 };
}

/* Is this the end of a line, or of the file? Then *len is the length of the line break. */
static bool line_ends(const struct csv *csv, size_t *len)
{
	const char *text = csv->source->text + csv->at;
	size_t left = csv->source->len - csv->at;

	*len = left ? 1 : 0;
	if (left > 1 && text[0] == '\r' && text[1] == '\n')
		*len = 2;
	return !left || *text == '\n' || *len == 2;
}

static void csv_newline(struct csv *csv, size_t len)
{
	csv->at += len;
	csv->line += len > 0;
	csv->line_start = csv->at;
}

static void skip_line(struct csv *csv)
{
	const char *text = csv->source->text, *newline;

	newline = memchr(text + csv->at, '\n', csv->source->len - csv->at);
	if (!newline)
		csv->at = csv->source->len;
	else
		csv_newline(csv, newline + 1 - text - csv->at);
}

static bool unquote(struct csv *csv, struct text *field)
{
	char *copy = arena_string(csv->arena, field->s, field->len);
	size_t i, n = 0;

	if (!copy)
		return false;
	for (i = 0; i < field->len; i++, n++) {
		copy[n] = field->s[i];
		i += field->s[i] == '"';
	}
	field->s = copy;
	field->len = n;
	return true;
}

static bool quoted_field(struct csv *csv, struct text *field)
{
	const char *text = csv->source->text;
	size_t end = csv->source->len, len;
	bool doubled = false;

	field->loc = csv_loc(csv);
	field->s = text + ++csv->at;
	for (; csv->at < end; csv->at++) {
		if (text[csv->at] == '\n')
			break;
		if (text[csv->at] != '"')
			continue;
		if (csv->at + 1 >= end || text[csv->at + 1] != '"')
			break;
		doubled = true;
		csv->at++;
	}
	if (csv->at >= end || text[csv->at] != '"') {
		diag_error(csv->diag, field->loc, "the quote has no end on this line: close it");
		return false;
	}
	field->len = text + csv->at++ - field->s;
	if (text[csv->at < end ? csv->at : end - 1] != ',' && !line_ends(csv, &len)) {
		diag_error(csv->diag, csv_loc(csv),
			   "text after a closing quote: put the whole field into quotes, and write \"\" for "
			   "a quote in it");
		return false;
	}
	return !doubled || unquote(csv, field);
}

static bool plain_field(struct csv *csv, struct text *field)
{
	const char *text = csv->source->text + csv->at, *at = text;
	const char *end = csv->source->text + csv->source->len;

	field->loc = csv_loc(csv);
	while (at < end && *at != ',' && *at != '\n' && *at != '"')
		at++;
	csv->at = at - csv->source->text;
	if (at < end && *at == '"') {
		diag_error(csv->diag, csv_loc(csv),
			   "a quote inside a field: put the whole field into quotes, and write \"\" for it");
		return false;
	}
	if (at > text && at[-1] == '\r' && (at == end || *at == '\n'))
		csv->at = --at - csv->source->text;
	field->s = text;
	field->len = at - text;
	return true;
}

bool csv_row(struct csv *csv, struct text *fields, size_t most, size_t *n)
{
	const char *text = csv->source->text;
	size_t end = csv->source->len, used = 0, len;
	struct text field;

	while (csv->at < end) {
		if (!used && line_ends(csv, &len)) {
			csv_newline(csv, len);
			continue;
		}
		if (!(csv->at < end && text[csv->at] == '"' ? quoted_field(csv, &field) :
							       plain_field(csv, &field))) {
			skip_line(csv);
			used = 0;
			continue;
		}
		if (used < most)
			fields[used] = field;
		used++;
		if (csv->at < end && text[csv->at] == ',') {
			csv->at++;
			if (csv->at < end)
				continue;
			/* A comma at the very end: one more field, empty. */
			if (used < most)
				fields[used] = (struct text){ text + csv->at, 0, csv_loc(csv) };
			used++;
		}
		line_ends(csv, &len);
		csv_newline(csv, len);
		*n = used;
		return true;
	}
	return false;
}
