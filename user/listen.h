/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of this host's interfaces as they come and go (libpcap). */
#ifndef PICKET_LISTEN_H
#define PICKET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"

struct listener;

/* Called for each frame: Unix ns. */
typedef void listener_fn(const char *interface, const uint8_t *frame, size_t len, int64_t time, void *context);

/* Opens all of them, without promiscuous mode. 0 and *out, or -errno, said on stderr. */
int listener_open(const char *const *interfaces, size_t n, struct listener **out);
void listener_close(struct listener *listener);

/*
 * Waits up to timeout_ms for frames, and calls fn for each. 0; -EINTR; -ENODEV: no interface is left, each of
 * which was said on stderr when it went.
 */
int listener_poll(struct listener *listener, int timeout_ms, listener_fn *fn, void *context);

/* Frames that came faster than they were taken. */
uint64_t listener_lost(const struct listener *listener);

#endif
