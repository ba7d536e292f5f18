/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of frames through both readings of the verdict: the BPF program and eval. */
#ifndef TEST_TWIN_H
#define TEST_TWIN_H

#include "frames.h"

/* What a run is made of; all of it follows from the seed. */
struct scenario {
	uint64_t seed;
	char *text; /* the policy */
	struct policy *policy;
	struct sent *frames;
	size_t nframes;
	int64_t *quarantine; /* by device: until when, Unix ns; 0: not */
};

struct outcome {
	enum verdict verdict;
	enum reason reason;
	uint32_t device, segment; /* INDEX_NONE */
};

/* Where the readings part. */
struct difference {
	bool found;
	size_t frame; /* index into the list that was run */
	struct outcome bpf, eval;
	char *counters; /* they agree on every frame, but the counters say otherwise; or NULL */
};

/* How often each reason came with each verdict. */
struct coverage {
	uint64_t count[REASON_COUNT][VERDICT_AUDIT + 1];
};

/*
 * Runs the frames which[0..n) of the scenario, in order, until the first difference.
 * coverage may be NULL. 0 or -errno, with a sentence on stderr.
 */
int twin_run(const struct scenario *s, const size_t *which, size_t n, struct difference *out,
	     struct coverage *coverage);

/* The same frames through eval alone; prints the trace of the last. */
void twin_explain(const struct scenario *s, const size_t *which, size_t n);

void print_outcome(const struct scenario *s, const char *who, const struct outcome *o);
void print_frame(size_t index, const struct sent *s);

#endif
