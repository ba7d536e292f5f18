// SPDX-License-Identifier: GPL-2.0-only
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

struct outfile {
	const char *path;
	char temporary[PATH_MAX];
	int fd;
};

int outfile_open(const char *path, struct outfile **out)
{
	struct outfile *file = calloc(1, sizeof(*file));
	mode_t mask = umask(0);
	int err;

	umask(mask);
	if (!file)
		return fail(-ENOMEM, "out of memory");
	file->path = path;
	if (snprintf(file->temporary, sizeof(file->temporary), "%s.XXXXXX", path) >= PATH_MAX) {
		free(file);
		return fail(-ENAMETOOLONG, "%s: the name is too long", path);
	}
	file->fd = mkostemp(file->temporary, O_CLOEXEC);
	if (file->fd < 0) {
		err = -errno;
		free(file);
		return fail(err, "%s cannot be written: %s", path, strerror(-err));
	}
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

int outfile_commit(struct outfile *file, const char *text)
{
	const char *path = file->path;
	int err = write_all(file->fd, text);

	if (!err && rename(file->temporary, path))
		err = -errno;
	if (err) {
		outfile_abandon(file);
		return fail(err, "%s cannot be written: %s", path, strerror(-err));
	}
	close(file->fd);
	free(file);
	return 0;
}

void outfile_abandon(struct outfile *file)
{
	if (!file)
		return;
	unlink(file->temporary);
	close(file->fd);
	free(file);
}
