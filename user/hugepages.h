/* SPDX-License-Identifier: GPL-2.0-only */
/* Fewer TLB misses: what a million devices take is gone through at random. */
#ifndef PICKET_HUGEPAGES_H
#define PICKET_HUGEPAGES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define HUGEPAGES_FROM (1UL << 20) /* bytes; what is smaller is at hand anyway */
#define HUGEPAGES_SMALL 4096UL

/*
 * Asks for huge pages where an allocation of size bytes lies, as far as it is still untouched. The small pages at
 * both its ends are included, so that neighbours become one mapping; nothing but speed depends on the kernel's
 * answer.
 */
static inline void hugepages_prefer(void *block, size_t size)
{
	uintptr_t from = (uintptr_t)block & -HUGEPAGES_SMALL;

	if (block && size >= HUGEPAGES_FROM)
		madvise((void *)from, (uintptr_t)block + size - from, MADV_HUGEPAGE);
}

#endif
