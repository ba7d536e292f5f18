/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal: text in styles, small bars, keys. What is given to be written is clipped to the screen and
 * to its width, and what is not printable ASCII is written as '?'.
 */
#ifndef PICKET_TOP_SCREEN_H
#define PICKET_TOP_SCREEN_H

#include <stdbool.h>

#include "top_history.h"

enum style {
	STYLE_PLAIN,
	STYLE_DIM,
	STYLE_STRONG,
	STYLE_BANNER, /* the first line */
	STYLE_BANNER_ALERT, /* what is wrong, in it */
	STYLE_TITLE, /* of columns */
	STYLE_TITLE_SORT, /* of the one that is sorted by */
	STYLE_TAB,
	STYLE_TAB_HERE,
	STYLE_KEY,
	STYLE_PASSED,
	STYLE_DROPPED,
	STYLE_AUDIT,
	STYLE_ALERT,
	STYLES
};

/* Are stdin and stdout a terminal? */
bool screen_is_terminal(void);

/* Takes it. 0; -ENOTSUP: nothing is known of terminals like this. */
int screen_open(void);
/* Gives it back as it was. Nothing, when it is not taken. */
void screen_close(void);

int screen_height(void);
int screen_width(void);

void screen_begin(void); /* an empty one */
void screen_end(void); /* shows what was written since */

/* Left- or right-justified in width columns; what the text leaves of them is filled in its style. */
void screen_text(int y, int x, int width, enum style style, const char *text);
void screen_text_right(int y, int x, int width, enum style style, const char *text);
/* As long as it is; returns the column after it. */
__attribute__((format(printf, 4, 5)))
int screen_print(int y, int x, enum style style, const char *format, ...);
/* One column for each of the last values, the newest at the right end. */
void screen_history(int y, int x, int width, enum style style, const struct history *history);
/* A bar of share (0 to 1) of the width. */
void screen_bar(int y, int x, int width, enum style style, double share);
/* The line that was written has the cursor. */
void screen_mark(int y);

/* The next key as ncurses has it, or -1: there is none (now). KEY_RESIZE: another size is in force. */
int screen_key(void);

#endif
