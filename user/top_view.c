// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "top.h"
#include "top_columns.h"
#include "top_format.h"
#include "top_page.h"
#include "top_screen.h"

#define HASH_SHOWN 8
#define DATE_END 10 /* characters of a formatted time up to its date's end, its seconds' end */
#define CLOCK_END 19
#define PORTS_AT 10
#define PORT_LEN (IF_NAMESIZE + 8)
#define MORE_LEN 11 /* of "and 12 more" */
#define HISTORY_AT 46 /* the column where their bars begin */

/* ---- the first line ---- */

static unsigned int audit_segments(const struct top_data *data)
{
	unsigned int n = 0;

	for (uint32_t row = 1; row < data->segment_rows; row++)
		n += live_segment_name(data->live, row) && data->segments[row].flags & SEGMENT_AUDIT;
	return n;
}

static const char *format_mode(const struct top_data *data, char buf[32])
{
	const struct bundle *bundle = live_bundle(data->live);
	unsigned int audited = audit_segments(data);

	if (bundle->config->policy_audit || !audited)
		snprintf(buf, 32, "%s", bundle->config->policy_audit ? "audit" : "enforce");
	else
		snprintf(buf, 32, "enforce, %u in audit", audited);
	return buf;
}

/* A word at the right end of a line. */
static void draw_flag(int y, const char *text)
{
	int x = screen_width() - (int)strlen(text);

	screen_print(y, x > 0 ? x : 0, STYLE_BANNER_ALERT, "%s", text);
}

static void draw_banner(const struct top *top)
{
	const struct bundle *bundle = live_bundle(top->data.live);
	char since[TIME_LEN], age[DURATION_LEN], mode[32];
	int64_t old = top->data.now - bundle->applied;
	int x;

	format_time(bundle->applied, since);
	since[DATE_END] = ' ';
	since[CLOCK_END] = 0;
	format_duration(old - old % NSEC_PER_SEC, age);
	screen_text(0, 0, screen_width(), STYLE_BANNER, "");
	x = screen_print(0, 1, STYLE_BANNER, "picket  %s  #%.*s  %s  since %sZ", bundle->name, HASH_SHOWN,
			 bundle->hash, format_mode(&top->data, mode), since);
	if (x + 3 + (int)strlen(age) < screen_width())
		screen_print(0, x + 1, STYLE_BANNER, "(%s)", age);
	if (top->data.error)
		draw_flag(0, " NOT LIVE ");
	else if (top->paused)
		draw_flag(0, " PAUSED ");
}

/* ---- the rest of the header ---- */

static const char *port_state(const struct attachment *at)
{
	return attachment_works(at) ? attach_mode_name(at->mode) : "NOT ATTACHED";
}

static const struct attachment *port_attachment(const struct top_data *data, uint32_t i)
{
	const struct bundle *bundle = live_bundle(data->live);
	uint16_t vlan;

	return attachment_at(data->attachments, data->nattachments,
			     bundle_port_ifindex(bundle, bundle_port(bundle, i, &vlan)));
}

/* Returns the column after it, or x: it has no room before end. */
static int draw_port(const struct top_data *data, uint32_t i, int x, int end)
{
	uint16_t vlan;
	const char *interface = bundle_port(live_bundle(data->live), i, &vlan);
	const struct attachment *at = port_attachment(data, i);
	char name[PORT_LEN];

	if (vlan)
		snprintf(name, sizeof(name), "%s.%u", interface, vlan);
	else
		snprintf(name, sizeof(name), "%s", interface);
	if (x + (int)strlen(name) + 1 + (int)strlen(port_state(at)) > end)
		return x;
	x = screen_print(1, x, STYLE_STRONG, "%s", name) + 1;
	return screen_print(1, x, attachment_works(at) ? STYLE_PASSED : STYLE_ALERT, "%s", port_state(at)) + 2;
}

/* Those that are not attached come first. */
static void draw_ports(const struct top_data *data, int x, int end)
{
	const struct bundle *bundle = live_bundle(data->live);
	uint32_t shown = 0;

	for (int attached = 0; attached < 2; attached++) {
		for (uint32_t i = 0; i < bundle->nports; i++) {
			int before = x;

			if (attachment_works(port_attachment(data, i)) != attached)
				continue;
			x = draw_port(data, i, x, end - MORE_LEN);
			shown += x != before;
		}
	}
	if (shown < bundle->nports)
		screen_print(1, x, STYLE_DIM, "and %u more", bundle->nports - shown);
}

/*
 * How often and over how long; with very many devices less often than was asked for. Returns the column
 * where it begins.
 */
