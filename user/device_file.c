// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "csv.h"
#include "parse_device.h"
#include "source.h"

enum column {
	COLUMN_NAME,
	COLUMN_ROLE,
	COLUMN_MAC,
	COLUMN_IP,
	COLUMN_SEGMENT,
	COLUMN_SPACE,
	COLUMN_FROM,
	COLUMN_UNTIL,
	COLUMNS
};

static const char *const COLUMN_NAMES[COLUMNS] = {
	[COLUMN_NAME] = "name",	      [COLUMN_ROLE] = "role",	  [COLUMN_MAC] = "mac",
	[COLUMN_IP] = "ip",	      [COLUMN_SEGMENT] = "segment", [COLUMN_SPACE] = "space",
	[COLUMN_FROM] = "valid-from", [COLUMN_UNTIL] = "valid-until",
};

#define MOST_PIECES 256 /* of one list */

struct device_file {
	struct parse *parse;
	size_t columns; /* in the file */
	size_t name; /* position of the column */
	enum column column[COLUMNS]; /* by position */
	/* The last role field that was right: rows that repeat it share its roles. */
	struct text role;
	uint32_t *roles;
	size_t nroles;
};

static bool same_text(const struct text *a, const struct text *b)
{
	return a->len == b->len && !memcmp(a->s, b->s, a->len);
}

/* The pieces of a list separated by '|'. */
static size_t split(struct parse *parse, const struct text *list, struct text *pieces)
{
	const char *end = list->s + list->len, *at = list->s, *bar;
	size_t n = 0;

	for (;; at = bar + 1) {
		bar = memchr(at, '|', end - at);
		if (n == MOST_PIECES) {
			diag_error(parse->diag, list->loc, "the list has more than %d entries: split the device",
				   MOST_PIECES);
			return n;
		}
		pieces[n] = (struct text){ at, (bar ? bar : end) - at, list->loc };
		pieces[n++].loc.col += at - list->s;
		if (!bar)
			return n;
	}
}

static void set_roles(struct device_file *file, struct device_draft *draft, const struct text *field)
{
	struct text pieces[MOST_PIECES];

	if (!file->roles || !same_text(field, &file->role)) {
		size_t errors = file->parse->diag->nerrors, n = split(file->parse, field, pieces);

		draft->device->roles = parse_roles(file->parse, pieces, n, &draft->device->nroles);
		if (file->parse->diag->nerrors != errors)
			return;
		file->role = *field;
		file->roles = draft->device->roles;
		file->nroles = draft->device->nroles;
	}
	draft->device->roles = file->roles;
	draft->device->nroles = file->nroles;
}

static void set_field(struct device_file *file, struct device_draft *draft, enum column column,
		      const struct text *field)
{
	struct parse *parse = file->parse;
	struct text pieces[MOST_PIECES];

	switch (column) {
	case COLUMN_ROLE:
		set_roles(file, draft, field);
		break;
	case COLUMN_MAC:
		device_set_mac(parse, draft, field);
		break;
	case COLUMN_IP:
		device_set_addrs(parse, draft, pieces, split(parse, field, pieces));
		break;
	case COLUMN_SEGMENT:
		device_set_segment(parse, draft, field);
		break;
	case COLUMN_SPACE:
		draft->device->space = parse_space(parse, field);
		break;
	case COLUMN_FROM:
		value_time(parse->diag, field, &draft->device->valid_from);
		break;
	case COLUMN_UNTIL:
		draft->until = field->loc;
		value_time(parse->diag, field, &draft->device->valid_until);
		break;
	default:
		break;
	}
}

static bool read_column(struct device_file *file, const struct text *title, size_t position)
{
	struct diag *diag = file->parse->diag;
	size_t column, i;

	for (column = 0; column < COLUMNS && !text_is(title, COLUMN_NAMES[column]); column++)
		;
	if (column == COLUMNS) {
		diag_error(diag, title->loc,
			   "unknown column \"%.*s\": a device file has name, role, mac, ip, segment, space, "
			   "valid-from and valid-until",
			   QUOTED(title));
		return false;
	}
	for (i = 0; i < position; i++)
		if (file->column[i] == column) {
			diag_error(diag, title->loc, "the column \"%s\" is here twice: keep one",
				   COLUMN_NAMES[column]);
			return false;
		}
	file->column[position] = column;
	return true;
}

/* The first row names the columns, in any order. */
static bool read_header(struct device_file *file, struct csv *csv)
{
	struct diag *diag = file->parse->diag;
	struct text titles[COLUMNS + 1];
	struct loc start = { csv->file, 1, 1 };
	bool good = true;
	size_t n, i;

	if (!csv_row(csv, titles, COLUMNS + 1, &n)) {
		diag_error(diag, start, "the device file is empty: its first row names the columns");
		return false;
	}
	for (i = 0; i < n && i < COLUMNS; i++) {
		/* A column that is wrong takes the place of none. */
		file->column[i] = COLUMNS;
		good &= read_column(file, &titles[i], i);
		if (file->column[i] == COLUMN_NAME)
			file->name = i;
	}
	if (n > COLUMNS)
		diag_error(diag, titles[COLUMNS].loc, "too many columns: a device file has at most %d", COLUMNS);
	else if (file->name == COLUMNS && good)
		diag_error(diag, titles[0].loc, "no column is called \"name\": the first row names the columns");
	file->columns = n;
	return good && file->name < COLUMNS && n <= COLUMNS;
}

static void read_row(struct device_file *file, const struct text *fields)
{
	struct device_draft draft;
	size_t i;

	if (!device_begin(file->parse, &fields[file->name], &draft))
		return;
	for (i = 0; i < file->columns; i++)
		if (fields[i].len)
			set_field(file, &draft, file->column[i], &fields[i]);
	device_end(file->parse, &draft);
}

/* The next row whose fields are as many as the first row's. */
static bool next_row(const struct device_file *file, struct csv *csv, struct text *fields)
{
	size_t n;

	while (csv_row(csv, fields, COLUMNS, &n)) {
		if (n == file->columns) {
			namespace_prefetch(file->parse->names, fields[file->name].s,
					   fields[file->name].len);
			return true;
		}
		diag_error(file->parse->diag, fields[0].loc, "the row has %zu fields, the first row %zu",
			   n, file->columns);
	}
	return false;
}

/* Fields are split some rows ahead, so that where a name goes is at hand when it is taken. */
static void read_rows(struct device_file *file, struct csv *csv)
{
	struct text rows[TABLE_AHEAD][COLUMNS] = { 0 };
	size_t split = 0, read;

	for (read = 0;; read++) {
		while (split - read < TABLE_AHEAD && next_row(file, csv, rows[split % TABLE_AHEAD]))
			split++;
		if (split == read)
			return;
		read_row(file, rows[read % TABLE_AHEAD]);
	}
}

void parse_device_file(struct parse *parse, uint32_t index)
{
	const struct source_file *source = &parse->policy->files[index];
	struct device_file file = { .parse = parse, .name = COLUMNS };
	struct loc loc = { .file = index };
	const char *complaint;
	struct csv csv;

	complaint = source_check(source, &loc.line, &loc.col);
	if (complaint) {
		diag_error(parse->diag, loc, "%s", complaint);
		return;
	}
	csv = csv_open(source, index, parse->diag, parse->arena);
	if (!read_header(&file, &csv))
		return;
	read_rows(&file, &csv);
}
