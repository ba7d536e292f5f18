// SPDX-License-Identifier: GPL-2.0-only
#include "archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "history.h"
#include "outfile.h"
#include "source.h"

#define DIR_NAME "policies"
#define MAGIC "picket policy 1\n"
#define TEMPORARY "new"

/* Before the packed sources. */
struct header {
	char magic[16];
	uint64_t len, unpacked;
	char hash[72];
};

static int archive_dir(void)
{
	_cleanup_close_ int state = history_dir();
	int fd;

	if (state < 0)
		return state;
	if (mkdirat(state, DIR_NAME, 0700) && errno != EEXIST)
		return -errno;
	fd = openat(state, DIR_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int read_all(int fd, void *bytes, size_t len)
{
	while (len) {
		ssize_t n = read(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPROTO;
		bytes = (char *)bytes + n;
		len -= n;
	}
	return 0;
}

/* ---- which there were ---- */

struct listing {
	struct archived *out; /* the oldest first */
	size_t n;
};

/* What made a policy live to stay. */
static bool applied(const struct history_entry *entry)
{
	static const char *const actions[] = { "apply", "rollback", "confirm" };

	if (strcmp(entry->result, "ok") || !entry->hash || !entry->policy)
		return false;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (!strcmp(entry->action, actions[i]))
			return true;
	}
	return false;
}

static int list_entry(const struct history_entry *entry, void *context)
{
	struct listing *list = context;
	struct archived *at;

	if (!applied(entry) || strlen(entry->hash) >= sizeof(at->hash))
		return 0;
	if (list->n && !strcmp(list->out[list->n - 1].hash, entry->hash))
		return 0;
	if (list->n > ARCHIVE_KEPT) {
		memmove(list->out, list->out + 1, ARCHIVE_KEPT * sizeof(*list->out));
		list->n = ARCHIVE_KEPT;
	}
	at = &list->out[list->n++];
	at->time = entry->time;
	snprintf(at->name, sizeof(at->name), "%s", entry->policy);
	strcpy(at->hash, entry->hash);
	return 0;
}

int archive_list(struct archived out[ARCHIVE_KEPT + 1], size_t *n)
{
	struct listing list = { .out = out };
	int err = history_read(list_entry, &list);

	if (err && err != -ENOENT)
		return err;
	for (size_t i = 0; i < list.n / 2; i++) {
		struct archived swap = out[i];

		out[i] = out[list.n - 1 - i];
		out[list.n - 1 - i] = swap;
	}
	*n = list.n;
	return 0;
}

/* ---- keeping ---- */

static bool wanted(const char *name, const struct archived *list, size_t n, const char *fresh)
{
	if (name[0] == '.' || !strcmp(name, fresh))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(name, list[i].hash))
			return true;
	}
	return false;
}

/* Gives up what is beyond the list, but for the one that was just kept. */
static void prune(int dir, const char *fresh)
{
	_cleanup_free_ struct archived *list = calloc(ARCHIVE_KEPT + 1, sizeof(*list));
	int again = dup(dir);
	DIR *stream = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;
	size_t n = 0;

	if (list && stream && !archive_list(list, &n)) {
		while ((entry = readdir(stream))) {
			if (!wanted(entry->d_name, list, n, fresh))
				unlinkat(dir, entry->d_name, 0);
		}
	}
	if (stream)
		closedir(stream);
	else if (again >= 0)
		close(again);
}

static int write_file(int dir, const struct packed *sources)
{
	struct header header = { .len = sources->len, .unpacked = sources->unpacked };
	_cleanup_close_ int fd = openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err;

	if (fd < 0)
		return -errno;
	memcpy(header.magic, MAGIC, sizeof(header.magic));
	strcpy(header.hash, sources->hash);
	err = write_all(fd, &header, sizeof(header));
	if (!err)
		err = write_all(fd, sources->data, sources->len);
	if (!err && fsync(fd))
		err = -errno;
	if (!err && renameat(dir, TEMPORARY, dir, sources->hash))
		err = -errno;
	if (!err && fsync(dir))
		err = -errno;
	if (err)
		unlinkat(dir, TEMPORARY, 0);
	return err;
}

int archive_keep(const struct packed *sources)
{
	_cleanup_close_ int dir = archive_dir();
	int err;

	if (dir < 0)
		return dir;
	err = faccessat(dir, sources->hash, F_OK, 0) ? write_file(dir, sources) : 0;
	if (!err)
		prune(dir, sources->hash);
	return err;
}

int archive_get(const char *hash, struct packed *out)
{
	_cleanup_close_ int dir = archive_dir();
	_cleanup_close_ int fd = dir < 0 ? -1 : openat(dir, hash, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_free_ char *data = NULL;
	struct header header;
	int err;

	if (fd < 0)
		return dir < 0 ? dir : -errno;
	err = read_all(fd, &header, sizeof(header));
	if (err)
		return err;
	header.hash[sizeof(header.hash) - 1] = '\0';
	if (memcmp(header.magic, MAGIC, sizeof(header.magic)) || strcmp(header.hash, hash) ||
	    header.len > SOURCE_LARGEST || header.unpacked > 4 * SOURCE_LARGEST)
		return -EPROTO;
	data = malloc(header.len + 1);
	err = data ? read_all(fd, data, header.len) : -ENOMEM;
	if (err)
		return err;
	*out = (struct packed){ .data = data, .len = header.len, .unpacked = header.unpacked };
	strcpy(out->hash, hash);
	data = NULL;
	return 0;
}
