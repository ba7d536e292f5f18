// SPDX-License-Identifier: GPL-2.0-only
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "cleanup.h"
#include "output.h"
#include "pins.h"
#include "policy.h"
#include "writers.h"

#define FILE_NAME "history.jsonl"
#define LOGIN_UNSET 4294967295LL /* the kernel's word for nobody */

static int make_dir(const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

int history_dir(void)
{
	char path[PINS_STATE_LEN], *slash;
	_cleanup_close_ int fd = -1;
	struct stat of;
	int err;

	pins_state_dir(path);
	err = make_dir(path);
	if (err == -ENOENT) { /* one of another pin directory's lies below the usual one */
		slash = strrchr(path, '/');
		*slash = '\0';
		err = make_dir(path);
		*slash = '/';
		if (!err)
			err = make_dir(path);
	}
	if (err)
		return err;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &of))
		return -errno;
	return writers_owned(&of) && !writers_others(&of) ? take_fd(&fd) : HISTORY_NOT_OURS;
}

const char *history_why(int error)
{
	return error == HISTORY_NOT_OURS ? "its directory belongs to another user, or others may write it: 'chown root' and "
				 "'chmod 700' make it root's again" : strerror(-error);
}

uint64_t history_id(void)
{
	uint64_t id = 0;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = time(NULL);
	return id >> 1 | 1; /* JSON's integers are signed */
}

static int64_t login_uid(void)
{
	_cleanup_close_ int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char text[24] = "";
	long long uid;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || sscanf(text, "%lld", &uid) != 1)
		return -1;
	return uid == LOGIN_UNSET ? -1 : uid;
}

static void put_string(json_t *line, const char *key, const char *value)
{
	if (value)
		json_object_set_new(line, key, json_string(value));
}

static char *line_of(const struct history_entry *entry)
{
	json_t *line = json_object();
	char *text;

	json_object_set_new(line, "time", json_integer(entry->time));
	put_string(line, "action", entry->action);
	put_string(line, "result", entry->result);
	json_object_set_new(line, "id", json_integer(entry->id));
	json_object_set_new(line, "uid", json_integer(entry->uid));
	json_object_set_new(line, "login_uid", json_integer(entry->login_uid));
	if (entry->socket)
		json_object_set_new(line, "socket", json_true());
	put_string(line, "policy", entry->policy);
	put_string(line, "hash", entry->hash);
	put_string(line, "device", entry->device);
	if (entry->until)
		json_object_set_new(line, "until", json_integer(entry->until));
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(line);
	return text;
}

/* A line that an earlier end of the disk cut short is closed first. */
static bool ends_in_a_line(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last;

	return size <= 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n';
}

static int append(const char *text)
{
	_cleanup_close_ int dir = history_dir();
	_cleanup_close_ int fd = dir < 0 ? -1 : openat(dir, FILE_NAME, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC |
							O_NOFOLLOW, 0600);
	_cleanup_free_ char *line = NULL;
	int len;
	ssize_t n;

	if (fd < 0)
		return dir < 0 ? dir : -errno;
	len = asprintf(&line, "%s%s\n", ends_in_a_line(fd) ? "" : "\n", text);
	if (len < 0)
		return -ENOMEM;
	n = write(fd, line, len);
	if (n != len)
		return n < 0 ? -errno : -ENOSPC;
	return fsync(fd) ? -errno : 0;
}

int history_add(const struct history_entry *entry)
{
	struct history_entry whole = *entry;
	_cleanup_free_ char *text = NULL;
	char path[PINS_STATE_LEN];
	struct timespec now;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	whole.time = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	whole.uid = actor_uid();
	whole.login_uid = actor_is_client() ? -1 : login_uid();
	whole.socket = actor_is_client();
	text = line_of(&whole);
	err = text ? append(text) : -ENOMEM;
	if (err)
		warn("this is not in the history (%s/" FILE_NAME "): %s", pins_state_dir(path), history_why(err));
	return err;
}

static const char *string_of(const json_t *line, const char *key)
{
	return json_string_value(json_object_get(line, key));
}

static int64_t number_of(const json_t *line, const char *key)
{
	return json_integer_value(json_object_get(line, key));
}

static int read_line(const char *text, history_fn *fn, void *context)
{
	json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	struct history_entry entry = {
		.id = number_of(line, "id"), .time = number_of(line, "time"), .action = string_of(line, "action"),
		.result = string_of(line, "result"), .policy = string_of(line, "policy"),
		.hash = string_of(line, "hash"), .device = string_of(line, "device"),
		.until = number_of(line, "until"), .uid = number_of(line, "uid"),
		.login_uid = number_of(line, "login_uid"),
		.socket = json_is_true(json_object_get(line, "socket")),
	};
	int err = entry.action && entry.result ? fn(&entry, context) : 0;

	json_decref(line);
	return err;
}

int history_read(history_fn *fn, void *context)
{
	_cleanup_close_ int dir = history_dir();
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *file;
	int fd, err = 0;

	if (dir < 0)
		return dir;
	fd = openat(dir, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && getline(&text, &size, file) > 0)
		err = read_line(text, fn, context);
	fclose(file);
	return err;
}
