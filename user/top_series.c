// SPDX-License-Identifier: GPL-2.0-only
#include "top_series.h"

#include <errno.h>
#include <stdlib.h>

int series_init(struct series *series, size_t cells, unsigned int depth)
{
	*series = (struct series){ .cells = cells, .depth = depth };
	for (unsigned int i = 0; i < depth; i++) {
		series->samples[i] = calloc(cells ? cells : 1, sizeof(*series->samples[i]));
		if (!series->samples[i]) {
			series_free(series);
			return -ENOMEM;
		}
	}
	return 0;
}

void series_free(struct series *series)
{
	for (unsigned int i = 0; i < series->depth; i++)
		free(series->samples[i]);
	*series = (struct series){ 0 };
}

uint64_t *series_next(struct series *series, uint64_t now)
{
	if (series->taken)
		series->newest = (series->newest + 1) % series->depth;
	if (series->taken < series->depth)
		series->taken++;
	series->at[series->newest] = now;
	return series->samples[series->newest];
}

/* The sample before the newest by so many steps. */
static unsigned int before(const struct series *series, unsigned int steps)
{
	return (series->newest + series->depth - steps) % series->depth;
}

/* No more than there are. */
static unsigned int steps_there_are(const struct series *series, unsigned int steps)
{
	if (!series->taken)
		return 0;
	return steps < series->taken ? steps : series->taken - 1;
}

uint64_t series_total(const struct series *series, size_t cell)
{
	return series->taken ? series->samples[series->newest][cell] : 0;
}

double series_span(const struct series *series, unsigned int steps)
{
	int64_t ns;

	steps = steps_there_are(series, steps);
	if (!steps)
		return 0;
	ns = series->at[series->newest] - series->at[before(series, steps)];
	return ns > 0 ? ns / 1e9 : 0;
}

uint64_t series_rise(const struct series *series, size_t cell, unsigned int steps)
{
	uint64_t rise = 0, later, earlier;

	steps = steps_there_are(series, steps);
	if (!steps)
		return 0;
	later = series->samples[series->newest][cell];
	for (unsigned int i = 1; i <= steps; i++) {
		earlier = series->samples[before(series, i)][cell];
		if (later > earlier)
			rise += later - earlier;
		later = earlier;
	}
	return rise;
}

double series_rate(const struct series *series, size_t cell, unsigned int steps)
{
	double span = series_span(series, steps);

	return span > 0 ? series_rise(series, cell, steps) / span : 0;
}
