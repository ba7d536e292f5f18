// SPDX-License-Identifier: GPL-2.0-only
#include "sinks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faults.h"

struct sink *opened_sink(const char *spec)
{
	struct sink *sink;

	assert_int_equal(sink_open(spec, &sink), 0);
	return sink;
}

void write_line(struct sink *sink, const char *json)
{
	struct event event = therm_event();

	sink_write(sink, &event, &therm_names, json);
}

void write_lines(struct sink *sink, int n)
{
	for (int i = 0; i < n; i++)
		write_line(sink, LINE);
}

void ticks(struct sink *sink, int n)
{
	for (int i = 0; i < n; i++)
		sink_tick(sink);
}
