/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as a capture: how each one's frame begins, and in a comment why it was refused
 * (draft-ietf-opsawg-pcapng).
 */
#ifndef PICKET_PCAPNG_H
#define PICKET_PCAPNG_H

#include "events.h"

struct pcapng;

/*
 * path "-": stdout, where a slow reader holds up the writer. A capture that is there already is
 * gone on with, less what was cut off at its end; it is begun anew where it is rotated away.
 * A full disk is no error. 0 and *out, or -errno after a sentence.
 */
int pcapng_open(const char *path, struct pcapng **out);
/* NULL is fine. */
void pcapng_close(struct pcapng *pcapng);

/* At once, and whole or not at all; what cannot be written is counted and said as in sink.h. */
void pcapng_write(struct pcapng *pcapng, const struct event *event, const struct event_names *names);
/* Once a second, by the thread that writes. */
void pcapng_tick(struct pcapng *pcapng);

/* Frames lost since it was opened; any thread may ask. */
uint64_t pcapng_lost(const struct pcapng *pcapng);

#endif
