/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Prometheus reads: its text format 0.0.4, or OpenMetrics 1.0.
 */
#ifndef PICKET_EXPOSITION_H
#define PICKET_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_INFO, /* always 1: what counts is in the labels */
};

struct metric {
	const char *name; /* a counter's without "_total", an info's without "_info" */
	enum metric_type type;
	const char *help; /* without quotes, backslashes and line breaks */
};

struct label {
	const char *name, *value;
};

struct exposition {
	FILE *to;
	bool openmetrics;
	const struct metric *metric; /* whose samples follow */
};

/* True: a request with this Accept header takes OpenMetrics. NULL: it has none. */
bool exposition_wants_openmetrics(const char *accept);
/* The Content-Type of what is written. */
const char *exposition_type(bool openmetrics);

/* Each metric once, and all of its samples before the next one. */
void exposition_begin(struct exposition *exposition, const struct metric *metric);
/* labels: until one without a name; NULL: none. What is no UTF-8 in a value becomes U+FFFD. */
void exposition_sample(const struct exposition *exposition, const struct label *labels, uint64_t value);
/* The same of a time or a duration in ns, given in seconds; not negative. */
void exposition_seconds(const struct exposition *exposition, const struct label *labels, int64_t ns);
/* After the last sample. */
void exposition_end(const struct exposition *exposition);

#endif
