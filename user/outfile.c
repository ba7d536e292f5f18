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

#include "cleanup.h"
#include "output.h"
#include "writers.h"

#define LINKS_MOST 40 /* as the kernel follows */

struct outfile {
	const char *path; /* as it was given */
	char target[PATH_MAX]; /* what a link leads to */
	char temporary[PATH_MAX + 8]; /* "": there is none */
	mode_t mode; /* of what is there */
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

/* What a link holds, from the directory that it is in. */
static int read_link(int fd, const char *path, char target[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	char text[PATH_MAX];
	ssize_t len = readlinkat(fd, "", text, sizeof(text) - 1);
	int n;

	if (len < 0)
		return -errno;
	text[len] = '\0';
	n = snprintf(target, PATH_MAX, "%.*s%s", *text != '/' && slash ? (int)(slash + 1 - path) : 0, path, text);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/*
 * Where a chain of links ends, which is -ELOOP when one of them is another user's: it could lead anywhere. What a
 * link holds is read from the one that was looked at, should another take its place.
 */
static int follow_links(const char *path, char target[PATH_MAX])
{
	char next[PATH_MAX];
	struct stat of;
	int err = 0;

	strcpy(target, path);
	for (int i = 0; i < LINKS_MOST && !err; i++) {
		_cleanup_close_ int fd = open(target, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &of) || !S_ISLNK(of.st_mode))
			return 0; /* what is wrong with it is seen when it is opened */
		if (!writers_owned(&of))
			return -ELOOP;
		err = read_link(fd, target, next);
		memcpy(target, next, sizeof(next));
	}
	return err ? err : -ELOOP;
}

/* What is there already says how it is written. */
static int find_target(struct outfile *file, const char *path)
{
	struct stat there, target;
	int err = *path ? follow_links(path, file->target) : -ENOENT;

	if (err)
		return err;
	if (stat(path, &there))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(there.st_mode))
		return -EISDIR;
	/* /proc has links to pipes, which only the kernel can follow */
	if (!S_ISFIFO(there.st_mode) && (lstat(file->target, &target) || target.st_ino != there.st_ino ||
					 target.st_dev != there.st_dev))
		return -ELOOP;
	file->mode = there.st_mode & 0777;
	file->direct = !S_ISREG(there.st_mode);
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
		return fail(err, "'%s' cannot be written: %s", path, err == -ELOOP ?
			    "it is a symbolic link of another user's, or one without an end" : strerror(-err));
	}
	/* whoever may write a policy says what is allowed, whatever the umask */
	if (!file->direct)
		fchmod(file->fd, file->mode ? file->mode & 0755 : 0644 & ~mask);
	*out = file;
	return 0;
}

int write_all(int fd, const void *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes = (const char *)bytes + n;
		len -= n;
	}
	return 0;
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
	int err = write_all(file->fd, text, strlen(text));

	if (!err && fsync(file->fd) && errno != EINVAL) /* a pipe has nothing to sync */
		err = -errno;
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
