// SPDX-License-Identifier: GPL-2.0-only
#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor.h"
#include "cleanup.h"
#include "writers.h"

/* Non-blocking for the sake of what is no regular file, and refused. */
#define OPEN_FLAGS (O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)

static bool is_stdout(const struct logfile *file)
{
	return !strcmp(file->path, "-");
}

off_t logfile_size(const struct logfile *file)
{
	struct stat st;

	return fstat(file->fd, &st) ? -errno : st.st_size;
}

static int open_path(const char *path)
{
	_cleanup_close_ int fd = actor_is_client() ? -1 : open(path, OPEN_FLAGS, 0640);
	struct stat st;

	if (actor_is_client())
		return -EPERM; /* the client may not write there */
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	if (!writers_owned(&st) || st.st_nlink > 1)
		return -EMLINK;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return take_fd(&fd);
}

static int open_stdout(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int logfile_open(struct logfile *file)
{
	file->torn = -1;
	file->fd = is_stdout(file) ? open_stdout() : open_path(file->path);
	file->error = file->fd < 0 ? file->fd : file->begin(file, file->context);
	if (file->error)
		logfile_close(file);
	if ((file->error == -ENOSPC || file->error == -EDQUOT) && !is_stdout(file))
		return 0;
	return file->error;
}

void logfile_close(struct logfile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

static int mend(struct logfile *file)
{
	if (file->torn < 0)
		return 0;
	if (ftruncate(file->fd, file->torn) || lseek(file->fd, file->torn, SEEK_SET) < 0)
		return -errno;
	file->torn = -1;
	return 0;
}

int logfile_append(struct logfile *file, const void *data, size_t len)
{
	int err = file->fd < 0 ? file->error : mend(file);
	ssize_t n;

	if (err)
		return err;
	n = write(file->fd, data, len);
	if (n == (ssize_t)len)
		return 0;
	err = n < 0 ? -errno : -ENOSPC;
	if (n > 0) {
		file->torn = lseek(file->fd, 0, SEEK_CUR) - n;
		mend(file);
	}
	return err;
}

static bool in_place(const struct logfile *file)
{
	struct stat here, there;

	return file->fd >= 0 && !fstat(file->fd, &here) && !lstat(file->path, &there) &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

void logfile_tick(struct logfile *file)
{
	if (is_stdout(file) || in_place(file))
		return;
	logfile_close(file);
	logfile_open(file);
}

const char *logfile_why(int error)
{
	switch (error) {
	case -ELOOP:
		return "it is a symbolic link, and those are not followed";
	case -ENXIO:
		return "it is no regular file";
	case -EMLINK:
		return "it belongs to another user, or has another name besides (a hard link)";
	case -EBUSY:
		return "another process is writing it";
	default:
		return strerror(-error);
	}
}
