// SPDX-License-Identifier: GPL-2.0-only
#include "top_screen.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>

#define LINE_MOST 512 /* columns that are written to */
#define ESCAPE_MS 25 /* what comes later than this after an Esc is a key of its own */
#define RICH 256 /* colours */
#define MARK 32
#define MARK_TEXT 255
#define MARK_GROUND 238
_Static_assert(STYLES < MARK, "pairs of styles are below those of the cursor's line");

static SCREEN *terminal;
static attr_t attributes[STYLES];
static short pairs[STYLES];
static bool blocks; /* the terminal shows UTF-8 */
static bool marks; /* the line of the cursor has a colour: a pair and MARK is that pair on it */

/* ---- styles ---- */

/* Without colours. */
static const attr_t plain[STYLES] = {
	[STYLE_DIM] = A_DIM, [STYLE_STRONG] = A_BOLD,
	[STYLE_BANNER] = A_REVERSE, [STYLE_BANNER_ALERT] = A_REVERSE | A_BOLD,
	[STYLE_TITLE] = A_BOLD | A_UNDERLINE, [STYLE_TITLE_SORT] = A_BOLD | A_UNDERLINE | A_REVERSE,
	[STYLE_TAB_HERE] = A_REVERSE | A_BOLD, [STYLE_KEY] = A_BOLD,
	[STYLE_DROPPED] = A_BOLD, [STYLE_ALERT] = A_BOLD | A_REVERSE,
};

struct ink {
	short text, ground; /* -1: the terminal's own */
	attr_t attributes;
};

static const struct ink few[STYLES] = {
	[STYLE_DIM] = { -1, -1, A_DIM },
	[STYLE_STRONG] = { -1, -1, A_BOLD },
	[STYLE_BANNER] = { COLOR_WHITE, COLOR_BLUE, A_BOLD },
	[STYLE_BANNER_ALERT] = { COLOR_WHITE, COLOR_RED, A_BOLD },
	[STYLE_TITLE] = { -1, -1, A_BOLD | A_UNDERLINE },
	[STYLE_TITLE_SORT] = { COLOR_CYAN, -1, A_BOLD | A_UNDERLINE },
	[STYLE_TAB] = { -1, -1, 0 },
	[STYLE_TAB_HERE] = { COLOR_WHITE, COLOR_BLUE, A_BOLD },
	[STYLE_KEY] = { COLOR_CYAN, -1, A_BOLD },
	[STYLE_PASSED] = { COLOR_GREEN, -1, 0 },
	[STYLE_DROPPED] = { COLOR_RED, -1, 0 },
	[STYLE_AUDIT] = { COLOR_YELLOW, -1, 0 },
	[STYLE_ALERT] = { COLOR_WHITE, COLOR_RED, A_BOLD },
};

static const struct ink rich[STYLES] = {
	[STYLE_DIM] = { 244, -1, 0 },
	[STYLE_STRONG] = { -1, -1, A_BOLD },
	[STYLE_BANNER] = { 255, 24, 0 },
	[STYLE_BANNER_ALERT] = { 255, 160, A_BOLD },
	[STYLE_TITLE] = { 250, 237, 0 },
	[STYLE_TITLE_SORT] = { 255, 237, A_BOLD },
	[STYLE_TAB] = { 244, -1, 0 },
	[STYLE_TAB_HERE] = { 255, 31, A_BOLD },
	[STYLE_KEY] = { 74, -1, A_BOLD },
	[STYLE_PASSED] = { 71, -1, 0 },
	[STYLE_DROPPED] = { 167, -1, 0 },
	[STYLE_AUDIT] = { 178, -1, 0 },
	[STYLE_ALERT] = { 255, 160, A_BOLD },
};

static void choose_inks(const struct ink *inks)
{
	use_default_colors();
	for (int style = 0; style < STYLES; style++) {
		pairs[style] = (short)style; /* 0, STYLE_PLAIN: the terminal's own colours */
		attributes[style] = inks[style].attributes;
		if (style)
			init_pair(pairs[style], inks[style].text, inks[style].ground);
		if (marks)
			init_pair((short)(style + MARK), style && inks[style].text >= 0 ? inks[style].text :
											  MARK_TEXT, MARK_GROUND);
	}
}

static void choose_styles(void)
{
	const char *no_color = getenv("NO_COLOR");

	memcpy(attributes, plain, sizeof(attributes));
	memset(pairs, 0, sizeof(pairs));
	marks = false;
	if ((no_color && *no_color) || !has_colors() || start_color() == ERR || COLOR_PAIRS < STYLES)
		return;
	marks = COLORS >= RICH && COLOR_PAIRS >= MARK + STYLES;
	choose_inks(marks ? rich : few);
}

