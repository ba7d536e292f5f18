/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the book and how it is written down. */
#ifndef PICKET_AUDITBOOK_PARTS_H
#define PICKET_AUDITBOOK_PARTS_H

#include <pthread.h>

#include "auditbook.h"
#include "table.h"

#define OWNER_ROWS 64
#define UNLISTED_ROWS 256 /* of all unlisted sources of a segment, and of its hosts */
#define OWNERS_MOST 8192
#define ROWS_MOST 32768

struct auditbook {
	pthread_mutex_t lock; /* of all below */
	struct auditbook_sum sum;
	struct audit_owner *owners;
	size_t n, capacity;
	size_t nrows;
	struct table index; /* of owners */
};

/* The owner of this device or segment and reason, made unless it is there; NULL: there is no room. */
struct audit_owner *auditbook_owner(struct auditbook *book, const char *device, const char *segment,
				    uint8_t reason);
/* The row of this key, made (zero but for its key) unless it is there, in the place of a lesser one if need be;
 * NULL: there is no room. */
struct audit_row *auditbook_row(struct auditbook *book, struct audit_owner *owner, const struct audit_key *key);

#endif
