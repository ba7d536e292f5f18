/* SPDX-License-Identifier: GPL-2.0-only */
/* The checked policy, compiled: a function of the policy alone. */
#ifndef PICKET_COMPILE_H
#define PICKET_COMPILE_H

#include "diag.h"
#include "ruleset.h"

/*
 * 0 and *out, freed with ruleset_free(); -ENOMEM; -EINVAL when diag says what does not fit: more
 * than RULESET_MAX_ENTRIES entries, PICKET_MAX_PREFIX_DEPTH rule prefixes within one another, a
 * schedule that is too long, a rate that cannot be counted.
 */
int compile(const struct policy *policy, struct diag *diag, struct ruleset **out);

#endif
