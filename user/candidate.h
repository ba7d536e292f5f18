/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy on its way to be applied: parsed, judged, compiled, packed. */
#ifndef PICKET_CANDIDATE_H
#define PICKET_CANDIDATE_H

#include "diag.h"
#include "live.h"
#include "packing.h"
#include "ruleset.h"

struct candidate {
	struct diag *diag; /* NULL: there was no memory for it */
	struct policy *policy;
	struct ruleset *ruleset;
	const struct packed *sources;
	struct packing *packing; /* who owns sources; NULL: the live policy's bundle */
	struct packed packed; /* sources, then */
};

/*
 * From a file, or what a client sent in its place (receive.h). 0; -EINVAL: diag says what is wrong with it; -errno, and diag may say why: it cannot be read.
 * *out is to be freed in any case.
 */
int candidate_load(const char *path, struct candidate *out);

/* From packed sources, which stay the caller's and must stay as long. As candidate_load(). */
int candidate_unpack(const struct packed *sources, struct candidate *out);

/* The live policy once more; live must stay open as long. 0 or -errno. */
int candidate_again(const struct live *live, struct candidate *out);

void candidate_free(struct candidate *candidate);

#endif
