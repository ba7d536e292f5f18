/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/bench/wire.sh needs on real interfaces. Errors are said, and end the program. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "load.h"

/*
 * Attaches "drop" or "pass" (a bare XDP_DROP, XDP_PASS), "floor" (of a drop) or "filter" (xdp-filter) in native mode
 * until the input ends.
 */
int wire_attach(const char *program, const char *interface, const struct load *load);

/* Sends load through an interface for so long, and prints the frames and the nanoseconds. */
int wire_send(const char *interface, const struct load *load, unsigned int seconds);

#endif
