/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that whole records are appended to. It is followed when it is rotated away, and holds
 * no part of a record that did not fit onto the disk.
 */
#ifndef PICKET_LOGFILE_H
#define PICKET_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct logfile;

/* What a file that was just opened needs before its next record. 0 or -errno. */
typedef int logfile_begin_fn(struct logfile *file, void *context);

struct logfile {
	const char *path; /* stays the owner's; "-": stdout, where a slow reader holds up the writer */
	logfile_begin_fn *begin;
	void *context;
	int fd; /* -1: it could not be opened again */
	int error; /* -errno: why */
	off_t torn; /* where a part of a record begins that could not be taken back, -1: nowhere */
};

/*
 * Makes the file when it is not there, for owner and group alone. path, begin and context are
 * set. 0; -ELOOP: a symbolic link; -ENXIO: no regular file; -EBUSY: another process writes it;
 * what begin returned; -errno. A full disk is no failure: logfile_tick() tries again.
 */
int logfile_open(struct logfile *file);
void logfile_close(struct logfile *file);

/* All of it or nothing. 0; -ENOSPC; -errno. */
int logfile_append(struct logfile *file, const void *data, size_t len);

/* Where another file, or none, has taken its place: opens it again. For once a second. */
void logfile_tick(struct logfile *file);

/* Size in bytes, or -errno. */
off_t logfile_size(const struct logfile *file);

/* Half a sentence for what these returned. */
const char *logfile_why(int error);

#endif
