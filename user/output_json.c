// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON as it comes (RFC 8259), without a tree: a list of a million devices is written as
 * fast as it is read. Rows of a top-level list stand on lines of their own.
 */
#include <stdint.h>
#include <string.h>

#include "output_render.h"
#include "source.h"

static bool plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void escaped(struct output *out, const char *text, size_t left)
{
	while (left) {
		uint32_t code;
		size_t len = utf8_length(text, left, &code);
		char unicode[8];

		if (!len) {
			output_raw(out, "\\ufffd", 6);
			len = 1;
		} else if (len > 1 || plain((uint8_t)*text)) {
			output_raw(out, text, len);
		} else {
			snprintf(unicode, sizeof(unicode), "\\u%04x", (unsigned int)code);
			output_raw(out, unicode, 6);
		}
		text += len;
		left -= len;
	}
}

static void quoted(struct output *out, const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && plain((uint8_t)text[n]))
		n++;
	output_raw(out, "\"", 1);
	output_raw(out, text, n);
	escaped(out, text + n, len - n);
	output_raw(out, "\"", 1);
}

/* What stands before a value: comma, line, key. */
static void lead(struct output *out, const char *key)
{
	struct frame *frame;

	if (!out->depth)
		return;
	frame = &out->stack[out->depth - 1];
	if (!frame->empty && frame->shape != SHAPE_RECORDS)
		output_raw(out, ",", 1);
	if (frame->shape == SHAPE_LIST && out->depth == 1)
		output_raw(out, "\n", 1);
	if (frame->shape == SHAPE_OBJECT || frame->shape == SHAPE_LINE) {
		quoted(out, key, strlen(key));
		output_raw(out, ":", 1);
	}
	frame->empty = false;
}

static void json_begin(struct output *out, enum shape shape, const char *key)
{
	lead(out, key);
	if (shape != SHAPE_RECORDS)
		output_raw(out, shape == SHAPE_LIST ? "[" : "{", 1);
}

static void json_end(struct output *out)
{
	const struct frame *frame = &out->stack[out->depth - 1];
	bool top = out->depth == 1;
	bool record = out->depth == 2 && out->stack[0].shape == SHAPE_RECORDS;

	if (frame->shape == SHAPE_RECORDS)
		return;
	if (frame->shape == SHAPE_LIST && top && !frame->empty)
		output_raw(out, "\n", 1);
	output_raw(out, frame->shape == SHAPE_LIST ? "]" : "}", 1);
	if (top || record)
		output_raw(out, "\n", 1);
}

static void json_value(struct output *out, enum value_kind kind, const char *key, const char *text,
		       size_t len)
{
	lead(out, key);
	if (kind == VALUE_NULL)
		output_raw(out, "null", 4);
	else if (kind == VALUE_STRING || kind == VALUE_WORD)
		quoted(out, text, len);
	else
		output_raw(out, text, len);
}

static void json_close(struct output *out)
{
}

const struct renderer json_renderer = {
	.begin = json_begin,
	.end = json_end,
	.value = json_value,
	.close = json_close,
};
