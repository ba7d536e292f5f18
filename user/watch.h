/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps what is live in force while the host changes: attaches ports that come back, and makes the policy
 * once more when it was made for another host than this one is now (hostview.h).
 */
#ifndef PICKET_WATCH_H
#define PICKET_WATCH_H

#include <stdbool.h>

struct watch;

/* 0 and *out, or -errno, said on stderr. */
int watch_new(struct watch **out);
void watch_free(struct watch *watch);

/* Readable when interfaces or addresses changed. */
int watch_fd(const struct watch *watch);
/* Takes in what changed. True: it is worth a check. */
bool watch_changes(struct watch *watch);

/* Does what is to be done, and says it; nothing when nothing is live. */
void watch_check(struct watch *watch);

#endif
