// SPDX-License-Identifier: GPL-2.0-only
#include "mapimage_pages.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64

static int reserve(struct pages *pages)
{
	size_t more = pages->capacity ? 2 * pages->capacity : FIRST_CAPACITY;
	__u32 *grown;

	if (pages->n < pages->capacity)
		return 0;
	if (more >= PICKET_ENTRY_NUMBER / PICKET_PAGE)
		return -ENOMEM;
	grown = realloc(pages->entries, more * PICKET_PAGE * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	pages->entries = grown;
	pages->capacity = more;
	return 0;
}

static void fill(__u32 *from, size_t n, __u32 entry)
{
	for (size_t i = 0; i < n; i++)
		from[i] = entry;
}

/* A new page that says entry all over. 0 and its number; -ENOMEM. */
static int add_page(struct pages *pages, __u32 entry, __u32 *number)
{
	if (reserve(pages))
		return -ENOMEM;
	fill(&pages->entries[pages->n * PICKET_PAGE], PICKET_PAGE, entry);
	*number = pages->n++;
	return 0;
}

int pages_init(struct pages *pages)
{
	__u32 number;

	return add_page(pages, 0, &number);
}

/*
 * The first entry of the page that an entry of roots, or of a page, leads to; it is made where there was
 * none. 0 or -ENOMEM.
 */
static int open_page(struct pages *pages, bool root, size_t at, size_t *first)
{
	__u32 entry = root ? pages->roots[at] : pages->entries[at], number = entry & PICKET_ENTRY_NUMBER;

	if (!(entry & PICKET_ENTRY_PAGE)) {
		if (add_page(pages, entry, &number))
			return -ENOMEM;
		*(root ? &pages->roots[at] : &pages->entries[at]) = PICKET_ENTRY_PAGE | number;
	}
	*first = (size_t)number * PICKET_PAGE;
	return 0;
}

int pages_paint(struct pages *pages, uint32_t addr, unsigned int len, __u32 entry)
{
	size_t first;

	if (len <= 16) {
		fill(&pages->roots[addr >> 16], 1U << (16 - len), entry);
		return 0;
	}
	if (open_page(pages, true, addr >> 16, &first))
		return -ENOMEM;
	if (len <= 24) {
		fill(&pages->entries[first + (addr >> 8) % PICKET_PAGE], 1U << (24 - len), entry);
		return 0;
	}
	if (open_page(pages, false, first + (addr >> 8) % PICKET_PAGE, &first))
		return -ENOMEM;
	fill(&pages->entries[first + addr % PICKET_PAGE], 1U << (32 - len), entry);
	return 0;
}

static __u32 below(const struct pages *pages, __u32 entry, uint32_t at)
{
	return pages->entries[(size_t)(entry & PICKET_ENTRY_NUMBER) * PICKET_PAGE + at % PICKET_PAGE];
}

__u32 pages_entry(const struct pages *pages, uint32_t addr)
{
	__u32 entry = pages->roots[addr >> 16];

	if (entry & PICKET_ENTRY_PAGE)
		entry = below(pages, entry, addr >> 8);
	if (entry & PICKET_ENTRY_PAGE)
		entry = below(pages, entry, addr);
	return entry;
}

bool pages_deep(const struct pages *pages, uint32_t addr)
{
	__u32 entry = pages->roots[addr >> 16];

	return entry & PICKET_ENTRY_PAGE && below(pages, entry, addr >> 8) & PICKET_ENTRY_PAGE;
}
