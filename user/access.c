// SPDX-License-Identifier: GPL-2.0-only
#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "cleanup.h"
#include "output.h"
#include "parse.h"
#include "source.h"

#define GROUPS_MOST 65536 /* NGROUPS_MAX */
#define LOOKUP_ROOM 16384 /* bytes of an entry of the groups' or users' database, unless it says otherwise */
#define NAME_LEN 96
#define SAID_AT_ONCE 10
#define SAID_EVERY 6 /* seconds for one more */

struct grant {
	gid_t group;
	unsigned int rights;
};

struct grant_list {
	struct grant *list;
	size_t n;
};

struct access {
	const char *path;
	pthread_mutex_t lock; /* of what follows */
	struct grant_list grants;
	struct stat seen; /* of the file that was read last; st_ino 0: there was none */
	unsigned int said, unsaid; /* refusals: lately, and that were not since */
	time_t said_at; /* CLOCK_MONOTONIC, s: said was one less from here on */
};

/* ---- callers ---- */

int caller_of(int socket, struct caller *out)
{
	_cleanup_free_ gid_t *groups = NULL;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	*out = (struct caller){ .uid = (uid_t)-1, .gid = (gid_t)-1 };
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	len = GROUPS_MOST * sizeof(*groups);
	groups = malloc(len);
	if (!groups)
		return -ENOMEM;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return -errno;
	*out = (struct caller){ .uid = cred.uid, .gid = cred.gid, .ngroups = len / sizeof(*groups) };
	out->groups = out->ngroups ? reallocarray(groups, out->ngroups, sizeof(*groups)) : NULL;
	if (out->groups)
		groups = NULL;
	else
		out->ngroups = 0;
	return 0;
}

static bool is_in(const struct caller *caller, gid_t group)
{
	bool found = caller->gid == group;

	for (size_t i = 0; i < caller->ngroups; i++)
		found |= caller->groups[i] == group;
	return found;
}

unsigned int access_rights(struct access *access, const struct caller *caller)
{
	unsigned int rights = caller->uid ? 0 : RIGHTS_ALL;

	pthread_mutex_lock(&access->lock);
	for (size_t i = 0; i < access->grants.n; i++) {
		if (is_in(caller, access->grants.list[i].group))
			rights |= access->grants.list[i].rights;
	}
	pthread_mutex_unlock(&access->lock);
	return rights;
}

const char *access_path(const struct access *access)
{
	return access->path;
}

/* ---- the file ---- */

static void read_rights(struct parse *parse, const struct node *key, const struct node *value, unsigned int *rights)
{
	static const char *const words[] = { "read", "quarantine", "apply" };
	const struct text *texts;
	size_t n, choice;

	if (!parse_texts(parse, key, value, &texts, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (value_choice(parse->diag, &texts[i], words, 3, &choice))
			*rights |= 1U << choice;
	}
}

static void read_group(struct parse *parse, const struct node *key, const struct node *value, struct grant *grant)
{
	_cleanup_free_ char *room = malloc(LOOKUP_ROOM);
	struct group entry, *found = NULL;
	int err = room ? getgrnam_r(key->text, &entry, room, LOOKUP_ROOM, &found) : ENOMEM;

	read_rights(parse, key, value, &grant->rights);
	if (found)
		grant->group = found->gr_gid;
	else if (err && err != ENOENT && err != ESRCH)
		diag_error(parse->diag, node_loc(key), "group \"%.64s\" cannot be looked up: %s", key->text,
			   strerror(err));
	else
		diag_error(parse->diag, node_loc(key), "there is no group \"%.64s\" on this host: 'groupadd' makes one",
			   key->text);
}

static int read_groups(struct parse *parse, const struct node *root, struct grant_list *out)
{
	static const struct node top = { .text = "access", .kind = NODE_SCALAR };

	if (!parse_mapping(parse, &top, root))
		return parse->diag->nerrors ? -EINVAL : 0;
	out->list = calloc(root->n + 1, sizeof(*out->list));
	if (!out->list)
		return -ENOMEM;
	for (uint32_t i = 0; i < root->n; i++)
		read_group(parse, &root->items[2 * i], &root->items[2 * i + 1], &out->list[out->n++]);
	return parse->diag->nerrors ? -EINVAL : parse->out_of_memory ? -ENOMEM : 0;
}

/* Whoever may write it may give himself what he likes. Of the file that is then read, not of its name. */
static int check_owner(int fd, const char *path)
{
	struct stat stat;

	if (fstat(fd, &stat))
		return fail(-errno, "%s cannot be read: %s", path, strerror(errno));
	if (stat.st_uid)
		return fail(-EPERM, "%s belongs to another user than root: 'chown root %s'", path, path);
	if (stat.st_mode & (S_IWGRP | S_IWOTH))
		return fail(-EPERM, "%s can be written by others than root: 'chmod go-w %s'", path, path);
	return 0;
}

static int read_grants(int fd, const char *path, struct diag *diag, struct grant_list *out)
{
	struct source_file source __attribute__((cleanup(source_cleanup))) = {};
	struct arena arena __attribute__((cleanup(arena_free))) = {};
	struct parse parse = { .diag = diag, .arena = &arena };
	const struct node *root;
	int err = source_read_fd(fd, path, &source);

	if (err)
		return fail(err, "%s cannot be read: %s", path, strerror(-err));
	err = diag_share_files(diag, &source, 1);
	if (!err)
		err = yaml_read(&source, 0, &arena, diag, &root);
	return err ? err : read_groups(&parse, root, out);
}

/* 0 and *out, whose list the caller frees; -errno, said. */
static int read_file(const char *path, struct grant_list *out)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct diag *diag __attribute__((cleanup(diag_cleanup))) = diag_new();
	struct grant_list grants = {};
	int err = fd < 0 ? fail(-errno, "%s cannot be read: %s", path, strerror(errno)) : check_owner(fd, path);

	if (!err)
		err = diag ? read_grants(fd, path, diag, &grants) : -ENOMEM;
	if (diag && diag->nerrors) {
		diag_sort(diag);
		diag_print(diag, stderr);
	}
	if (err)
		free(grants.list);
	else
		*out = grants;
	return err;
}

