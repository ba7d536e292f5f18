// SPDX-License-Identifier: GPL-2.0-only
#include "top_history.h"

void top_history_add(struct history *history, double value)
{
	history->values[history->next] = value;
	history->next = (history->next + 1) % HISTORY_MOST;
	if (history->n < HISTORY_MOST)
		history->n++;
}

/* back 0 is the newest. */
static float value_at(const struct history *history, size_t back)
{
	if (back >= history->n)
		return 0;
	return history->values[(history->next + HISTORY_MOST - 1 - back) % HISTORY_MOST];
}

void history_levels(const struct history *history, unsigned char *levels, size_t n)
{
	float most = 0, value;

	for (size_t back = 0; back < n; back++) {
		value = value_at(history, back);
		if (value > most)
			most = value;
	}
	for (size_t back = 0; back < n; back++) {
		value = value_at(history, back);
		levels[n - 1 - back] = value > 0 ? 1 + (HISTORY_LEVELS - 1) * (value / most) + 0.5F : 0;
	}
}
