/* SPDX-License-Identifier: GPL-2.0-only */
/* picket once more, in a process of its own, for a client of the daemon's socket (actor.h). */
#ifndef PICKET_CALLPROCESS_H
#define PICKET_CALLPROCESS_H

#include <pthread.h>
#include <sys/types.h>

struct callprocess {
	pid_t pid; /* 0: it has been waited for */
	int out, err; /* what it writes */
};

/*
 * argv[0] is "picket", and NULL ends it. session: by which SSH connections the client is here, as session.h has
 * them, or NULL. in: its stdin, which stays the caller's; -1: it has none. 0 and *out, or
 * -errno.
 */
int callprocess_start(char *const *argv, uid_t uid, const char *session, int in, struct callprocess *out);

/* "out" or "err", and at most SERVED_PIECE_MOST bytes. */
typedef void callprocess_fn(const char *kind, const char *bytes, size_t len, void *context);

/* Until it writes no more; where it writes nothing for quiet_ms, fn is called for no bytes. Closes out and err. */
void callprocess_read(struct callprocess *process, int quiet_ms, callprocess_fn *fn, void *context);

/* Its exit status, -1: a signal ended it. lock keeps it from callprocess_end() while its pid becomes another's. */
int callprocess_wait(struct callprocess *process, pthread_mutex_t *lock);

/* Asks it to end, if it is there. With the lock. */
void callprocess_end(const struct callprocess *process);
/* Ends it at once, and all that is of it. */
void callprocess_kill(struct callprocess *process);

#endif
