/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands print: one stream of keys and values, shown as text or as JSON.
 * A command does not know which.
 *
 *                        text                                      JSON
 *   object at the top    "key:  value" lines, values aligned        {...} on one line
 *   list at the top      a table if it holds objects, titles        [ ... ], an object a line
 *                        from their keys; "no KEY" when empty
 *   object in an object  its lines, indented below its key          "key":{...}
 *   list in an object    a table below the key; scalars: a, b       "key":[...]
 *   list in a list's     a, b (scalars only)                        "key":[...]
 *     object
 *   records              a table, as a list at the top             {...}, an object a line
 *   line                 words and key=value; null left out         {...} on one line
 *   lines                a sentence an object: its words alone      "key":[...]
 *
 * Keys are lower case with '_' between words. Within an object a key may be given once.
 * A list takes scalars (key NULL) or objects (key NULL), not both. Errors of memory or of
 * the stream are kept until output_close().
 */
#ifndef PICKET_OUTPUT_H
#define PICKET_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct diag;
struct output;

/* What a command returns. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_NO = 1, /* the answer is no: invalid, dropped, changes */
	EXIT_USAGE = 2,
	EXIT_SYSTEM = 3, /* the system refused */
};

/* NULL without memory. stream stays the caller's. */
struct output *output_new(FILE *stream, bool json);

/* Whether it prints JSON. */
bool output_is_json(const struct output *out);

/* Writes what is left and frees. 0, or the first error there was: -errno. NULL is fine. */
int output_close(struct output *out);

/* What was ended so far reaches the stream now. 0 or the first error there was: -errno. */
int output_flush(struct output *out);

/* key: NULL inside a list. At the top an object's key is never shown, a list's when empty. */
void output_begin_object(struct output *out, const char *key);
void output_end_object(struct output *out);
void output_begin_list(struct output *out, const char *key);
void output_end_list(struct output *out);

/* A list of objects at the top whose JSON has no brackets: an object a line. */
void output_begin_records(struct output *out, const char *key);
void output_end_records(struct output *out);

/*
 * A list of objects in an object at the top that reads as sentences: text shows of each its words
 * and its mark, on a line of its own below the key; after as many as most says how many more there
 * are; and nothing of an empty list.
 */
void output_begin_lines(struct output *out, const char *key, size_t most);
void output_end_lines(struct output *out);
/* True when the next of these objects is only counted, so that nothing need be put into it. */
bool output_lines_full(const struct output *out);

/* One record of a stream; only at the top, any number of them. Holds no tables. */
void output_begin_line(struct output *out);
void output_end_line(struct output *out);

/* value NULL: null, in text "-" */
void output_string(struct output *out, const char *key, const char *value);
/* A string that speaks for itself: in a line of text it stands without its key. */
void output_word(struct output *out, const char *key, const char *value);
/* What happened to what a line speaks of: "added"...; in text +, - or ~, and on a terminal a colour. */
enum output_mark { MARK_ADDED, MARK_REMOVED, MARK_CHANGED };
void output_mark(struct output *out, const char *key, enum output_mark mark);
void output_number(struct output *out, const char *key, uint64_t value);
/* Up to six decimals, none that is 0 at the end; what is no number is null. */
void output_real(struct output *out, const char *key, double value);
void output_bool(struct output *out, const char *key, bool value);
void output_null(struct output *out, const char *key);
/* JSON: the number of bytes; text: "1.5 MiB" */
void output_bytes(struct output *out, const char *key, uint64_t bytes);
/* JSON: seconds since 1970 with six decimals; text: RFC 3339 in UTC. In a line without its key. */
void output_time(struct output *out, const char *key, int64_t unix_ns);
/* As output_time(), but text says how long before now that was: "3m12s ago" */
void output_ago(struct output *out, const char *key, int64_t unix_ns, int64_t now_unix_ns);
/* JSON: seconds with six decimals; text: "1h30m" */
void output_duration(struct output *out, const char *key, int64_t ns);

/* Something in a language of its own, only at the top. Text: as it is. JSON: {"key": "..."}. */
void output_document(struct output *out, const char *key, const char *text);

/*
 * A policy's diagnostics. Text: with source lines and carets, to stderr. JSON: a list under
 * key of {severity, file, line, column, message, other}; at the top key is left out.
 */
void output_diagnostics(struct output *out, const char *key, const struct diag *diag);

/*
 * One sentence to stderr, lower case, without full stop or newline: "picket: ...". Returns
 * status, so that a command can end with: return fail(EXIT_SYSTEM, "..."), and what it called
 * with: return fail(-ENODEV, "...").
 */
__attribute__((format(printf, 2, 3)))
int (fail)(int status, const char *format, ...); /* cmocka has a macro of this name */

/* The same for something that is no reason to stop. */
__attribute__((format(printf, 1, 2)))
void warn(const char *format, ...);

/* What a daemon has to tell its log. */
__attribute__((format(printf, 1, 2)))
void notice(const char *format, ...);

#endif
