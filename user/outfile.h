/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that is there whole or not at all: written without a name, and put in its place at the end. What
 * is no regular file (/dev/null, a pipe) is written as it is.
 */
#ifndef PICKET_OUTFILE_H
#define PICKET_OUTFILE_H

#include <stddef.h>

struct outfile;

/* path must outlive *out. 0 and *out, or -errno, said on stderr. */
int outfile_open(const char *path, struct outfile **out);
/* Puts it in place and frees it in either case. 0, or -errno, said on stderr. */
int outfile_commit(struct outfile *file, const char *text);
/* Leaves what was there. NULL is fine. */
void outfile_abandon(struct outfile *file);

/* Writes all of it, to any descriptor. 0 or -errno. */
int write_all(int fd, const void *bytes, size_t len);

#endif
