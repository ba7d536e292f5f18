/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who, besides root, may do what at the daemon's Unix socket: a file that root alone can write, a line a group.
 *
 *   operators: [read, quarantine]
 *   netadmins: [read, quarantine, apply]
 *
 * It is read again when it changes. One that is wrong is said on stderr, and what held before goes on to hold.
 * All calls but access_new() and access_free() may come from any thread.
 */
#ifndef PICKET_ACCESS_H
#define PICKET_ACCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "served.h"

struct access;

/* The other end of a Unix socket, as it was when it connected. */
struct caller {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary; the owner frees them */
	size_t ngroups;
};

/* 0 and *out; -errno: then it is nobody, who may nothing. */
int caller_of(int socket, struct caller *out);

/*
 * Reads path, which stays the caller's; where it is not there, or wrong, root alone may do anything. must: say so
 * where it is not there. 0 and *out, or -ENOMEM.
 */
int access_new(const char *path, bool must, struct access **out);
void access_free(struct access *access);

/* Looks whether the file has changed. */
void access_check(struct access *access);
/* Reads it again in any case. */
void access_reload(struct access *access);

/* enum right, or-ed. */
unsigned int access_rights(struct access *access, const struct caller *caller);

const char *access_path(const struct access *access);

/* To the log: a command that changes something was run. */
void access_done(uid_t uid, const char *command, int status);
/* To the log, at a bounded rate: what this caller was refused, half a sentence. */
void access_refused(struct access *access, const struct caller *caller, const char *what);

#endif
