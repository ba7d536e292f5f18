/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who else may change a file: what root does by it, he then does for them.
 */
#ifndef PICKET_WRITERS_H
#define PICKET_WRITERS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

/* It belongs to root or to who runs this, and to no other. */
bool writers_owned(const struct stat *stat);

/* It can be written by all, or by a group that is not root's. Everybody may add to a sticky directory: that counts. */
bool writers_others(const struct stat *stat);

/*
 * Whether others may write what a path leads to, or put something else in its place, since a directory above it
 * is theirs to write: *culprit is the file or the directory. What is no regular file, or is not there, is nobody's.
 */
bool writers_of(const char *path, char culprit[PATH_MAX]);

#endif
