// SPDX-License-Identifier: GPL-2.0-only
#include "quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *format_place(const struct policy *policy, const struct loc *loc, char buf[PLACE_LEN])
{
	if (!loc->line || loc->file >= policy->nfiles)
		return NULL;
	snprintf(buf, PLACE_LEN, "%s:%u", policy->files[loc->file].name, loc->line);
	return buf;
}

/* Where the place's line begins, and its file ends; false: there is no such place. */
static bool find_line(struct quoter *q, const struct loc *loc, const char **at, const char **end)
{
	const struct source_file *file;

	if (!loc->line || loc->file >= q->policy->nfiles)
		return false;
	file = &q->policy->files[loc->file];
	*end = file->text + file->len;
	if (!q->at || q->file != loc->file || q->line > loc->line) {
		q->at = file->text;
		q->file = loc->file;
		q->line = 1;
	}
	while (q->line < loc->line && q->at < *end) {
		const char *newline = memchr(q->at, '\n', *end - q->at);

		q->at = newline ? newline + 1 : *end;
		q->line++;
	}
	*at = q->at;
	return true;
}

char *quote_line(struct quoter *q, const struct loc *loc)
{
	const char *at, *end, *newline;

	if (!find_line(q, loc, &at, &end))
		return NULL;
	newline = memchr(at, '\n', end - at);
	end = newline ? newline : end;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\r'))
		end--;
	return strndup(at, end - at);
}

/* ---- a mapping, whose YAML the policy's parser has taken: no anchors, tags or block scalars ---- */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_line(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', end - at);

	return newline ? newline : end;
}

/* After a quoted scalar that begins at at. */
static const char *skip_quoted(const char *at, const char *end)
{
	const char mark = *at++;

	while (at < end && *at != mark)
		at += mark == '"' && *at == '\\' && at + 1 < end ? 2 : 1;
	return at < end ? at + 1 : end;
}

/*
 * After white space and comments. *indent: how far in what follows stands, when it is on another line;
 * else untouched.
 */
static const char *skip_blank(const char *at, const char *end, size_t *indent)
{
	const char *line = NULL;

	while (at < end && (blank(*at) || *at == '#')) {
		if (*at == '#')
			at = skip_line(at, end);
		else if (*at++ == '\n')
			line = at;
	}
	if (line)
		*indent = at - line;
	return at;
}

/* Copies what is neither blank nor quoted; how deep in brackets it ends. */
static bool copy_mark(char c, int *depth, char **to)
{
	if (c == '[' || c == '{')
		++*depth;
	else if (c == ']' || c == '}')
		--*depth;
	if (*depth < 0 || (!*depth && c == ','))
		return false;
	*(*to)++ = c;
	return true;
}

char *quote_mapping(struct quoter *q, const struct loc *loc)
{
	const char *at, *end, *start, *next;
	const size_t column = loc->col ? loc->col - 1 : 0;
	char *text, *to;
	int depth = 0;

	if (!find_line(q, loc, &at, &end))
		return NULL;
	at = (size_t)(end - at) > column ? at + column : end;
	start = at;
	text = malloc(end - at + 1);
	to = text;
	while (text && at < end) {
		size_t indent = column;

		if (*at == '"' || *at == '\'') {
			next = skip_quoted(at, end);
			to = mempcpy(to, at, next - at);
		} else if (blank(*at)) {
			next = skip_blank(at, end, &indent);
			if (next == end || (!depth && indent < column))
				break;
			*to++ = ' ';
		} else {
			next = at + 1;
			if (!copy_mark(*at, &depth, &to) || (*start == '{' && !depth))
				break;
		}
		at = next;
	}
	if (text)
		*to = '\0';
	return text;
}
