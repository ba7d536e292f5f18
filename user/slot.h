/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of one slot, and reading them. */
#ifndef PICKET_SLOT_H
#define PICKET_SLOT_H

#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

#define SLOT_MAX_MAPS 32

/* The names of all maps that a slot's directory pins besides "bundle"; ended by NULL. */
extern const char *const slot_maps[];
/* Of these, the state that passes from policy to policy; ended by NULL. */
extern const char *const slot_states[];

/* "slot0" to "slot2": the one that this word says decides. */
const char *slot_dir(uint64_t word);

/* How many entries a map may hold. 0 or -errno. */
int map_capacity(int fd, uint32_t *out);

/* Adds up the CPUs of "totals": n entries from first. 0 or -errno. */
int sum_totals(int fd, uint32_t first, uint32_t n, struct tally *out);

#endif
