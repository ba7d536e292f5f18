// SPDX-License-Identifier: GPL-2.0-only
#include "toprows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

int toprows_init(struct toprows *top, uint32_t most)
{
	struct toprow *rows = calloc(most + 1UL, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	*top = (struct toprows){ .most = most, .rows = rows };
	return 0;
}

void toprows_free(struct toprows *top)
{
	free(top->rows);
}

void toprows_clear(struct toprows *top)
{
	top->n = 0;
}

static bool less(const struct toprow *a, const struct toprow *b)
{
	return a->number != b->number ? a->number < b->number : a->row > b->row;
}

static void sift_up(struct toprow *rows, uint32_t at)
{
	struct toprow moved = rows[at];

	for (; at && less(&moved, &rows[(at - 1) / 2]); at = (at - 1) / 2)
		rows[at] = rows[(at - 1) / 2];
	rows[at] = moved;
}

static void sift_down(struct toprow *rows, uint32_t n)
{
	struct toprow moved = rows[0];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < n) {
		if (child + 1 < n && less(&rows[child + 1], &rows[child]))
			child++;
		if (!less(&rows[child], &moved))
			break;
		rows[at] = rows[child];
		at = child;
	}
	rows[at] = moved;
}

void toprows_offer(struct toprows *top, uint32_t row, uint64_t number)
{
	struct toprow offered = { row, number };

	if (top->n < top->most) {
		top->rows[top->n] = offered;
		sift_up(top->rows, top->n++);
	} else if (top->n && less(&top->rows[0], &offered)) {
		top->rows[0] = offered;
		sift_down(top->rows, top->n);
	}
}

static int compare(const void *a, const void *b)
{
	return less(a, b) ? 1 : -1;
}

void toprows_sort(struct toprows *top)
{
	qsort(top->rows, top->n, sizeof(*top->rows), compare);
}
