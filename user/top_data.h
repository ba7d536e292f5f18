/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `picket top` watches: the live state, sampled. Another policy that becomes live is followed; where
 * none is live any more, what was last seen stays.
 */
#ifndef PICKET_TOP_DATA_H
#define PICKET_TOP_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "attach.h"
#include "live.h"
#include "top_history.h"
#include "top_series.h"

enum metric { METRIC_PASSED, METRIC_BYTES, METRIC_DROPPED, METRIC_AUDIT, METRICS };
enum tally_kind { TALLY_PASSED, TALLY_DROPPED, TALLY_AUDIT, TALLY_KINDS };

/* Beyond it fewer samples are kept, and sampling takes long enough to be noticed. */
#define TOP_MANY_DEVICES 200000

struct top_data {
	struct live *live;
	int error; /* why no newer one could be opened: -ENOENT, nothing is live; 0: it is what is live */
	uint64_t at; /* ns of boot time of the newest sample */
	int64_t now; /* Unix ns of it */

	const struct state *states;
	const struct ident *idents;
	uint32_t rows; /* of both that may be in use */
	struct series devices; /* cell: row * METRICS + enum metric, of both directions */

	uint32_t segment_rows; /* row 0 is what came from no segment */
	struct segment_info segments[PICKET_MAX_SEGMENTS];
	struct series tallies; /* struct tally by segment and tally, as live_totals() has them */
	struct history *histories; /* segment row * TALLY_KINDS + enum tally_kind, packets a second */
	struct history all[TALLY_KINDS];

	struct attachment *attachments;
	size_t nattachments;
};

/* Packets and bytes: sums, and what they rose by a second. */
struct flow_rate {
	uint64_t packets, bytes;
	double packet_rate, byte_rate;
};

/* 0, or what live_open() returns, for live_fail(); -ENOMEM. Then *data needs no closing. */
int top_data_open(struct top_data *data);
void top_data_close(struct top_data *data);

/* Looks at everything once. True: another policy is shown now, and names and rows are others. */
bool top_data_sample(struct top_data *data);

/* A device's, over the last seconds. */
double device_rate(const struct top_data *data, uint32_t row, enum metric metric);
uint64_t device_total(const struct top_data *data, uint32_t row, enum metric metric);

/* Of the tallies from first up to end (1: passed; see abi.h) of a segment's row. */
struct flow_rate tally_rate(const struct top_data *data, uint32_t segment, uint32_t first, uint32_t end);
/* Of one verdict; the segment's, and all segments' together. */
struct flow_rate segment_rate(const struct top_data *data, uint32_t segment, enum tally_kind kind);
struct flow_rate total_rate(const struct top_data *data, enum tally_kind kind);

#endif
