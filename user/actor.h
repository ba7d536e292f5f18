/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For whom this process does what it does: for its own user, or for a client of the daemon's socket, for whom the
 * daemon has started it. Then it takes policies from stdin, and opens no file that its arguments name.
 */
#ifndef PICKET_ACTOR_H
#define PICKET_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

/* In the environment of such a process: the client's uid. */
#define ACTOR_VARIABLE "PICKET_CLIENT"

bool actor_is_client(void);
/* The client's, or this process's own. */
uint32_t actor_uid(void);

#endif
