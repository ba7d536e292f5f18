/* SPDX-License-Identifier: GPL-2.0-only */
/* One element that is new, gone or changed, as a line. */
#ifndef PICKET_PLAN_PRINT_H
#define PICKET_PLAN_PRINT_H

#include "plan.h"
#include "plan_fields.h"

#define PLAN_SHOWN 20 /* lines of a kind, in text */
#define PLAN_MARKS 3

/* What cannot be overlooked comes first. */
extern const enum output_mark PLAN_ORDER[PLAN_MARKS];

/* What is used for every line; all zero at first. */
struct plan_printer {
	struct output *out;
	struct items values[2], gone, added, sentence, place;
};

struct plan_change {
	const char *name;
	const struct plan_field *fields;
	struct element before, after; /* one of the objects may be NULL */
	struct loc loc; /* of after */
};

void plan_printer_free(struct plan_printer *printer);

/* True when any field differs, or one policy does not have it. */
bool plan_differs(struct plan_printer *printer, const struct plan_change *change);

enum output_mark plan_mark(const struct plan_change *change);

/* 0 or -ENOMEM. */
int plan_print_change(struct plan_printer *printer, const struct plan_change *change);

/* The list "devices", of which there may be a million. 0 or -ENOMEM. */
int plan_print_devices(struct plan_printer *printer, const struct plan *plan, struct plan_count *count);

#endif
