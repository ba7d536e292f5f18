/* SPDX-License-Identifier: GPL-2.0-only */
/* From random policies, others that differ from them in places. */
#ifndef PICKET_POLICY_MIX_H
#define PICKET_POLICY_MIX_H

#include <stdint.h>

#include "policy.h"

/*
 * The first text with some of its elements (segments, peers, roles, devices, ...) as the second
 * has them, which has as many of each. A percent of 0 takes none. To be freed.
 */
char *mix_policies(uint64_t *seed, const char *first, const char *second, uint32_t percent);

/* The same policy with other names for peers and roles, and its elements in another order. */
char *rename_policy(const char *text);

/* NULL when it does not pass the checks. */
struct policy *load_text(const char *text);

#endif