static int draw_pace(const struct top *top)
{
	double span = series_span(&top->data.devices, SERIES_MOST);
	bool slow = top->every > top->interval;
	char text[64], asked[DURATION_LEN];

	if (slow)
		snprintf(text, sizeof(text), "rates of %.2gs, every %.2gs (not %s: many devices)", span,
			 top->every / 1e9, format_duration(top->interval, asked));
	else
		snprintf(text, sizeof(text), "rates of %.2gs, every %.2gs", span, top->every / 1e9);
	screen_print(1, screen_width() - (int)strlen(text) - 1, slow ? STYLE_AUDIT : STYLE_DIM, "%s", text);
	return screen_width() - (int)strlen(text) - 1;
}

static void draw_state(const struct top *top)
{
	int err = top->data.error;

	if (err == -ENOENT) {
		screen_print(1, 1, STYLE_ALERT, " Nothing is live any more: waiting for 'picket apply'. ");
	} else if (err) {
		screen_print(1, 1, STYLE_ALERT, " The live state cannot be read (%s): trying again. ",
			     strerror(-err));
	} else {
		screen_print(1, 1, STYLE_DIM, "Ports");
		draw_ports(&top->data, PORTS_AT, draw_pace(top) - 2);
	}
}

static void draw_total(const struct top *top, enum tally_kind kind, int y, enum style style,
		       const char *label)
{
	struct flow_rate rate = total_rate(&top->data, kind);
	char packets[COUNT_LEN], count[COUNT_LEN], bytes[SIZE_LEN];

	screen_text(y, 1, 9, STYLE_DIM, label);
	format_count(rate.packet_rate, packets);
	snprintf(packets + strlen(packets), sizeof(packets) - strlen(packets), "/s");
	screen_text_right(y, 10, 8, rate.packet_rate > 0 ? style : STYLE_DIM, packets);
	format_size(rate.byte_rate + 0.5, bytes);
	snprintf(bytes + strlen(bytes), sizeof(bytes) - strlen(bytes), "/s");
	screen_text_right(y, 19, 13, rate.byte_rate > 0 ? STYLE_PLAIN : STYLE_DIM, bytes);
	screen_text_right(y, 33, 6, STYLE_PLAIN, format_count(rate.packets, count));
	screen_print(y, 40, STYLE_DIM, "total");
	screen_history(y, HISTORY_AT, screen_width() - HISTORY_AT - 1, style, &top->data.all[kind]);
}

static const char *const view_names[VIEWS] = {
	[VIEW_OVERVIEW] = "Overview", [VIEW_SEGMENTS] = "Segments", [VIEW_TALKERS] = "Talkers",
	[VIEW_DROPPED] = "Dropped", [VIEW_REASONS] = "Reasons", [VIEW_LIMITS] = "Limits",
};

static void draw_tabs(const struct top *top, int y)
{
	int x = 1;

	for (int view = 0; view < VIEWS; view++) {
		enum style style = view == (int)top->view ? STYLE_TAB_HERE : STYLE_TAB;

		if (view == VIEW_LIMITS && top->nlimits)
			x = screen_print(y, x, style, " %d %s: %zu ", view + 1, view_names[view], top->nlimits);
		else
			x = screen_print(y, x, style, " %d %s ", view + 1, view_names[view]);
	}
}

static void draw_header(const struct top *top)
{
	if (screen_height() < TOP_FULL_HEADER) {
		draw_tabs(top, 1);
		return;
	}
	draw_state(top);
	draw_total(top, TALLY_PASSED, 2, STYLE_PASSED, "Passed");
	draw_total(top, TALLY_DROPPED, 3, STYLE_DROPPED, "Dropped");
	draw_total(top, TALLY_AUDIT, 4, STYLE_AUDIT, "Audited");
	draw_tabs(top, 5);
}

/* ---- the last line ---- */

static int draw_hint(int x, const char *key, const char *what)
{
	x = screen_print(screen_height() - 1, x, STYLE_KEY, "%s", key);
	return screen_print(screen_height() - 1, x + 1, STYLE_DIM, "%s", what) + 2;
}

static int draw_filter(const struct top *top, int x)
{
	const struct top_filter *filter = &top->filter;
	int y = screen_height() - 1;

	if (*filter->segment || top->prompt == PROMPT_SEGMENT)
		x = screen_print(y, x, STYLE_AUDIT, "segment: %s%s", filter->segment,
				 top->prompt == PROMPT_SEGMENT ? "_" : "") + 2;
	if (*filter->device || top->prompt == PROMPT_DEVICE)
		x = screen_print(y, x, STYLE_AUDIT, "device: %s%s", filter->device,
				 top->prompt == PROMPT_DEVICE ? "_" : "") + 2;
	return x;
}

