// SPDX-License-Identifier: GPL-2.0-only
#include "top_pick.h"

#include <stdlib.h>
#include <string.h>

bool candidate_before(const struct candidate *a, const struct candidate *b)
{
	int order;

	if (a->number != b->number)
		return a->number > b->number;
	if (a->total != b->total)
		return a->total > b->total;
	order = strcmp(a->text, b->text);
	return order ? order < 0 : a->index < b->index;
}

static void swap(struct candidate *a, struct candidate *b)
{
	struct candidate kept = *a;

	*a = *b;
	*b = kept;
}

/* The last of the best is the heap's root. */
static void sift_up(struct pick *pick, size_t at)
{
	struct candidate *heap = pick->best;

	while (at && candidate_before(&heap[(at - 1) / 2], &heap[at])) {
		swap(&heap[(at - 1) / 2], &heap[at]);
		at = (at - 1) / 2;
	}
}

static void sift_down(struct pick *pick)
{
	struct candidate *heap = pick->best;
	size_t at = 0, child;

	while ((child = 2 * at + 1) < pick->n) {
		if (child + 1 < pick->n && candidate_before(&heap[child], &heap[child + 1]))
			child++;
		if (!candidate_before(&heap[at], &heap[child]))
			return;
		swap(&heap[at], &heap[child]);
		at = child;
	}
}

void pick_offer(struct pick *pick, const struct candidate *candidate)
{
	pick->offered++;
	if (pick->n < pick->most) {
		pick->best[pick->n] = *candidate;
		sift_up(pick, pick->n++);
	} else if (candidate_before(candidate, &pick->best[0])) {
		pick->best[0] = *candidate;
		sift_down(pick);
	}
}

static int compare(const void *a, const void *b)
{
	return candidate_before(a, b) ? -1 : candidate_before(b, a);
}

void pick_finish(struct pick *pick)
{
	qsort(pick->best, pick->n, sizeof(*pick->best), compare);
}
