// SPDX-License-Identifier: GPL-2.0-only
#include "diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

#define LINES_PER_MARK 256
#define SHOWN_BEFORE 100 /* bytes of a long line before the caret */
#define SHOWN 160

struct diag *diag_new(void)
{
	return calloc(1, sizeof(struct diag));
}

void diag_free(struct diag *diag)
{
	size_t i;

	if (!diag)
		return;
	for (i = 0; i < diag->nitems; i++) {
		free(diag->items[i].message);
		free(diag->items[i].other_message);
	}
	for (i = 0; i < diag->nfiles; i++)
		source_put(&diag->files[i]);
	free(diag->items);
	free(diag->files);
	free(diag);
}

void diag_cleanup(struct diag **diag)
{
	diag_free(*diag);
}

int diag_share_files(struct diag *diag, const struct source_file *files, size_t nfiles)
{
	struct source_file *shared = calloc(nfiles ? nfiles : 1, sizeof(*shared));
	size_t i;

	if (!shared)
		return -ENOMEM;
	for (i = 0; i < nfiles; i++)
		shared[i] = source_ref(&files[i]);
	for (i = 0; i < diag->nfiles; i++)
		source_put(&diag->files[i]);
	free(diag->files);
	diag->files = shared;
	diag->nfiles = nfiles;
	return 0;
}

/* Messages quote what the file says: nothing of that may reach a terminal as a command. */
static void message_clean(char *message)
{
	size_t left = strlen(message), n, i;
	uint32_t code;

	for (; left; message += n, left -= n) {
		n = utf8_length(message, left, &code);
		if (n && code >= 0x20 && code != 0x7f && (code < 0x80 || code >= 0xa0))
			continue;
		n = n ? n : 1;
		for (i = 0; i < n; i++)
			message[i] = '?';
	}
}

__attribute__((format(printf, 1, 0)))
static char *message_new(const char *format, va_list args)
{
	char *message;

	if (vasprintf(&message, format, args) < 0)
		return NULL;
	message_clean(message);
	return message;
}

/* Room is doubled whenever the count is a power of two. */
static struct diag_item *diag_item_new(struct diag *diag)
{
	struct diag_item *items = diag->items;
	size_t n = diag->nitems;

	if (!(n & (n - 1))) {
		items = realloc(items, (n ? n * 2 : 1) * sizeof(*items));
		if (!items)
			return NULL;
		diag->items = items;
	}
	items[n] = (struct diag_item){ 0 };
	return &items[diag->nitems++];
}

__attribute__((format(printf, 4, 0)))
static void diag_vadd(struct diag *diag, enum severity severity, struct loc loc, const char *format,
		      va_list args)
{
	size_t *count = severity == SEVERITY_ERROR ? &diag->nerrors : &diag->nwarnings;
	struct diag_item *item;

	diag->last_kept = false;
	if ((*count)++ >= DIAG_KEPT)
		return;
	item = diag_item_new(diag);
	if (!item)
		return;
	item->severity = severity;
	item->loc = loc;
	item->message = message_new(format, args);
	diag->last_kept = true;
}

void diag_add(struct diag *diag, enum severity severity, struct loc loc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_vadd(diag, severity, loc, format, args);
	va_end(args);
}

void diag_error(struct diag *diag, struct loc loc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_vadd(diag, SEVERITY_ERROR, loc, format, args);
	va_end(args);
}

void diag_warning(struct diag *diag, struct loc loc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_vadd(diag, SEVERITY_WARNING, loc, format, args);
	va_end(args);
}

void diag_other(struct diag *diag, struct loc loc, const char *format, ...)
{
	struct diag_item *item;
	va_list args;

	if (!diag->last_kept)
		return;
	item = &diag->items[diag->nitems - 1];
	free(item->other_message);
	item->other = loc;
	va_start(args, format);
	item->other_message = message_new(format, args);
	va_end(args);
}

static int loc_compare(const struct loc *a, const struct loc *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->col < b->col ? -1 : a->col > b->col;
}

