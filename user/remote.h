/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command that the daemon runs for somebody who may not do it himself: what it prints and its exit status are
 * those that root would see.
 */
#ifndef PICKET_REMOTE_H
#define PICKET_REMOTE_H

#include <stdbool.h>

#include "output.h"
#include "packing.h"

/* This user is not root, and there is a daemon's socket: that is to be asked. */
bool remote_wanted(void);

/*
 * argv as the command has it, of which nothing has been printed yet. sources: the policy's that argv names, NULL:
 * it names none. Returns enum exit_status, and says why where there was no answer.
 */
int remote_run(struct output *out, int argc, char **argv, const struct packed *sources);

#endif
