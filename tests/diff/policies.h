/* SPDX-License-Identifier: GPL-2.0-only */
/* Random policies that use all of the language and pass its checks. */
#ifndef TEST_POLICIES_H
#define TEST_POLICIES_H

#include "random.h"

/* 2026-12-01T12:00:00Z: the runs' clock starts here, and validity windows lie around it. */
#define RUN_EPOCH 1796126400LL

/* Addresses that policies and frames draw from, so that they meet. */
extern const char *const address_pool[];
extern const size_t address_pool_size;

/* YAML text, to be freed; aborts without memory. */
char *random_policy(struct rng *r);

#endif
