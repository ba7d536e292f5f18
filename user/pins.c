// SPDX-License-Identifier: GPL-2.0-only
#include "pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "output.h"
#include "picket/abi.h"
#include "sha256.h"
#include "writers.h"

#define LOCK_POLL_US 20000
#define MOUNT "mount -t bpf bpf /sys/fs/bpf"

#define RUN_DIR "/run/picket"
#define STATE_DIR "/var/lib/picket"
#define ID_LEN 17

static const char *dir = PINS_DEFAULT_DIR;

const char *pins_dir(void)
{
	return dir;
}

void pins_set_dir(const char *path)
{
	dir = path;
}

/* The directory that DIR lies in. */
static int parent_dir(char path[PATH_MAX])
{
	char *slash;

	if (snprintf(path, PATH_MAX, "%s", dir) >= PATH_MAX)
		return -ENAMETOOLONG;
	while ((slash = strrchr(path, '/')) && slash > path && !slash[1])
		*slash = '\0';
	if (!slash)
		strcpy(path, ".");
	else
		slash[slash == path] = '\0';
	return 0;
}

/* Sixteen hex digits that are this directory's; "" for the usual one. */
static const char *dir_id(char id[ID_LEN])
{
	char hex[SHA256_HEX_LEN];
	struct sha256_ctx sha;

	id[0] = '\0';
	if (strcmp(pins_dir(), PINS_DEFAULT_DIR)) {
		sha256_init(&sha);
		sha256_add(&sha, pins_dir(), strlen(pins_dir()));
		sha256_hex(&sha, hex);
		memcpy(id, hex, ID_LEN - 1);
		id[ID_LEN - 1] = '\0';
	}
	return id;
}

const char *pins_socket(char path[PINS_SOCKET_LEN])
{
	char id[ID_LEN];

	dir_id(id);
	snprintf(path, PINS_SOCKET_LEN, "%s/%s.sock", RUN_DIR, *id ? id : "picket");
	return path;
}

const char *pins_state_dir(char path[PINS_STATE_LEN])
{
	char id[ID_LEN];

	dir_id(id);
	snprintf(path, PINS_STATE_LEN, "%s%s%s", STATE_DIR, *id ? "/" : "", id);
	return path;
}

int pins_possible(void)
{
	char parent[PATH_MAX];
	struct statfs fs;
	int err = parent_dir(parent);

	if (!err && statfs(dir, &fs) && statfs(parent, &fs))
		err = -errno;
	if (err)
		return err;
	return fs.f_type == BPF_FS_MAGIC ? 0 : -ENOTSUP;
}

/* Whoever owns the directory, or a link to it, could take the filter away, or have others' pins removed. */
static int check_owner(void)
{
	struct stat of;

	if (lstat(dir, &of))
		return 0;
	if (S_ISLNK(of.st_mode))
		return fail(-ELOOP, "%s is a symbolic link, and those are not followed: name what it leads to, or "
			    "remove it", dir);
	if (writers_owned(&of) && !writers_others(&of))
		return 0;
	return fail(-EPERM, "%s belongs to another user, or others may write it, who could take the filter away: "
		    "remove it, or name another directory with --pins", dir);
}

int pins_check(void)
{
	int err = pins_possible();

	if (err && err != -ENOTSUP)
		return fail(err, "%s cannot be used for pins: %s; mount a BPF file system with '" MOUNT
			    "', and name a directory on one with --pins", dir, strerror(-err));
	if (!err)
		return check_owner();
	return fail(-ENOTSUP, "%s is not on a BPF file system: mount one with '" MOUNT
		    "', or name a directory on one with --pins", dir);
}

int pins_make_dir(void)
{
	return mkdir(dir, 0700) && errno != EEXIST ? -errno : 0;
}

/* Waits for the lock on an open directory. */
static int wait_for_lock(int fd, int wait_ms)
{
	int left;

	for (left = wait_ms * 1000; flock(fd, LOCK_EX | LOCK_NB); left -= LOCK_POLL_US) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (left <= 0)
			return -EBUSY;
		usleep(LOCK_POLL_US);
	}
	return 0;
}

int pins_lock(int wait_ms, int *fd)
{
	struct stat locked, there;
	int err;

	for (;;) {
		_cleanup_close_ int held = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (held < 0)
			return -errno;
		err = wait_for_lock(held, wait_ms);
		if (err)
			return err;
		if (fstat(held, &locked) || stat(dir, &there))
			return -errno;
		/* Who held it before may have been unload, which removes the directory. */
		if (locked.st_ino == there.st_ino && locked.st_dev == there.st_dev) {
			*fd = take_fd(&held);
			return 0;
		}
	}
}

int pins_path(char path[PATH_MAX], const char *a, const char *b)
{
	int n;

	if (!a)
		n = snprintf(path, PATH_MAX, "%s", dir);
	else if (!b)
		n = snprintf(path, PATH_MAX, "%s/%s", dir, a);
	else
		n = snprintf(path, PATH_MAX, "%s/%s/%s", dir, a, b);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int pins_get(const char *a, const char *b)
{
	char path[PATH_MAX];
	int err = pins_path(path, a, b);

	return err ? err : bpf_obj_get(path);
}

bool pins_has(const char *a, const char *b)
{
	char path[PATH_MAX];

	return !pins_path(path, a, b) && !access(path, F_OK);
}

/* A name with a dot in it is refused by bpffs, hence "_new". */
int pins_put(int fd, const char *a, const char *b)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int err = pins_path(path, a, b);

	if (err)
		return err;
	if (snprintf(fresh, sizeof(fresh), "%s_new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	if (unlink(fresh) && errno != ENOENT)
		return -errno;
	if (bpf_obj_pin(fd, fresh))
		return -errno;
	if (!rename(fresh, path))
		return 0;
	err = -errno;
	unlink(fresh);
	return err;
}

int pins_put_back(int fd, const char *a, const char *b)
{
	char parent[PATH_MAX];
	int err = pins_path(parent, a, NULL);

	if (err || pins_has(a, b))
		return err;
	if (b && mkdir(parent, 0700) && errno != EEXIST)
		return -errno;
	err = pins_put(fd, a, b);
	if (!err)
		warn("the pin %s%s%s was lost, and was put back", parent, b ? "/" : "", b ? b : "");
	return err;
}

int pins_remove(const char *a, const char *b)
{
	char path[PATH_MAX];
	int err = pins_path(path, a, b);

	if (err)
		return err;
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path) && errno != ENOENT ? -errno : 0;
}

int pins_remove_dir(const char *a)
{
	char path[PATH_MAX];
	int err = pins_path(path, a, NULL);

	if (!err)
		err = nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	if (err == -1)
		err = -errno;
	return err == -ENOENT ? 0 : err;
}

int pins_layout(uint32_t *out)
{
	_cleanup_close_ int fd = pins_get("meta", NULL);
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;
	union {
		__u32 layout;
		char bytes[4096]; /* another version's may be larger than struct meta */
	} meta;

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size > sizeof(meta))
		return -EPROTO;
	if (bpf_map_lookup_elem(fd, &zero, &meta))
		return -errno;
	*out = meta.layout;
	return 0;
}
