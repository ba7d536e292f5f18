// SPDX-License-Identifier: GPL-2.0-only
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

struct outfile {
	const char *path; /* as it was given */
	char target[PATH_MAX]; /* what a link leads to */
	char temporary[PATH_MAX + 8]; /* "": there is none */
	bool direct; /* what is written needs no other name first: a terminal, a pipe, /dev/null */
	int fd;
};

/*
 * Without a name, so that nothing is left of it whatever ends this process; with one where the file
 * system has no such files.
 */
static int open_nameless(struct outfile *file, const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL))
		return fd < 0 ? -errno : fd;
	snprintf(file->temporary, sizeof(file->temporary), "%s.XXXXXX", file->target);
	fd = mkostemp(file->temporary, O_CLOEXEC);
	if (fd < 0)
		file->temporary[0] = '\0';
	return fd < 0 ? -errno : fd;
}

/* What is there already says how it is written. */
static int find_target(struct outfile *file, const char *path)
{
	struct stat stat_of;

	if (!*path)
		return -ENOENT;
	if (stat(path, &stat_of)) {
		if (errno != ENOENT)
			return -errno;
		strcpy(file->target, path);
		return 0;
	}
	if (S_ISDIR(stat_of.st_mode))
		return -EISDIR;
	file->direct = !S_ISREG(stat_of.st_mode);
	if (file->direct)
		strcpy(file->target, path);
	else if (!realpath(path, file->target))
		return -errno;
	return 0;
}

static int open_file(struct outfile *file, const char *path)
{
	char dir[PATH_MAX], *slash;
	int fd, err = strlen(path) >= PATH_MAX ? -ENAMETOOLONG : find_target(file, path);

	if (err)
		return err;
	if (file->direct) {
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return fd < 0 ? -errno : fd;
	}
	strcpy(dir, file->target);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	return open_nameless(file, slash ? dir : ".");
}

int outfile_open(const char *path, struct outfile **out)
{
	struct outfile *file = calloc(1, sizeof(*file));
	mode_t mask = umask(0);

	umask(mask);
	if (!file)
		return fail(-ENOMEM, "out of memory");
	file->path = path;
	file->fd = open_file(file, path);
	if (file->fd < 0) {
		int err = file->fd;

		free(file);
		return fail(err, "'%s' cannot be written: %s", path, strerror(-err));
	}
	if (!file->direct)
		fchmod(file->fd, 0666 & ~mask);
	*out = file;
	return 0;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		left -= n > 0 ? n : 0;
	}
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

/* Gives a nameless file a name of its own, which rename() takes over what was there. */
static int give_name(struct outfile *file)
{
	char self[32];
	int err = -EEXIST;

	if (*file->temporary)
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	for (unsigned int i = 0; i < 1000 && err == -EEXIST; i++) {
		snprintf(file->temporary, sizeof(file->temporary), "%s.%03u", file->target, i);
		err = linkat(AT_FDCWD, self, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) ? -errno : 0;
	}
	if (err)
		file->temporary[0] = '\0';
	return err;
}

int outfile_commit(struct outfile *file, const char *text)
{
	const char *path = file->path;
	int err = write_all(file->fd, text);

	if (!err && !file->direct)
		err = give_name(file);
	if (!err && !file->direct && rename(file->temporary, file->target))
		err = -errno;
	if (!err)
		file->temporary[0] = '\0';
	outfile_abandon(file);
	return err ? fail(err, "'%s' cannot be written: %s", path, strerror(-err)) : 0;
}

void outfile_abandon(struct outfile *file)
{
	if (!file)
		return;
	if (*file->temporary)
		unlink(file->temporary);
	close(file->fd);
	free(file);
}
