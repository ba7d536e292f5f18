/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of sinks need: one that is open, the usual event's line in it, time that passes.
 */
#ifndef PICKET_TEST_SINKS_H
#define PICKET_TEST_SINKS_H

#include "sink.h"

#define LINE "{\"reason\":\"role-connect\",\"count\":12}\n"
#define TICKS_OVER 8 /* more than an outage needs to be over */

/* Fails the test where it cannot be opened. The caller's. */
struct sink *opened_sink(const char *spec);
/* The usual event (faults.h), as this JSON where the sink takes JSON ... */
void write_line(struct sink *sink, const char *json);
/* ... and so many of it, as LINE. */
void write_lines(struct sink *sink, int n);
void ticks(struct sink *sink, int n);

#endif
