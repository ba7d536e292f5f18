/* SPDX-License-Identifier: GPL-2.0-only */
/* Small policies at random, in the policy language: every kind of target, service and limit. */
#ifndef PICKET_RANDOM_POLICY_H
#define PICKET_RANDOM_POLICY_H

#include <stdint.h>

#include "policy.h"

#define RANDOM_TIME_BASE 1767225600LL /* 2026-01-01T00:00:00Z; changes come by the hour, for a day */
#define RANDOM_HOURS 24

/* 0 to n - 1 */
uint32_t random_below(uint64_t *seed, uint32_t n);

/* An address that such policies are likely to speak of. */
struct picket_addr random_addr(uint64_t *seed);

/* A policy that passes the checks, or NULL when this one did not; text is the caller's to free. */
struct policy *random_policy(uint64_t *seed, char **text);

#endif
