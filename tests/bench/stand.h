/* SPDX-License-Identifier: GPL-2.0-only */
/* The test stand: the generator, and the programs that can be put behind it. */
#ifndef BENCH_STAND_H
#define BENCH_STAND_H

#include <stdbool.h>
#include <stdint.h>

#include "load.h"

struct bpf_object;
struct frame;

/* What a scenario can be measured with. */
enum subject {
	SUBJECT_EMPTY,
	SUBJECT_PICKET,
	SUBJECT_FLOOR_KNOWN,
	SUBJECT_FLOOR_LIMITS,
	SUBJECT_FLOOR_UNLISTED,
	SUBJECT_XDP_FILTER,
	SUBJECT_USUAL,
	SUBJECTS
};

extern const char *const subject_names[SUBJECTS];

struct stand;

/* xdp-filter's program, which drops n sources from first (host order) on; NULL: it is not installed. */
struct bpf_object *open_filter(uint32_t first, uint32_t n);
int filter_program(const struct bpf_object *filter);

/* A frame for the generator to write over. */
void first_frame(const struct load *load, struct frame *frame);

/*
 * rows: devices that the floors have room for. flows: a power of two, likewise: as many as picket's own
 * table has places, so that both are as full. filtered: addresses from first (host order) on that
 * xdp-filter drops as sources, 0: it is not measured. Errors are said, and end the program.
 */
struct stand *stand_open(uint32_t rows, uint32_t flows, uint32_t first, uint32_t filtered);
void stand_close(struct stand *stand);

/* Fills what SUBJECT_USUAL looks up: all that load can say. */
void stand_fill_usual(struct stand *stand, const struct load *load);

/* False: xdp-filter is not installed. */
bool stand_has(const struct stand *stand, enum subject subject);

/* Puts picket's entry program, or what of the stand's own it is, behind the generator. */
void stand_choose(struct stand *stand, enum subject subject, int picket);

/*
 * Runs packets of load through what was chosen, on the calling thread's CPU. ns a packet,
 * the generator's own cost included. *verdict: of the last.
 */
double stand_run(struct stand *stand, const struct load *load, uint32_t packets, uint32_t *verdict);

/* The empty program alone, without the generator: ns a packet. */
double stand_run_empty(struct stand *stand, uint32_t packets);

/* How far the calling thread's CPU is ahead in the devices, so that two have different ones. */
void stand_offset(struct stand *stand, uint32_t cpu, uint32_t devices);

#endif
