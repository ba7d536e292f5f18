/* SPDX-License-Identifier: GPL-2.0-only */
/* The addresses that the datapath learned of a device. */
#ifndef PICKET_LEARNED_H
#define PICKET_LEARNED_H

#include <stddef.h>
#include <stdint.h>

#include "live.h"

struct learned_addr {
	struct picket_addr addr;
	uint64_t used; /* ns of boot time */
};

/* Those of a device's row that count at this time (ns of boot time). Returns how many. */
size_t learned_of(const struct live *live, uint32_t row, uint64_t now,
		  struct learned_addr out[PICKET_LEARNED_MAX]);

#endif
