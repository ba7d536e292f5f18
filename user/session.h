/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SSH connections by which whoever runs this process is here: what SSH_CONNECTION says in its
 * environment or, where sudo or the like took it away, in that of a process above it; the
 * connections of an sshd above it; and, below tmux, screen and their kind, those of their clients.
 * Only connections that are open, and end in this network namespace.
 */
#ifndef PICKET_SESSION_H
#define PICKET_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

#define SESSION_VARIABLE "SSH_CONNECTION"

#define SESSIONS_MOST 16

struct ssh_session {
	struct picket_addr client, server;
	uint16_t client_port, server_port;
	uint32_t ifindex; /* of link-local addresses, where it is told; else 0 */
};

/* How many. 0 as well where there is no telling. */
size_t sessions_find(struct ssh_session out[SESSIONS_MOST]);

/*
 * The same as a value of SSH_CONNECTION, for a process elsewhere that does the work: sshd's form, with commas
 * between several. NULL: none. The caller's.
 */
char *sessions_text(void);

#endif
