/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `picket top`: what it shows, and what of it its user looks at.
 */
#ifndef PICKET_TOP_H
#define PICKET_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "top_data.h"
#include "top_device.h"
#include "top_drops.h"
#include "top_filter.h"
#include "top_limits.h"
#include "top_list.h"

#define TOP_FULL_HEADER 16 /* lines that a screen has for all of the header */

enum prompt { PROMPT_NONE, PROMPT_DEVICE, PROMPT_SEGMENT };

struct top {
	struct top_data data;
	struct top_drops *drops;
	struct top_list lists[VIEWS]; /* that of the overview is not used */
	struct pressed *limits; /* in force at the newest sample, LIST_MOST at most */
	size_t nlimits;
	struct top_device *device; /* that is open; NULL: none is */

	struct top_filter filter;
	enum top_view view;
	size_t cursor; /* in the view's list; in the overview: among the rows that are on the screen */
	size_t offset; /* the first row on the screen */
	enum prompt prompt;
	bool paused, help, quit;
	int64_t interval; /* ns between samples as it was asked for */
	int64_t every; /* as it is: samples may take too long for that */
};

/* A part of the screen with rows of one view. */
struct pane {
	enum top_view view;
	int y; /* of its titles */
	size_t lines; /* below them */
	size_t rows; /* that they hold */
};

/* 0, what live_open() returns, or -ENOMEM. */
int top_open(struct top *top);
void top_close(struct top *top);

/* Looks at what is live, unless it is paused. Returns ns of boot time when to do it again. */
uint64_t top_tick(struct top *top);

/* Takes what was read in the background. Returns when to draw again, at the latest at this time. */
uint64_t top_gather(struct top *top, uint64_t time);

/* After a change of filter, order or view. */
void top_refresh(struct top *top);

/* The panes that are on the screen, from its top; the cursor is moved into them. Returns how many. */
size_t top_panes(struct top *top, struct pane panes[VIEWS]);
/* The row under the cursor; NULL: there is none. */
const struct top_row *top_cursor_row(struct top *top);

/* Opens the device of this row, or with 0 closes the one that is open. */
void top_open_device(struct top *top, uint32_t row);

/* top_view.c: draws all of it. */
void top_draw(struct top *top);
/* top_keys.c: does what a key of screen_key() asks for. */
void top_key(struct top *top, int key);

#endif
