/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was done to the live policy, when and by whom: a log that is only ever appended to, a line of JSON an entry,
 * in the state directory. What takes time has two lines of one id: one when it begins, one with its result, so that
 * an end in between leaves its trace.
 */
#ifndef PICKET_HISTORY_H
#define PICKET_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

struct history_entry {
	uint64_t id; /* history_id(); 0: a line of its own */
	int64_t time; /* Unix ns; set by history_add() */
	const char *action; /* "apply", "confirm", "return", "rollback", "quarantine", "release", "unload" */
	const char *result; /* "begun", "ok", "pending", or what went wrong */
	const char *policy, *hash; /* NULL: not about a policy */
	const char *device; /* NULL: not about one */
	int64_t until; /* Unix ns; 0: no end */
	uint32_t uid; /* who ran it; set by history_add() */
	int64_t login_uid; /* who logged in, before sudo; -1: not known; set likewise */
	bool socket; /* the daemon did it for uid, who asked at its socket; set likewise */
};

/* Unlike every other. */
uint64_t history_id(void);

/* Appends, and has it on disk. 0; -errno, said on stderr once: the change itself is not held up by it. */
int history_add(const struct history_entry *entry);

/* Called for each line, the oldest first; its strings stay until it returns. Not 0 ends it. */
typedef int history_fn(const struct history_entry *entry, void *context);

/* 0; what fn returned; -ENOENT: there is none yet; -errno. Lines that are no entries are passed over. */
int history_read(history_fn *fn, void *context);

/* Others may write the state directory, and so what a rollback would lead back to. */
#define HISTORY_NOT_OURS (-ENOTUNIQ)

/* Opens the state directory, made when it is not there: a file descriptor, HISTORY_NOT_OURS, or -errno. */
int history_dir(void);

/* What such an error means, as words. */
const char *history_why(int error);

#endif