static int item_compare(const void *a, const void *b)
{
	const struct diag_item *x = a, *y = b;
	int order = loc_compare(&x->loc, &y->loc);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

void diag_sort(struct diag *diag)
{
	size_t i;

	for (i = 0; i < diag->nitems; i++)
		diag->items[i].order = i;
	if (diag->nitems)
		qsort(diag->items, diag->nitems, sizeof(*diag->items), item_compare);
	diag->last_kept = false;
}

/* Where every LINES_PER_MARK-th line of a file begins. */
struct line_marks {
	size_t *offset;
	size_t n;
};

static void line_marks_build(const struct source_file *file, struct line_marks *marks)
{
	const char *end = file->text + file->len, *at = file->text;
	size_t line = 0;

	while (at) {
		if (line % LINES_PER_MARK == 0) {
			size_t *larger = marks->offset;

			if (!(marks->n & (marks->n - 1)))
				larger = realloc(larger, (marks->n ? marks->n * 2 : 1) * sizeof(*larger));
			if (!larger)
				return;
			marks->offset = larger;
			larger[marks->n++] = at - file->text;
		}
		line++;
		at = memchr(at, '\n', end - at);
		at = at ? at + 1 : NULL;
	}
}

/* The text of a line (from 1), without its end; false when there is no such line. */
static bool line_find(const struct source_file *file, struct line_marks *marks, uint32_t line,
		      const char **text, size_t *len)
{
	const char *end, *at, *stop;
	uint32_t skip = (line - 1) % LINES_PER_MARK;

	if (!file->text)
		return false;
	end = file->text + file->len;
	if (!marks->n)
		line_marks_build(file, marks);
	if (!line || (line - 1) / LINES_PER_MARK >= marks->n)
		return false;
	at = file->text + marks->offset[(line - 1) / LINES_PER_MARK];
	while (skip--) {
		at = memchr(at, '\n', end - at);
		if (!at)
			return false;
		at++;
	}
	stop = memchr(at, '\n', end - at);
	stop = stop ? stop : end;
	if (stop > at && stop[-1] == '\r')
		stop--;
	*text = at;
	*len = stop - at;
	return true;
}

/* What is no printable character shows as '?'; tabs stay, so that the caret can follow them. */
static void line_print(FILE *stream, const char *text, size_t len, bool blank)
{
	uint32_t code;
	size_t n;

	for (; len; text += n, len -= n) {
		n = utf8_length(text, len, &code);
		if (n && code == '\t')
			fputc('\t', stream);
		else if (blank)
			fputc(' ', stream);
		else if (!n || code < 0x20 || (code >= 0x7f && code < 0xa0))
			fputc('?', stream);
		else
			fwrite(text, 1, n, stream);
		n = n ? n : 1;
	}
}

static void source_line_print(FILE *stream, const char *text, size_t len, size_t col)
{
	size_t skip = col > SHOWN ? col - SHOWN_BEFORE : 0;

	while (skip && (text[skip] & 0xc0) == 0x80)
		skip--;
	text += skip;
	len -= skip;
	col -= skip;
	if (len > SHOWN) {
		len = SHOWN;
		while (len > col && (text[len] & 0xc0) == 0x80)
			len--;
	}
	fputs("    ", stream);
	line_print(stream, text, len, false);
	fputs("\n    ", stream);
	line_print(stream, text, col, true);
	fputs("^\n", stream);
}

static void place_print(const struct diag *diag, struct line_marks *marks, FILE *stream,
			const struct loc *loc, const char *kind, const char *message)
{
	const struct source_file *file = loc->file < diag->nfiles ? &diag->files[loc->file] : NULL;
	const char *text;
	size_t len;

	if (file && loc->line)
		fprintf(stream, "%s:%u:%u: ", file->name, loc->line, loc->col);
	else if (file)
		fprintf(stream, "%s: ", file->name);
	fprintf(stream, "%s: %s\n", kind, message ? message : "out of memory");
	if (file && loc->line && line_find(file, &marks[loc->file], loc->line, &text, &len))
		source_line_print(stream, text, len, loc->col <= len ? loc->col - 1 : len);
}

void diag_print(const struct diag *diag, FILE *stream)
{
	struct line_marks *marks = calloc(diag->nfiles + 1, sizeof(*marks));
	size_t i;

	for (i = 0; marks && i < diag->nitems; i++) {
		const struct diag_item *item = &diag->items[i];

		place_print(diag, marks, stream, &item->loc,
			    item->severity == SEVERITY_ERROR ? "error" : "warning", item->message);
		if (item->other_message)
			place_print(diag, marks, stream, &item->other, "note", item->other_message);
	}
	if (diag->nerrors > DIAG_KEPT)
		fprintf(stream, "error: %zu more errors are not shown\n", diag->nerrors - DIAG_KEPT);
	if (diag->nwarnings > DIAG_KEPT)
		fprintf(stream, "warning: %zu more warnings are not shown\n",
			diag->nwarnings - DIAG_KEPT);
	for (i = 0; marks && i < diag->nfiles; i++)
		free(marks[i].offset);
	free(marks);
}
