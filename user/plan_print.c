// SPDX-License-Identifier: GPL-2.0-only
#include "plan_print.h"

#include <errno.h>
#include <string.h>

#include "plan_words.h"

#define SHOWN_VALUES 8 /* of one field in a sentence */

void plan_printer_free(struct plan_printer *printer)
{
	items_free(&printer->values[0]);
	items_free(&printer->values[1]);
	items_free(&printer->gone);
	items_free(&printer->added);
	items_free(&printer->sentence);
	items_free(&printer->place);
}

enum output_mark plan_mark(const struct plan_change *change)
{
	if (!change->before.object)
		return MARK_ADDED;
	return change->after.object ? MARK_CHANGED : MARK_REMOVED;
}

static void read_values(struct plan_printer *p, const struct plan_change *change,
			const struct plan_field *field)
{
	field_values(&change->before, field, &p->values[0]);
	field_values(&change->after, field, &p->values[1]);
}

bool plan_differs(struct plan_printer *printer, const struct plan_change *change)
{
	if (plan_mark(change) != MARK_CHANGED)
		return true;
	for (const struct plan_field *field = change->fields; field->name; field++) {
		read_values(printer, change, field);
		if (!items_equal(&printer->values[0], &printer->values[1]))
			return true;
	}
	return false;
}

/* ---- sentences ---- */

static void say_values(struct items *sentence, const struct items *values, const char *sign, bool *first)
{
	for (size_t i = 0; i < values->n && i < SHOWN_VALUES; i++) {
		items_append(sentence, "%s%s%s", *first ? " " : ", ", sign, item(values, i));
		*first = false;
	}
	if (values->n > SHOWN_VALUES)
		items_append(sentence, " and %zu more", values->n - SHOWN_VALUES);
}

/* "role thermometer -> camera"; "connect +broker tcp/8883, -recorder tcp/554" */
static void say_field(struct plan_printer *p, const struct plan_change *change,
		      const struct plan_field *field)
{
	const struct items *before = &p->values[0], *after = &p->values[1];
	const char *tendency = field_tendency(&change->before, &change->after, field);
	struct items *sentence = &p->sentence;
	bool first = true;

	items_append(sentence, "%s", field->name);
	if (!change->before.object) {
		say_values(sentence, after, "", &first);
	} else if (before->n <= 1 && after->n <= 1) {
		items_append(sentence, " %s -> %s", before->n ? item(before, 0) : "none",
			     after->n ? item(after, 0) : "none");
	} else {
		say_values(sentence, &p->added, "+", &first);
		say_values(sentence, &p->gone, "-", &first);
	}
	if (tendency)
		items_append(sentence, " (%s)", tendency);
}

/* ---- lines ---- */

static void print_values(struct output *out, const char *key, const struct items *values)
{
	output_begin_list(out, key);
	for (size_t i = 0; i < values->n; i++)
		output_string(out, NULL, item(values, i));
	output_end_list(out);
}

static bool goes_without_saying(const struct plan_field *field, const struct items *values)
{
	return !values->n || (field->usual && (!*field->usual ||
			      (values->n == 1 && !strcmp(item(values, 0), field->usual))));
}

/* Of what is new, only what is not as usual. Returns whether there was anything to say. */
static bool print_field(struct plan_printer *p, const struct plan_change *change,
			const struct plan_field *field, bool first)
{
	struct output *out = p->out;

	read_values(p, change, field);
	if (items_equal(&p->values[0], &p->values[1]) ||
	    (!change->before.object && goes_without_saying(field, &p->values[1])))
		return false;
	items_clear(&p->gone);
	items_clear(&p->added);
	if (field->ordered) {
		for (size_t i = 0; i < p->values[0].n; i++)
			items_add(&p->gone, "%s", item(&p->values[0], i));
		for (size_t i = 0; i < p->values[1].n; i++)
			items_add(&p->added, "%s", item(&p->values[1], i));
	} else {
		items_without(&p->values[0], &p->values[1], &p->gone);
		items_without(&p->values[1], &p->values[0], &p->added);
	}
	items_append(&p->sentence, "%s", first ? ": " : "; ");
	say_field(p, change, field);
	output_begin_object(out, NULL);
	output_string(out, "field", field->name);
	print_values(out, "removed", &p->gone);
	print_values(out, "added", &p->added);
	output_string(out, "tendency", field_tendency(&change->before, &change->after, field));
	output_end_object(out);
	return true;
}

int plan_print_change(struct plan_printer *p, const struct plan_change *change)
{
	enum output_mark mark = plan_mark(change);
	bool placed, first = true;

	output_begin_object(p->out, NULL);
	output_mark(p->out, "change", mark);
	output_string(p->out, "name", change->name);
	items_clear(&p->sentence);
	items_clear(&p->place);
	items_append(&p->sentence, "%s", change->name);
	placed = mark != MARK_REMOVED && write_place(change->after.policy, &change->loc, &p->place);
	output_string(p->out, "place", placed ? item(&p->place, 0) : NULL);
	output_begin_list(p->out, "fields");
	for (const struct plan_field *f = change->fields; f->name && mark != MARK_REMOVED; f++)
		if (print_field(p, change, f, first))
			first = false;
	output_end_list(p->out);
	if (placed)
		items_append(&p->sentence, " (%s)", item(&p->place, 0));
	output_word(p->out, "text", p->sentence.n ? item(&p->sentence, 0) : NULL);
	output_end_object(p->out);
	if (p->values[0].failed || p->values[1].failed || p->gone.failed || p->added.failed ||
	    p->sentence.failed || p->place.failed)
		return -ENOMEM;
	return 0;
}
