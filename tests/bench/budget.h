/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verifier makes of every form of the programs that an apply can choose. */
#ifndef BENCH_BUDGET_H
#define BENCH_BUDGET_H

/* Prints it. 0: all are under their share of the kernel's limit. */
int print_budget(void);

#endif
