/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A mappable array seen through a window that moves along: of a million rows only so many are in
 * this process at once. Rows are best asked for in ascending order.
 */
#ifndef PICKET_WINDOW_H
#define PICKET_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
	int fd; /* of the map */
	size_t row_size; /* bytes, a multiple of 8 */
	uint32_t rows; /* of the map */
	bool writable;
	uint32_t first, n; /* rows that are mapped */
	void *at;
};

struct window window_open(int fd, size_t row_size, uint32_t rows, bool writable);
void window_close(struct window *window);

/* A row below rows, until the next call. NULL and errno: it cannot be mapped. */
void *window_row(struct window *window, uint32_t row);

#endif
