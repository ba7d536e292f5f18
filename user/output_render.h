/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between output.c, which turns values into text, and the two renderers, which arrange it.
 */
#ifndef PICKET_OUTPUT_RENDER_H
#define PICKET_OUTPUT_RENDER_H

#include <stddef.h>
#include <stdio.h>

#include "output.h"

#define OUTPUT_DEPTH 16
#define OUTPUT_CHUNK 65536

struct buffer {
	char *data;
	size_t len, cap;
};

enum shape { SHAPE_OBJECT, SHAPE_LIST, SHAPE_RECORDS, SHAPE_LINE, SHAPE_LINES };

enum value_kind { VALUE_NULL, VALUE_STRING, VALUE_WORD, VALUE_NUMBER, VALUE_BOOL, VALUE_MARK };

struct renderer {
	void (*begin)(struct output *out, enum shape shape, const char *key);
	void (*end)(struct output *out);
	/* text: what the value reads as; not for VALUE_NULL */
	void (*value)(struct output *out, enum value_kind kind, const char *key, const char *text,
		      size_t len);
	/* frees what the renderer holds */
	void (*close)(struct output *out);
};

struct frame {
	enum shape shape;
	bool empty;
};

/* A list that text shows as lines, while it is open. */
struct lines {
	size_t depth; /* of its frame, from 1; 0: none is open */
	size_t most, n;
	const char *key; /* until the first line */
	const char *after; /* ends the colour of the line at hand */
	bool started; /* the line at hand has a word */
};

struct output {
	const struct renderer *renderer;
	FILE *stream;
	int error; /* the first one, -errno */
	struct buffer buf; /* finished, not yet in stream */
	struct frame stack[OUTPUT_DEPTH];
	size_t depth;
	struct text *text; /* the text renderer's own */
	struct lines lines;
	bool colour;
};

extern const struct renderer json_renderer, text_renderer;

/* 0, or -ENOMEM */
int text_new(struct text **out);

/* Text while lines are open; indent of the key. */
void lines_begin(struct output *out, const char *key, size_t most);
void lines_value(struct output *out, enum value_kind kind, const char *text, size_t len);
void lines_end(struct output *out);
size_t indent_at(const struct output *out, size_t depth);
/* As it is, but for what would move the cursor or colour the terminal. */
void add_clean(struct output *out, struct buffer *buf, const char *text, size_t len);

void buffer_add(struct output *out, struct buffer *buf, const char *text, size_t len);
void buffer_pad(struct output *out, struct buffer *buf, size_t n);
/* Appends finished text, and hands it to the stream in large pieces. */
void output_raw(struct output *out, const char *text, size_t len);

#endif
