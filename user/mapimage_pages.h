/* SPDX-License-Identifier: GPL-2.0-only */
/* "roots" and "pages" on their way: what is said of a prefix holds until a longer one is painted. */
#ifndef PICKET_MAPIMAGE_PAGES_H
#define PICKET_MAPIMAGE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

struct pages {
	__u32 *roots; /* PICKET_ROOTS entries, the caller's */
	__u32 *entries; /* n * PICKET_PAGE; freed by the caller */
	size_t n, capacity; /* pages */
};

/* Page 0, which nobody uses. 0 or -ENOMEM. */
int pages_init(struct pages *pages);

/*
 * Says entry of all addresses of a prefix (host order, length in bits); shorter prefixes before longer
 * ones. 0 or -ENOMEM.
 */
int pages_paint(struct pages *pages, uint32_t addr, unsigned int len, __u32 entry);

/* What is said of an address; 0: nothing. */
__u32 pages_entry(const struct pages *pages, uint32_t addr);

/* Whether the address's /24 has a page of its own. */
bool pages_deep(const struct pages *pages, uint32_t addr);

#endif
