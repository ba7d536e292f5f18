/* SPDX-License-Identifier: GPL-2.0-only */
/* The policies that were applied last, whole, so that one can go back to them. In the state directory. */
#ifndef PICKET_ARCHIVE_H
#define PICKET_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "packing.h"

#define ARCHIVE_KEPT 10
#define ARCHIVE_NAME_LEN 256

/* One applied policy, as the history has it. */
struct archived {
	int64_t time; /* Unix ns: when it became live to stay */
	char name[ARCHIVE_NAME_LEN];
	char hash[SHA256_HEX_LEN];
};

/* Keeps the sources, under their hash, and gives up those that nobody can go back to. 0 or -errno. */
int archive_keep(const struct packed *sources);

/*
 * The policies that were live, the newest first; one that followed itself counts once. 0 and *n at most
 * ARCHIVE_KEPT + 1, since the first is the live one; -errno.
 */
int archive_list(struct archived out[ARCHIVE_KEPT + 1], size_t *n);

/* The sources of one. 0 and *out, whose data the caller frees; -ENOENT; -EPROTO: it is damaged. */
int archive_get(const char *hash, struct packed *out);

#endif
