// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "names.h"
#include "output.h"
#include "output_render.h"
#include "policy.h"

#define NUMBER_LEN 40

void buffer_add(struct output *out, struct buffer *buf, const char *text, size_t len)
{
	if (out->error)
		return;
	if (buf->cap - buf->len < len) {
		size_t cap = (buf->cap + len) * 2 + 4096;
		char *data = realloc(buf->data, cap);

		if (!data) {
			out->error = -ENOMEM;
			return;
		}
		buf->data = data;
		buf->cap = cap;
	}
	memcpy(buf->data + buf->len, text, len);
	buf->len += len;
}

void buffer_pad(struct output *out, struct buffer *buf, size_t n)
{
	while (n--)
		buffer_add(out, buf, " ", 1);
}

static void drain(struct output *out)
{
	if (!out->error && fwrite(out->buf.data, 1, out->buf.len, out->stream) != out->buf.len)
		out->error = errno ? -errno : -EIO;
	out->buf.len = 0;
}

void output_raw(struct output *out, const char *text, size_t len)
{
	buffer_add(out, &out->buf, text, len);
	if (out->buf.len >= OUTPUT_CHUNK)
		drain(out);
}

/* no-color.org: any value but the empty one */
static bool getenv_filled(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

struct output *output_new(FILE *stream, bool json)
{
	struct output *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->stream = stream;
	out->colour = isatty(fileno(stream)) == 1 && !getenv_filled("NO_COLOR");
	out->renderer = json ? &json_renderer : &text_renderer;
	if (!json && text_new(&out->text)) {
		free(out);
		return NULL;
	}
	return out;
}

bool output_is_json(const struct output *out)
{
	return !out->text;
}

int output_flush(struct output *out)
{
	if (out->buf.len)
		drain(out);
	if (!out->error && fflush(out->stream))
		out->error = -errno;
	return out->error;
}

int output_close(struct output *out)
{
	int err;

	if (!out)
		return 0;
	err = output_flush(out);
	out->renderer->close(out);
	free(out->buf.data);
	free(out);
	return err;
}

static void begin(struct output *out, enum shape shape, const char *key)
{
	if (out->depth == OUTPUT_DEPTH) {
		out->error = out->error ? out->error : -E2BIG;
		return;
	}
	out->renderer->begin(out, shape, key);
	out->stack[out->depth++] = (struct frame){.shape = shape, .empty = true};
}

static void end(struct output *out)
{
	if (!out->depth)
		return;
	out->renderer->end(out);
	out->depth--;
}

void output_begin_object(struct output *out, const char *key)
{
	begin(out, SHAPE_OBJECT, key);
}

void output_end_object(struct output *out)
{
	end(out);
}

void output_begin_list(struct output *out, const char *key)
{
	begin(out, SHAPE_LIST, key);
}

void output_end_list(struct output *out)
{
	end(out);
}

/* In text they are a list like any other. */
void output_begin_records(struct output *out, const char *key)
{
	begin(out, out->text ? SHAPE_LIST : SHAPE_RECORDS, key);
}

void output_end_records(struct output *out)
{
	end(out);
}

void output_begin_lines(struct output *out, const char *key, size_t most)
{
	begin(out, out->text ? SHAPE_LINES : SHAPE_LIST, key);
	if (out->text)
		lines_begin(out, key, most);
}

void output_end_lines(struct output *out)
{
	end(out);
}

void output_begin_line(struct output *out)
{
	begin(out, SHAPE_LINE, NULL);
}

void output_end_line(struct output *out)
{
	end(out);
}

static void value(struct output *out, enum value_kind kind, const char *key, const char *text)
{
	if (text)
		out->renderer->value(out, kind, key, text, strlen(text));
	else
		out->renderer->value(out, VALUE_NULL, key, "", 0);
}

void output_string(struct output *out, const char *key, const char *text)
{
	value(out, VALUE_STRING, key, text);
}

void output_word(struct output *out, const char *key, const char *text)
{
	value(out, VALUE_WORD, key, text);
}

void output_mark(struct output *out, const char *key, enum output_mark mark)
{
	static const char *const signs[] = { "+", "-", "~" };
	static const char *const names[] = { "added", "removed", "changed" };

	if (out->text)
		value(out, VALUE_MARK, key, signs[mark]);
	else
		value(out, VALUE_STRING, key, names[mark]);
}

/* A million rows have ten million numbers: printf() would be half of the time. */
void output_number(struct output *out, const char *key, uint64_t number)
{
	char digits[NUMBER_LEN];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	out->renderer->value(out, VALUE_NUMBER, key, digits + at, sizeof(digits) - at);
}

void output_real(struct output *out, const char *key, double number)
{
	char digits[400];
	size_t len;

	if (!isfinite(number)) {
		output_null(out, key);
		return;
	}
	len = snprintf(digits, sizeof(digits), "%.6f", number);
	while (digits[len - 1] == '0')
		len--;
	if (digits[len - 1] == '.')
		len--;
	out->renderer->value(out, VALUE_NUMBER, key, digits, len);
}

void output_bool(struct output *out, const char *key, bool yes)
{
	if (out->text)
		value(out, VALUE_BOOL, key, yes ? "yes" : "no");
	else
		value(out, VALUE_BOOL, key, yes ? "true" : "false");
}

void output_null(struct output *out, const char *key)
{
	value(out, VALUE_NULL, key, NULL);
}

void output_bytes(struct output *out, const char *key, uint64_t bytes)
{
	char size[SIZE_LEN];

	if (out->text)
		value(out, VALUE_NUMBER, key, format_size(bytes, size));
	else
		output_number(out, key, bytes);
}

/* Never through floating point: it has no room for 2026 in microseconds and more. */
static void seconds(struct output *out, const char *key, int64_t ns)
{
	char text[NUMBER_LEN];
	uint64_t us = (ns < 0 ? -(uint64_t)ns : (uint64_t)ns) / 1000;
	size_t at = sizeof(text);

	for (int digit = 0; digit < 6; digit++, us /= 10)
		text[--at] = '0' + us % 10;
	text[--at] = '.';
	do {
		text[--at] = '0' + us % 10;
		us /= 10;
	} while (us);
	if (ns < 0)
		text[--at] = '-';
	out->renderer->value(out, VALUE_NUMBER, key, text + at, sizeof(text) - at);
}

void output_time(struct output *out, const char *key, int64_t unix_ns)
{
	char text[TIME_LEN];

	if (unix_ns == TIME_ALWAYS_FROM || unix_ns == TIME_NEVER_UNTIL)
		output_null(out, key);
	else if (out->text)
		value(out, VALUE_WORD, key, format_time(unix_ns, text));
	else
		seconds(out, key, unix_ns);
}

void output_ago(struct output *out, const char *key, int64_t unix_ns, int64_t now_unix_ns)
{
	char text[DURATION_LEN], ago[DURATION_LEN + 8];
	int64_t age = now_unix_ns - unix_ns;

	if (!out->text) {
		seconds(out, key, unix_ns);
		return;
	}
	snprintf(ago, sizeof(ago), "%s ago", format_duration(age < 0 ? 0 : age, text));
	value(out, VALUE_STRING, key, ago);
}

void output_duration(struct output *out, const char *key, int64_t ns)
{
	char text[DURATION_LEN];

	if (out->text)
		value(out, VALUE_STRING, key, format_duration(ns, text));
	else
		seconds(out, key, ns);
}

void output_document(struct output *out, const char *key, const char *text)
{
	if (out->text) {
		output_raw(out, text, strlen(text));
		return;
	}
	output_begin_object(out, NULL);
	output_string(out, key, text);
	output_end_object(out);
}

static void complain(const char *severity, const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "picket: %s", severity);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int fail(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("", format, args);
	va_end(args);
	return status;
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("warning: ", format, args);
	va_end(args);
}

void notice(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("", format, args);
	va_end(args);
}
