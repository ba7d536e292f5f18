/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices of the live policy: which of them, in which order, and a row of what each does. Made for a
 * million of them: states and names are read where they are mapped.
 */
#ifndef PICKET_DEVICELIST_H
#define PICKET_DEVICELIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live.h"
#include "output.h"

enum device_sort {
	SORT_FILE, SORT_NAME, SORT_SEGMENT, SORT_ROLE, SORT_SEEN, SORT_PACKETS, SORT_BYTES,
	SORT_PASSED, SORT_DROPPED, SORT_AUDIT, SORT_REASON, SORT_KEYS
};

/* "dropped": 0 and *out, or -EINVAL. */
int parse_device_sort(const char *text, enum device_sort *out);

struct devicelist_request {
	enum device_sort sort; /* numbers and times: the largest first */
	bool reverse;
	size_t top; /* at most so many; SIZE_MAX: all */
	uint32_t segment; /* row, 0: all */
	const char *search; /* part of the name, in any case; NULL: all */
};

struct devicelist {
	uint32_t *rows;
	size_t n; /* in rows */
	size_t matching; /* how many there would be without top */
};

/* 0 and *out, or -ENOMEM. */
int devicelist_select(const struct live *live, const struct devicelist_request *request,
		      struct devicelist *out);
void devicelist_free(struct devicelist *list);

/* A list "devices" of them. */
void devicelist_print(struct output *out, const struct live *live, const struct devicelist *list);

#endif
