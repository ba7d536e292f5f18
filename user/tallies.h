/* SPDX-License-Identifier: GPL-2.0-only */
/* The datapath's totals by segment, verdict and reason, as live_totals() reads them. */
#ifndef PICKET_TALLIES_H
#define PICKET_TALLIES_H

#include <stddef.h>

#include "output.h"
#include "picket/abi.h"

/* A list "totals": what passed, was dropped and passed as audit, of so many segments' tallies together. */
void tallies_print_verdicts(struct output *out, const struct tally *tallies, size_t segments);

/*
 * Of one segment's, an object for each verdict and reason that there was; segment NULL: of none. reasons: bit n
 * is enum reason n; 0: all.
 */
void tallies_print_reasons(struct output *out, const char *segment, const struct tally *tallies, uint32_t reasons);

#endif
