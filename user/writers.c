// SPDX-License-Identifier: GPL-2.0-only
#include "writers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool writers_owned(const struct stat *stat)
{
	return !stat->st_uid || stat->st_uid == geteuid();
}

bool writers_others(const struct stat *stat)
{
	return stat->st_mode & S_IWOTH || (stat->st_mode & S_IWGRP && stat->st_gid);
}

/* In a sticky one, others may neither remove nor rename what is not theirs. */
static bool replaceable_in(const char *directory)
{
	struct stat of;

	return !stat(directory, &of) && writers_others(&of) && !(of.st_mode & S_ISVTX);
}

/* Of a resolved path: the directories above it, the nearest first. */
static bool replaceable(const char *path, char culprit[PATH_MAX])
{
	char *slash;

	strcpy(culprit, path);
	while ((slash = strrchr(culprit, '/'))) {
		slash[slash == culprit] = '\0';
		if (replaceable_in(culprit))
			return true;
		if (slash == culprit)
			return false;
	}
	return false;
}

/* Where the path itself lies, should it be a link that leads elsewhere. */
static bool link_replaceable(const char *path, char culprit[PATH_MAX])
{
	char directory[PATH_MAX], resolved[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? slash + 1 - path : 0;

	if (len >= sizeof(directory))
		return false;
	memcpy(directory, path, len);
	directory[len] = '\0';
	if (!realpath(len ? directory : ".", resolved) || strlen(resolved) + 2 >= PATH_MAX)
		return false;
	strcat(resolved, "/x");
	return replaceable(resolved, culprit);
}

bool writers_of(const char *path, char culprit[PATH_MAX])
{
	char resolved[PATH_MAX];
	struct stat of;

	if (!realpath(path, resolved) || stat(resolved, &of) || !S_ISREG(of.st_mode))
		return false;
	if (writers_others(&of)) {
		strcpy(culprit, resolved);
		return true;
	}
	return replaceable(resolved, culprit) || link_replaceable(path, culprit);
}