static void use_style(enum style style)
{
	attr_set(attributes[style], pairs[style], NULL);
}

/* ---- the terminal ---- */

bool screen_is_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int screen_open(void)
{
	setlocale(LC_CTYPE, "");
	blocks = !strcmp(nl_langinfo(CODESET), "UTF-8");
	use_tioctl(TRUE); /* a new size counts, whatever LINES and COLUMNS say */
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		return -ENOTSUP;
	set_term(terminal);
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	choose_styles();
	return 0;
}

void screen_close(void)
{
	if (!terminal)
		return;
	endwin();
	delscreen(terminal);
	terminal = NULL;
}

int screen_height(void)
{
	return LINES;
}

int screen_width(void)
{
	return COLS < LINE_MOST ? COLS : LINE_MOST;
}

void screen_begin(void)
{
	erase();
}

void screen_end(void)
{
	refresh();
}

int screen_key(void)
{
	return getch();
}

/* ---- writing ---- */

/* The part of width columns from x on that is on the screen; 0: none of it is. */
static int visible(int y, int x, int width)
{
	if (y < 0 || y >= screen_height() || x < 0 || x >= screen_width())
		return 0;
	return width < screen_width() - x ? width : screen_width() - x;
}

/* Pads text before it or after it. */
static void write_text(int y, int x, int width, enum style style, const char *text, bool right)
{
	int shown = visible(y, x, width), len = strlen(text), from;
	char line[LINE_MOST];

	if (shown <= 0)
		return;
	from = right && len < width ? width - len : 0;
	for (int i = 0; i < shown; i++) {
		char c = i >= from && i - from < len ? text[i - from] : ' ';

		line[i] = c < ' ' || c > '~' ? '?' : c;
	}
	use_style(style);
	mvaddnstr(y, x, line, shown);
}

void screen_text(int y, int x, int width, enum style style, const char *text)
{
	write_text(y, x, width, style, text, false);
}

void screen_text_right(int y, int x, int width, enum style style, const char *text)
{
	write_text(y, x, width, style, text, true);
}

int screen_print(int y, int x, enum style style, const char *format, ...)
{
	char text[LINE_MOST];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = strlen(text);
	write_text(y, x, len, style, text, false);
	return x + len;
}

static void put_glyph(int y, int x, wchar_t wide, char narrow)
{
	const wchar_t text[] = { blocks ? wide : (wchar_t)narrow, 0 };

	mvaddwstr(y, x, text);
}

void screen_history(int y, int x, int width, enum style style, const struct history *history)
{
	static const wchar_t wide[] = L" ▁▂▃▄▅▆▇█";
	static const char narrow[] = " .:-=+*#@";
	unsigned char levels[HISTORY_MOST];
	int shown = visible(y, x, width < HISTORY_MOST ? width : HISTORY_MOST);

	if (shown <= 0)
		return;
	history_levels(history, levels, shown);
	use_style(style);
	for (int i = 0; i < shown; i++)
		put_glyph(y, x + i, wide[levels[i]], narrow[levels[i]]);
}

void screen_bar(int y, int x, int width, enum style style, double share)
{
	int shown = visible(y, x, width), halves;

	share = share < 0 ? 0 : share > 1 ? 1 : share;
	halves = shown * 2 * share + 0.5;
	if (share > 0 && !halves)
		halves = 1;
	use_style(style);
	for (int i = 0; i < shown && halves > 0; i++, halves -= 2)
		put_glyph(y, x + i, halves > 1 ? L'━' : L'╸', '#');
}

/* In colours of its own, or reversed. */
static void mark_cell(int y, int x)
{
	wchar_t text[CCHARW_MAX + 1];
	attr_t attribute;
	cchar_t cell;
	short pair;

	if (mvin_wch(y, x, &cell) == ERR || getcchar(&cell, text, &attribute, &pair, NULL) == ERR)
		return;
	if (marks)
		mvchgat(y, x, 1, attribute & (A_BOLD | A_DIM), (short)(pair % MARK + MARK), NULL);
	else
		mvchgat(y, x, 1, (attribute & A_BOLD) | A_REVERSE, 0, NULL);
}

void screen_mark(int y)
{
	for (int x = 0; visible(y, x, 1); x++)
		mark_cell(y, x);
}
