/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verifier makes of every form of the programs that an apply can choose. */
#ifndef BENCH_BUDGET_H
#define BENCH_BUDGET_H

#include <stdint.h>

/*
 * Prints it, of some `limit` forms (of all, from 2,048 on), always those with no switch, one, or all among them.
 * 0: all are under their share of the kernel's limit.
 */
int print_budget(uint32_t limit);

#endif
