/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stays while policies come and go: the entry programs, their program arrays, the word
 * "live", and who wrote all this.
 */
#ifndef PICKET_BASE_H
#define PICKET_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "attach.h"
#include "picket/abi.h"

struct base {
	struct entry_programs entry;
	int ingress_slots, egress_slots;
	volatile struct live_word *live; /* mapped; word 0: no policy was ever live */
	int live_map, meta_map;
	int bystanders;
	struct meta meta;
};

/* True: all that is pinned once is pinned. */
bool base_complete(void);

/* True: something is attached or changed, or nobody can tell: what has no policy that can be read is not unloaded. */
bool base_in_use(void);

/* Opens what is there, and makes nothing. 0 and *out, or -errno: -EUCLEAN when a pin is missing. */
int base_open(struct base *out);

/* Pins again, of what this has open, what is pinned no more, and says it. Wants the lock. 0 or -errno. */
int base_put_back(struct base *base);

/*
 * Opens it; what is missing is made, or found again through what is attached. Wants the lock.
 * 0 and *out, or -errno, said on stderr: -EPROTO when another version wrote it.
 */
int base_make(struct base *out);
/* For a struct base that nothing was opened in yet. */
#define BASE_CLOSED { .entry = { -1, -1 }, .ingress_slots = -1, .egress_slots = -1, .live_map = -1, .meta_map = -1, \
		      .bystanders = -1 }
void base_close(struct base *base);

/* Detaches everything, then removes every pin. 0 or the first -errno, said on stderr. */
int base_remove(void);

#endif
