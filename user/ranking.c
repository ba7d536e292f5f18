// SPDX-License-Identifier: GPL-2.0-only
#include "ranking.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int order;

	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	order = strcmp(x->text, y->text);
	if (order)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int compare_reversed(const void *a, const void *b)
{
	return compare(b, a);
}

static bool before(const struct ranking *ranking, const struct ranked *a, const struct ranked *b)
{
	return (ranking->reverse ? compare(b, a) : compare(a, b)) < 0;
}

/* The one at this place may belong further down. */
static void sift_down(struct ranking *ranking, size_t at)
{
	struct ranked *heap = ranking->best, moved = heap[at];
	size_t child;

	while ((child = 2 * at + 1) < ranking->n) {
		if (child + 1 < ranking->n && before(ranking, &heap[child], &heap[child + 1]))
			child++;
		if (!before(ranking, &moved, &heap[child]))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

/* Done once it is full: until then nobody asks for the last one. */
static void make_heap(struct ranking *ranking)
{
	for (size_t i = ranking->n / 2; i-- > 0;)
		sift_down(ranking, i);
}

void ranking_offer(struct ranking *ranking, const struct ranked *ranked)
{
	if (ranking->n < ranking->most) {
		ranking->best[ranking->n++] = *ranked;
		if (ranking->n == ranking->most)
			make_heap(ranking);
	} else if (ranking->most && before(ranking, ranked, &ranking->best[0])) {
		ranking->best[0] = *ranked;
		sift_down(ranking, 0);
	}
}

void ranking_sort(struct ranking *ranking)
{
	qsort(ranking->best, ranking->n, sizeof(*ranking->best), ranking->reverse ? compare_reversed : compare);
}
