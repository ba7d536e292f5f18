// SPDX-License-Identifier: GPL-2.0-only
/* Text of lists that read as sentences, a line each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output_render.h"

#define INDENT 2
#define COLOUR_OFF "\033[0m"

void lines_begin(struct output *out, const char *key, size_t most)
{
	out->lines = (struct lines){ .depth = out->depth, .most = most, .key = key };
}

bool output_lines_full(const struct output *out)
{
	return out->lines.depth && out->lines.n >= out->lines.most;
}

static void add_text(struct output *out, const char *text)
{
	output_raw(out, text, strlen(text));
}

/* The list's key, before its first line. */
static void put_key(struct output *out)
{
	struct lines *lines = &out->lines;

	if (!lines->key)
		return;
	buffer_pad(out, &out->buf, indent_at(out, lines->depth));
	for (const char *c = lines->key; *c; c++)
		output_raw(out, *c == '_' ? " " : c, 1);
	add_text(out, ":\n");
	lines->key = NULL;
}

static const char *colour_of(char sign)
{
	return sign == '+' ? "\033[32m" : sign == '-' ? "\033[31m" : "\033[33m";
}

void lines_value(struct output *out, enum value_kind kind, const char *text, size_t len)
{
	struct lines *lines = &out->lines;

	if (out->depth != lines->depth + 1 || lines->n >= lines->most ||
	    (kind != VALUE_WORD && kind != VALUE_MARK))
		return;
	put_key(out);
	if (lines->started)
		add_text(out, " ");
	else
		buffer_pad(out, &out->buf, indent_at(out, lines->depth) + INDENT);
	lines->started = true;
	if (kind == VALUE_MARK && out->colour) {
		add_text(out, colour_of(*text));
		lines->after = COLOUR_OFF;
	}
	add_clean(out, &out->buf, text, len);
}

static void end_line(struct output *out)
{
	struct lines *lines = &out->lines;

	lines->n++;
	if (!lines->started)
		return;
	if (lines->after)
		add_text(out, lines->after);
	add_text(out, "\n");
	lines->started = false;
	lines->after = NULL;
}

void lines_end(struct output *out)
{
	struct lines *lines = &out->lines;
	char more[48];

	if (out->depth == lines->depth + 1)
		end_line(out);
	if (out->depth != lines->depth)
		return;
	if (lines->n > lines->most) {
		buffer_pad(out, &out->buf, indent_at(out, lines->depth) + INDENT);
		snprintf(more, sizeof(more), "... and %zu more\n", lines->n - lines->most);
		add_text(out, more);
	}
	lines->depth = 0;
}
