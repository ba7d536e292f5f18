/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that a learned policy does not let pass, by reason. */
#ifndef PICKET_LEFTOUT_H
#define PICKET_LEFTOUT_H

#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "picket/reason.h"

#define LEFTOUT_EXAMPLE 192

struct leftout {
	uint64_t frames[REASON_COUNT];
	char example[REASON_COUNT][LEFTOUT_EXAMPLE]; /* the first of each */
};

void leftout_add(struct leftout *leftout, enum reason reason, const char *interface, const uint8_t *frame,
		 size_t len);
/* The same of frames that are not at hand any more. */
void leftout_count(struct leftout *leftout, enum reason reason, uint64_t frames);
uint64_t leftout_total(const struct leftout *leftout);

/* A line on stderr for each reason: how many, what they may be, the first. */
void leftout_tell(const struct leftout *leftout);
/* Frames by reason, as an object under key. */
void leftout_print(const struct leftout *leftout, struct output *out, const char *key);

#endif
