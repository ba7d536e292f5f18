/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's book of what passes as audit: read from the state directory when the daemon begins, and written there
 * now and then.
 */
#ifndef PICKET_AUDITKEEPER_H
#define PICKET_AUDITKEEPER_H

#include "auditbook.h"

struct auditkeeper;

/* A book that cannot be read is begun anew, which is said. 0 and *out, or -ENOMEM. */
int auditkeeper_new(struct auditkeeper **out);
/* Writes what changed. NULL is fine. */
void auditkeeper_free(struct auditkeeper *keeper);

/* Stays the keeper's. */
struct auditbook *auditkeeper_book(const struct auditkeeper *keeper);

/* Once a second: writes what changed when it is time to. lost: events since whoever reads them began to. */
void auditkeeper_tick(struct auditkeeper *keeper, uint64_t lost);
/* The next ticks' lost begins at 0 again. */
void auditkeeper_reopened(struct auditkeeper *keeper);

#endif