static void put(struct access *access, const struct grant_list *grants)
{
	pthread_mutex_lock(&access->lock);
	free(access->grants.list);
	access->grants = *grants;
	pthread_mutex_unlock(&access->lock);
}

static void read_again(struct access *access, const struct stat *stat)
{
	struct grant_list grants = {};

	access->seen = *stat;
	if (!stat->st_ino) {
		put(access, &grants);
		notice("%s is not there any more: root alone may use the socket", access->path);
	} else if (read_file(access->path, &grants)) {
		warn("%s is not valid: who may use the socket stays as it was%s", access->path,
		     access->grants.list ? "" : ", root alone");
	} else {
		put(access, &grants);
		notice("%s lets %zu group%s use the socket", access->path, grants.n, grants.n == 1 ? "" : "s");
	}
}

/* st_ino 0: it is not there. */
static struct stat look_at(const struct access *access)
{
	struct stat now = {};

	if (stat(access->path, &now))
		now = (struct stat){};
	return now;
}

void access_check(struct access *access)
{
	struct stat now = look_at(access), *seen = &access->seen;

	if (now.st_ino == seen->st_ino && now.st_dev == seen->st_dev && now.st_size == seen->st_size &&
	    now.st_mtim.tv_sec == seen->st_mtim.tv_sec && now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec &&
	    now.st_ctim.tv_sec == seen->st_ctim.tv_sec && now.st_ctim.tv_nsec == seen->st_ctim.tv_nsec)
		return;
	read_again(access, &now);
}

void access_reload(struct access *access)
{
	struct stat now = look_at(access);

	if (now.st_ino || access->seen.st_ino)
		read_again(access, &now);
}

int access_new(const char *path, bool must, struct access **out)
{
	struct access *access = calloc(1, sizeof(*access));

	if (!access)
		return -ENOMEM;
	access->path = path;
	pthread_mutex_init(&access->lock, NULL);
	access_check(access);
	if (!access->seen.st_ino && must)
		warn("%s is not there: root alone may use the socket", path);
	*out = access;
	return 0;
}

void access_free(struct access *access)
{
	if (!access)
		return;
	free(access->grants.list);
	pthread_mutex_destroy(&access->lock);
	free(access);
}

/* ---- the log ---- */

/* "8001 (alice)" */
static const char *user_name(uid_t uid, char name[NAME_LEN])
{
	_cleanup_free_ char *room = malloc(LOOKUP_ROOM);
	struct passwd entry, *found = NULL;

	if (room)
		getpwuid_r(uid, &entry, room, LOOKUP_ROOM, &found);
	snprintf(name, NAME_LEN, "%llu (%s)", (unsigned long long)uid, found ? found->pw_name : "?");
	return name;
}

/* How many were not said before this one; -1: nor is this. */
static long may_say(struct access *access)
{
	struct timespec now;
	long unsaid = -1;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&access->lock);
	while (access->said && now.tv_sec - access->said_at >= SAID_EVERY) {
		access->said--;
		access->said_at += SAID_EVERY;
	}
	if (!access->said)
		access->said_at = now.tv_sec;
	if (access->said < SAID_AT_ONCE) {
		access->said++;
		unsaid = access->unsaid;
		access->unsaid = 0;
	} else {
		access->unsaid++;
	}
	pthread_mutex_unlock(&access->lock);
	return unsaid;
}

void access_refused(struct access *access, const struct caller *caller, const char *what)
{
	long unsaid = may_say(access);
	char name[NAME_LEN];

	if (unsaid > 0)
		warn("%ld more were refused at the socket", unsaid);
	if (unsaid >= 0)
		warn("user %s was refused at the socket: %s", user_name(caller->uid, name), what);
}

void access_done(uid_t uid, const char *command, int status)
{
	char name[NAME_LEN];

	notice("user %s ran '%s' at the socket: exit status %d", user_name(uid, name), command, status);
}