static void draw_position(const struct top *top)
{
	const struct top_list *list = &top->lists[top->view];
	char text[64];
	int len;

	if (list->matched > list->n)
		len = snprintf(text, sizeof(text), "%zu of the first %zu of %zu", top->cursor + 1, list->n,
			       list->matched);
	else
		len = snprintf(text, sizeof(text), "%zu of %zu", list->n ? top->cursor + 1 : 0, list->n);
	screen_print(screen_height() - 1, screen_width() - 2 - len, STYLE_DIM, " %s", text);
}

static void draw_footer(const struct top *top)
{
	char sorted[32];
	int x = draw_filter(top, 1);

	if (top->prompt) {
		x = draw_hint(x, "Enter", "keep it");
		draw_hint(x, "Esc", "no filter");
		return;
	}
	if (*top->filter.device || *top->filter.segment)
		x = draw_hint(x, "Esc", "all");
	x = draw_hint(x, "?", "help");
	x = draw_hint(x, "Enter", "open");
	if (top->view != VIEW_OVERVIEW) {
		snprintf(sorted, sizeof(sorted), "by %s", top_sort_name(top->lists[top->view].sort));
		x = draw_hint(x, "s", sorted);
	}
	x = draw_hint(x, "/", "device");
	x = draw_hint(x, "f", "segment");
	x = draw_hint(x, "p", top->paused ? "go on" : "pause");
	draw_hint(x, "q", "quit");
	if (top->view != VIEW_OVERVIEW)
		draw_position(top);
}

static void draw_page_footer(void)
{
	int x = draw_hint(1, "Esc", "back");

	x = draw_hint(x, "p", "pause");
	draw_hint(x, "?", "help");
}

/* ---- help ---- */

static void draw_help(void)
{
	static const char *const lines[][2] = {
		{ "1 to 6", "a view; Tab, Shift-Tab, left and right: the next, the one before" },
		{ "up, down", "a row, as k and j; PgUp, PgDn: a page; Home, End: first, last" },
		{ "Enter", "open the device; of a segment: list its devices" },
		{ "s, S", "sort by the next column, by the one before" },
		{ "/", "only devices whose names hold what you type" },
		{ "f", "only the segment of this name, or those whose names hold it" },
		{ "Esc", "back; in a list: no filter" },
		{ "p, Space", "pause, go on" },
		{ "q", "back; in a list: quit" },
		{ "", "" },
		{ "PASSED", "packets that passed; of a device: sent by it and sent to it" },
		{ "DROPPED", "packets that were dropped" },
		{ "AUDIT", "packets that passed, but only because of audit mode" },
		{ "/s", "a second, over the last seconds: the second line says how many" },
		{ "HISTORY", "what passed, and beside it what was dropped; the newest right" },
		{ "LIMITS", "that are four fifths used up, or refused something within 10s" },
	};

	screen_text(0, 0, screen_width(), STYLE_BANNER, " picket top: keys and words");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		screen_text((int)i + 2, 1, 10, STYLE_KEY, lines[i][0]);
		screen_print((int)i + 2, 12, STYLE_PLAIN, "%s", lines[i][1]);
	}
	screen_print(screen_height() - 1, 1, STYLE_DIM, "any key goes back");
}

/* ---- all ---- */

static const char *nothing_listed(const struct top *top, enum top_view view)
{
	if (*top->filter.device || *top->filter.segment)
		return "nothing that the filter lets through";
	if (view == VIEW_DROPPED || view == VIEW_REASONS)
		return "nothing was dropped";
	return view == VIEW_LIMITS ? "no limit is in force" : "none";
}

static void draw_panes(struct top *top)
{
	struct pane panes[VIEWS];
	size_t n = top_panes(top, panes), before = 0;

	for (size_t i = 0; i < n; i++) {
		const struct pane *pane = &panes[i];
		const struct top_list *list = &top->lists[pane->view];
		size_t at = top->cursor - before - top->offset;

		view_draw(&top->data, list, pane->view, pane->y, 1 + (int)pane->lines, top->offset);
		if (!list->n)
			screen_print(pane->y + 1, 1, STYLE_DIM, "%s", nothing_listed(top, pane->view));
		else if (at < pane->rows)
			screen_mark(pane->y + 1 + (int)at);
		before += pane->rows;
	}
}

void top_draw(struct top *top)
{
	screen_begin();
	if (top->help) {
		draw_help();
	} else {
		draw_banner(top);
		if (top->device) {
			page_draw(top->device, &top->data, 1, screen_height() - 1);
			screen_text(screen_height() - 1, 0, screen_width(), STYLE_PLAIN, "");
			draw_page_footer();
		} else {
			draw_header(top);
			draw_panes(top);
			draw_footer(top);
		}
	}
	screen_end();
}
