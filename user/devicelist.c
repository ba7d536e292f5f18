// SPDX-License-Identifier: GPL-2.0-only
#include "devicelist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "counters.h"
#include "device.h"
#include "names.h"
#include "ranking.h"

static const char *const sort_names[] = {
	[SORT_FILE] = "file", [SORT_NAME] = "name", [SORT_SEGMENT] = "segment", [SORT_ROLE] = "role",
	[SORT_SEEN] = "seen", [SORT_PACKETS] = "packets", [SORT_BYTES] = "bytes",
	[SORT_PASSED] = "passed", [SORT_DROPPED] = "dropped", [SORT_AUDIT] = "audit",
	[SORT_REASON] = "reason",
};

/* What the rows of the live policy are read from. */
struct view {
	const struct live *live;
	const struct state *states;
	const struct ident *idents;
	uint32_t rows; /* in both */
	int64_t now; /* Unix ns */
	int64_t boot; /* Unix ns of boot */
};

int parse_device_sort(const char *text, enum device_sort *out)
{
	for (int sort = 0; sort < SORT_KEYS; sort++) {
		if (!strcmp(sort_names[sort], text)) {
			*out = sort;
			return 0;
		}
	}
	return -EINVAL;
}

static struct view view_of(const struct live *live)
{
	struct view view = { .live = live, .boot = boot_to_unix(1) - 1 };
	uint32_t states, idents;
	struct timespec now;

	view.states = live_devices(live, &states);
	view.idents = live_idents(live, &idents);
	view.rows = states < idents ? states : idents;
	clock_gettime(CLOCK_REALTIME, &now);
	view.now = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	return view;
}

/* Only what is asked for: a state that is not touched saves a million of them. */
static uint64_t sort_number(const struct state *state, enum device_sort sort)
{
	struct counts counts = sort >= SORT_PACKETS && sort <= SORT_AUDIT ? counts_of_both(state) : (struct counts){};

	switch (sort) {
	case SORT_SEEN:
		return state->sent.seen;
	case SORT_PACKETS:
		return counts.packets + counts.dropped_packets + counts.audit_packets;
	case SORT_BYTES:
		return counts.bytes + counts.dropped_bytes + counts.audit_bytes;
	case SORT_PASSED:
		return counts.packets;
	case SORT_DROPPED:
		return counts.dropped_packets;
	case SORT_AUDIT:
		return counts.audit_packets;
	default:
		return 0;
	}
}

static const char *sort_text(const struct view *view, uint32_t row, enum device_sort sort)
{
	const char *text = NULL;

	if (sort == SORT_NAME)
		text = live_device_name(view->live, row);
	else if (sort == SORT_SEGMENT)
		text = live_segment_name(view->live, view->idents[row].segment);
	else if (sort == SORT_ROLE)
		text = live_device_roles(view->live, row);
	else if (sort == SORT_REASON)
		text = reason_name(last_reason(&view->states[row]));
	return text ? text : "";
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Names are short, and strcasestr() prepares itself for long texts. */
static bool contains(const char *name, const char *part)
{
	for (; *name; name++) {
		size_t n = 0;

		while (part[n] && lower(name[n]) == lower(part[n]))
			n++;
		if (!part[n])
			return true;
	}
	return !*part;
}

static bool wanted(const struct view *view, const struct devicelist_request *request, uint32_t row)
{
	const char *name = live_device_name(view->live, row);

	if (!name || (request->segment && view->idents[row].segment != request->segment))
		return false;
	return !request->search || contains(name, request->search);
}

/* Returns how many there are. */
static size_t collect(const struct view *view, const struct devicelist_request *request,
		      struct ranking *ranking)
{
	size_t matching = 0;

	for (uint32_t row = 1; row < view->rows; row++) {
		if (!wanted(view, request, row))
			continue;
		matching++;
		ranking_offer(ranking, &(struct ranked){
			.row = row,
			.index = live_device_index(view->live, row),
			.number = sort_number(&view->states[row], request->sort),
			.text = sort_text(view, row, request->sort),
		});
	}
	return matching;
}

int devicelist_select(const struct live *live, const struct devicelist_request *request,
		      struct devicelist *out)
{
	const struct view view = view_of(live);
	struct ranking ranking = {
		.most = request->top < view.rows ? request->top : view.rows, .reverse = request->reverse,
	};
	_cleanup_free_ struct ranked *best = calloc(ranking.most + 1, sizeof(*best));
	_cleanup_free_ uint32_t *rows = calloc(ranking.most + 1, sizeof(*rows));
	size_t matching;

	if (!best || !rows)
		return -ENOMEM;
	ranking.best = best;
	matching = collect(&view, request, &ranking);
	ranking_sort(&ranking);
	for (size_t i = 0; i < ranking.n; i++)
		rows[i] = best[i].row;
	*out = (struct devicelist){ .rows = rows, .n = ranking.n, .matching = matching };
	rows = NULL;
	return 0;
}

void devicelist_free(struct devicelist *list)
{
	free(list->rows);
	*list = (struct devicelist){};
}

static void print_device(struct output *out, const struct view *view, uint32_t row)
{
	const struct state *state = &view->states[row];
	const struct ident *ident = &view->idents[row];
	struct counts counts = counts_of_both(state);

	output_begin_object(out, NULL);
	output_string(out, "device", live_device_name(view->live, row));
	print_roles(out, "roles", live_device_roles(view->live, row));
	output_string(out, "segment", live_segment_name(view->live, ident->segment));
	output_string(out, "state", condition_name(ident_condition(ident, view->now)));
	if (state->sent.seen)
		output_ago(out, "last_seen", view->boot + (int64_t)state->sent.seen, view->now);
	else
		output_null(out, "last_seen");
	output_number(out, "passed", counts.packets);
	output_bytes(out, "passed_bytes", counts.bytes);
	output_number(out, "dropped", counts.dropped_packets);
	output_number(out, "audit", counts.audit_packets);
	output_string(out, "last_reason", reason_name(last_reason(state)));
	output_end_object(out);
}

void devicelist_print(struct output *out, const struct live *live, const struct devicelist *list)
{
	const struct view view = view_of(live);

	output_begin_list(out, "devices");
	for (size_t i = 0; i < list->n; i++)
		print_device(out, &view, list->rows[i]);
	output_end_list(out);
}
