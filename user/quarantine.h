/* SPDX-License-Identifier: GPL-2.0-only */
/* Cutting a device off in maps that programs may be using. */
#ifndef PICKET_QUARANTINE_H
#define PICKET_QUARANTINE_H

#include <stdint.h>

struct live;

/*
 * idents, devices: file descriptors of the maps. until: Unix ns, 0: no longer, INT64_MAX: until
 * released. When it returns, every packet meets it. 0, or -errno and nothing has changed.
 */
int quarantine_set(int idents, int devices, uint32_t row, int64_t until);

/*
 * Ends a quarantine whose time is over, and says so; live was opened with LIVE_IDENTS. Takes the lock.
 * 0; -EBUSY: somebody else is changing what is live; -ESTALE: another policy is live; -errno.
 */
int quarantine_lift(const struct live *live, uint32_t row);

#endif
