// SPDX-License-Identifier: GPL-2.0-only
#include "top.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "top_screen.h"

#define SHARE 5 /* of the time, at most one part in so many is spent on looking */
#define SOON (50 * 1000000LL) /* ns between looks at what is read in the background */
#define FIRST_INTERVAL (250 * 1000000LL) /* ns, until there are rates at all */

#define BANNER_LINES 2 /* on a small screen: the banner and the tabs */
#define HEADER_LINES 6

static uint64_t boot_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * (uint64_t)NSEC_PER_SEC + t.tv_nsec;
}

int top_open(struct top *top)
{
	int err = top_data_open(&top->data);

	if (err)
		return err;
	top->limits = calloc(LIST_MOST, sizeof(*top->limits));
	if (!top->limits)
		err = -ENOMEM;
	for (int view = VIEW_SEGMENTS; view < VIEWS && !err; view++)
		err = top_list_init(&top->lists[view], view);
	if (!err)
		err = top_drops_open(&top->drops);
	if (err)
		top_close(top);
	return err;
}

void top_close(struct top *top)
{
	top_open_device(top, 0);
	top_drops_close(top->drops);
	for (int view = 0; view < VIEWS; view++)
		top_list_free(&top->lists[view]);
	free(top->limits);
	top_data_close(&top->data);
}

/* ---- what is shown ---- */

static bool is_shown(const struct top *top, enum top_view view)
{
	return top->view == view || top->view == VIEW_OVERVIEW;
}

/* Limits are as they are now, and so are not looked at again while it is paused. */
void top_refresh(struct top *top)
{
	filter_resolve(&top->filter, top->data.live);
	if (!top->paused)
		top->nlimits = limits_collect(&top->data, &top->filter, top->limits, LIST_MOST);
	for (int view = VIEW_SEGMENTS; view < VIEWS; view++) {
		if (is_shown(top, view))
			top_list_build(&top->lists[view], view, &top->data, &top->filter, top->limits,
				       top->nlimits);
	}
}

static void sample(struct top *top)
{
	bool another = top_data_sample(&top->data);

	if (top->data.error)
		return;
	if (top->device) {
		if (another)
			top_device_look_up(top->device, &top->data);
		top_device_sample(top->device, &top->data, top->drops);
	}
	top_refresh(top);
}

uint64_t top_tick(struct top *top)
{
	uint64_t began = boot_now(), took;

	if (top->paused)
		return began + top->every;
	sample(top);
	took = boot_now() - began;
	top->every = top->interval > (int64_t)took * SHARE ? top->interval : (int64_t)took * SHARE;
	if (top->data.tallies.taken < 2 && top->every > FIRST_INTERVAL)
		return began + FIRST_INTERVAL;
	return began + top->every;
}

uint64_t top_gather(struct top *top, uint64_t time)
{
	uint64_t soon = boot_now() + SOON;

	if (!top->device)
		return time;
	facts_answer(&top->device->asked, &top->device->facts);
	return top->device->asked && soon < time ? soon : time;
}

void top_open_device(struct top *top, uint32_t row)
{
	if (top->device) {
		top_drops_watch(top->drops, NULL);
		top_device_free(top->device);
		free(top->device);
		top->device = NULL;
	}
	if (!row)
		return;
	top->device = malloc(sizeof(*top->device));
	if (!top->device || top_device_init(top->device, &top->data, row)) {
		free(top->device);
		top->device = NULL;
		return;
	}
	top_drops_watch(top->drops, top->device->name);
	top_device_sample(top->device, &top->data, top->drops);
}

/* ---- where it is shown ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Gives each pane a line in turn, as long as there are lines, and rows to fill them; one at least, which
 * may say that there are none. Returns the lines that are left.
 */
static int share_lines(const struct top *top, struct pane *panes, size_t n, int lines)
{
	bool given = true;

	while (lines > 0 && given) {
		given = false;
		for (size_t i = 0; i < n && lines > 0; i++) {
			size_t rows = top->lists[panes[i].view].n;

			if (panes[i].lines >= (rows ? rows : 1))
				continue;
			panes[i].lines++;
			panes[i].rows = least(panes[i].lines, rows);
			lines--;
			given = true;
		}
	}
	return lines;
}

/* Segments, devices, reasons, and limits when some are in force; as many as have room for a row. */
static size_t overview_panes(const struct top *top, struct pane panes[VIEWS], int y, int lines)
{
	size_t n = 0;
	int gap;

	for (int view = VIEW_SEGMENTS; view < VIEWS; view++) {
		if (view == VIEW_LIMITS && !top->lists[view].n)
			continue;
		if (2 * (int)(n + 1) <= lines)
			panes[n++] = (struct pane){ .view = view };
	}
	lines = share_lines(top, panes, n, lines - (int)n);
	gap = lines >= (int)n - 1;
	for (size_t i = 0; i < n; i++) {
		panes[i].y = y;
		y += 1 + (int)panes[i].lines + gap;
	}
	return n;
}

static size_t rows_of(const struct pane *panes, size_t n)
{
	size_t rows = 0;

	for (size_t i = 0; i < n; i++)
		rows += panes[i].rows;
	return rows;
}

/* The cursor is on a row, and the row on the screen. */
static void scroll(struct top *top, size_t rows, size_t visible)
{
	if (top->cursor >= rows)
		top->cursor = rows ? rows - 1 : 0;
	if (top->offset > top->cursor)
		top->offset = top->cursor;
	if (visible && top->cursor >= top->offset + visible)
		top->offset = top->cursor - visible + 1;
	if (top->offset + visible > rows)
		top->offset = rows > visible ? rows - visible : 0;
}

size_t top_panes(struct top *top, struct pane panes[VIEWS])
{
	int y = screen_height() < TOP_FULL_HEADER ? BANNER_LINES : HEADER_LINES;
	int lines = screen_height() - 1 - y; /* the last one is the footer */
	size_t n, visible;

	if (top->view == VIEW_OVERVIEW) {
		n = overview_panes(top, panes, y, lines > 0 ? lines : 0);
		visible = rows_of(panes, n);
		scroll(top, visible, visible);
		return n;
	}
	visible = lines > 1 ? lines - 1 : 0;
	scroll(top, top->lists[top->view].n, visible);
	panes[0] = (struct pane){ .view = top->view, .y = y, .lines = visible,
				  .rows = least(visible, top->lists[top->view].n) };
	return lines > 0;
}

const struct top_row *top_cursor_row(struct top *top)
{
	struct pane panes[VIEWS];
	size_t n = top_panes(top, panes), at = top->cursor;

	if (top->view != VIEW_OVERVIEW)
		return at < top->lists[top->view].n ? &top->lists[top->view].rows[at] : NULL;
	for (size_t i = 0; i < n; i++) {
		if (at < panes[i].rows)
			return &top->lists[panes[i].view].rows[at];
		at -= panes[i].rows;
	}
	return NULL;
}
