// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <curses.h>
#include <string.h>

#include "top.h"
#include "top_screen.h"

#define ESCAPE 27
#define CONTROL(letter) ((letter) & 31)

static void go_to_view(struct top *top, enum top_view view)
{
	top->view = view;
	top->cursor = 0;
	top->offset = 0;
	top_refresh(top);
}

/* ---- filters ---- */

static char *prompted(struct top *top)
{
	return top->prompt == PROMPT_SEGMENT ? top->filter.segment : top->filter.device;
}

static void no_filter(struct top *top)
{
	top->filter.device[0] = 0;
	top->filter.segment[0] = 0;
	top_refresh(top);
}

/* What is typed counts at once. */
static void prompt_key(struct top *top, int key)
{
	char *text = prompted(top);
	size_t len = strlen(text);

	if (key == '\r' || key == '\n' || key == KEY_ENTER) {
		top->prompt = PROMPT_NONE;
		return;
	}
	if (key == ESCAPE) {
		text[0] = 0;
		top->prompt = PROMPT_NONE;
	} else if (key == CONTROL('u')) {
		text[0] = 0;
	} else if ((key == KEY_BACKSPACE || key == 127 || key == CONTROL('h')) && len) {
		text[len - 1] = 0;
	} else if (key > ' ' && key <= '~' && len + 1 < FILTER_LEN) {
		text[len] = (char)key;
		text[len + 1] = 0;
	}
	top->cursor = 0;
	top_refresh(top);
}

/* ---- the cursor ---- */

static size_t page_rows(void)
{
	return screen_height() > TOP_FULL_HEADER ? screen_height() - TOP_FULL_HEADER / 2 : 4;
}

static bool cursor_key(struct top *top, int key)
{
	size_t page = page_rows();

	switch (key) {
	case KEY_DOWN:
	case 'j':
		top->cursor++; /* top_panes() keeps it within its rows */
		return true;
	case KEY_UP:
	case 'k':
		top->cursor -= top->cursor ? 1 : 0;
		return true;
	case KEY_NPAGE:
		top->cursor += page;
		return true;
	case KEY_PPAGE:
		top->cursor -= top->cursor < page ? top->cursor : page;
		return true;
	case KEY_HOME:
	case 'g':
		top->cursor = 0;
		return true;
	case KEY_END:
	case 'G':
		top->cursor = LIST_MOST;
		return true;
	default:
		return false;
	}
}

/* A device is opened; of a segment, its devices are listed. */
static void enter(struct top *top)
{
	const struct top_row *row = top_cursor_row(top);
	const char *segment;

	if (!row)
		return;
	if (row->device) {
		top_open_device(top, row->device);
		return;
	}
	segment = live_segment_name(top->data.live, row->segment);
	if (!segment)
		return;
	top->filter.segment[0] = 0;
	strncat(top->filter.segment, segment, FILTER_LEN - 1);
	go_to_view(top, VIEW_TALKERS);
}

/* ---- views ---- */

static void sort_by(struct top *top, int step)
{
	struct top_list *list = &top->lists[top->view];

	list->sort = next_sort(top->view, list->sort, step);
	top->cursor = 0;
	top_refresh(top);
}

static bool view_key(struct top *top, int key)
{
	if (key >= '1' && key < '1' + VIEWS)
		go_to_view(top, key - '1');
	else if (key == '\t' || key == KEY_RIGHT)
		go_to_view(top, (top->view + 1) % VIEWS);
	else if (key == KEY_BTAB || key == KEY_LEFT)
		go_to_view(top, (top->view + VIEWS - 1) % VIEWS);
	else
		return false;
	return true;
}

static void list_key(struct top *top, int key)
{
	if (cursor_key(top, key) || view_key(top, key))
		return;
	switch (key) {
	case '\r':
	case '\n':
	case KEY_ENTER:
		enter(top);
		break;
	case 's':
	case 'S':
		sort_by(top, key == 's' ? 1 : -1);
		break;
	case '/':
		top->prompt = PROMPT_DEVICE;
		break;
	case 'f':
		top->prompt = PROMPT_SEGMENT;
		break;
	case ESCAPE:
		no_filter(top);
		break;
	case 'q':
		top->quit = true;
		break;
	}
}

void top_key(struct top *top, int key)
{
	if (key == KEY_RESIZE)
		return;
	if (top->help)
		top->help = false;
	else if (top->prompt)
		prompt_key(top, key);
	else if (key == '?' || key == 'h')
		top->help = true;
	else if (key == 'p' || key == ' ')
		top->paused = !top->paused;
	else if (!top->device)
		list_key(top, key);
	else if (key == ESCAPE || key == 'q' || key == KEY_BACKSPACE)
		top_open_device(top, 0);
}
