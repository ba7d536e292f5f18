// SPDX-License-Identifier: GPL-2.0-only
#include "window.h"

#include <sys/mman.h>

#define ROWS (1U << 16) /* whole pages, whatever the size of a row */

struct window window_open(int fd, size_t row_size, uint32_t rows, bool writable)
{
	return (struct window){ .fd = fd, .row_size = row_size, .rows = rows, .writable = writable };
}

void window_close(struct window *window)
{
	if (window->at)
		munmap(window->at, window->n * window->row_size);
	window->at = NULL;
}

static int move_to(struct window *window, uint32_t row)
{
	int protection = PROT_READ | (window->writable ? PROT_WRITE : 0);
	uint32_t first = row - row % ROWS;
	uint32_t n = window->rows - first < ROWS ? window->rows - first : ROWS;
	void *at = mmap(NULL, n * window->row_size, protection, MAP_SHARED, window->fd,
			(off_t)first * window->row_size);

	if (at == MAP_FAILED)
		return -1;
	window_close(window);
	window->first = first;
	window->n = n;
	window->at = at;
	return 0;
}

void *window_row(struct window *window, uint32_t row)
{
	if ((!window->at || row - window->first >= window->n) && move_to(window, row))
		return NULL;
	return (char *)window->at + (row - window->first) * window->row_size;
}
