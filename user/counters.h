/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the state that the datapath keeps of a device or segment to what is printed.
 */
#ifndef PICKET_COUNTERS_H
#define PICKET_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"
#include "picket/abi.h"
#include "policy.h"

enum condition { CONDITION_ACTIVE, CONDITION_QUARANTINED, CONDITION_EXPIRED, CONDITIONS };

/* What step 5 of the verdict says of it at a time (Unix ns); expired: not yet valid, too. */
enum condition ident_condition(const struct ident *ident, int64_t now);
/* "active", "quarantined", "expired" */
const char *condition_name(enum condition condition);

struct counts {
	uint64_t packets, bytes; /* passed, those of audit not among them */
	uint64_t dropped_packets, dropped_bytes;
	uint64_t audit_packets, audit_bytes;
};

struct counts counts_of(const struct state *state, enum direction direction);
struct counts counts_of_both(const struct state *state);

/* Why the last frame was refused; REASON_NONE: none was. */
enum reason last_reason(const struct state *state);

/* A bucket as its owner's limit: units a second, how many at once, how many at once now. */
struct fill {
	double rate;
	uint64_t burst, available;
};

/* False when the profile does not limit it. now: ns of boot time. */
bool bucket_fill(const struct profile *profile, const struct state *state, enum bucket bucket,
		 uint64_t now, struct fill *out);

struct live; /* live.h */

/*
 * What each bucket of a device's or a segment's row refused since the row is its own; in audit mode, what
 * it would have. All zero: nothing. 0 or -errno.
 */
int refusals_get(const struct live *live, enum bucket_owner owner, uint32_t row,
		 struct refused out[BUCKETS]);

/* packets, bytes, dropped, dropped_bytes, audit, audit_bytes as values of the open object */
void counts_print(struct output *out, const struct counts *counts);

#endif
