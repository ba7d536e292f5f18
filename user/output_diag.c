// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "diag.h"
#include "output.h"
#include "output_render.h"

static void put_place(struct output *out, const struct diag *diag, const struct loc *loc)
{
	if (loc->file < diag->nfiles)
		output_string(out, "file", diag->files[loc->file].name);
	else
		output_null(out, "file");
	if (loc->line) {
		output_number(out, "line", loc->line);
		output_number(out, "column", loc->col);
	} else {
		output_null(out, "line");
		output_null(out, "column");
	}
}

static void put_item(struct output *out, const struct diag *diag, const struct diag_item *item)
{
	output_begin_object(out, NULL);
	output_string(out, "severity", item->severity == SEVERITY_ERROR ? "error" : "warning");
	put_place(out, diag, &item->loc);
	output_string(out, "message", item->message);
	if (item->other_message) {
		output_begin_object(out, "other");
		put_place(out, diag, &item->other);
		output_string(out, "message", item->other_message);
		output_end_object(out);
	} else {
		output_null(out, "other");
	}
	output_end_object(out);
}

void output_diagnostics(struct output *out, const char *key, const struct diag *diag)
{
	if (out->text) {
		diag_print(diag, stderr);
		return;
	}
	output_begin_list(out, key);
	for (size_t i = 0; i < diag->nitems; i++)
		put_item(out, diag, &diag->items[i]);
	output_end_list(out);
}
