/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands that the daemon runs for clients of its Unix socket, and the right that each takes.
 *
 *   GET  /command/NAME?arg=WORD&arg=WORD...     of one that only reads
 *   POST /command/NAME?arg=WORD&arg=WORD...     of the others, also with &session=SESSIONS (session.h); where it takes a policy, the body is its sources,
 *                                               packed (struct packed), and its argument only a name for them
 *
 * The answer, 200, is what the command writes, as it writes it, in pieces: "out LENGTH\n" and so many bytes for
 * stdout, "err LENGTH\n" and so many for stderr, and at the end "exit STATUS\n". Any other status is a refusal, a
 * sentence of text.
 */
#ifndef PICKET_SERVED_H
#define PICKET_SERVED_H

#include <stdbool.h>

#define ACCESS_DEFAULT "/etc/picket/access.yaml" /* who has which (access.h) */

#define SERVED_PATH "/command/"
#define SERVED_PIECE_MOST 65536 /* bytes of one */

enum right { RIGHT_READ = 1, RIGHT_QUARANTINE = 2, RIGHT_APPLY = 4 };

#define RIGHTS_ALL (RIGHT_READ | RIGHT_QUARANTINE | RIGHT_APPLY)

struct served {
	const char *command;
	enum right right;
	bool takes_policy;
};

/* NULL: it is not served. */
const struct served *served_find(const char *command);
/* "GET" or "POST" */
const char *served_method(const struct served *served);
/* "read", "quarantine" or "apply" */
const char *right_name(enum right right);

#endif
