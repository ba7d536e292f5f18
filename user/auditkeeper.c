// SPDX-License-Identifier: GPL-2.0-only
#include "auditkeeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output.h"

#define SAVE_SECONDS 60

struct auditkeeper {
	struct auditbook *book;
	uint64_t saved; /* changes that the file has */
	uint64_t lost_before, lost; /* events: of earlier readers, of this one */
	unsigned int ticks; /* since it was written */
	bool failing; /* to write it, which was said */
};

static int64_t unix_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int auditkeeper_new(struct auditkeeper **out)
{
	struct auditkeeper *keeper = calloc(1, sizeof(*keeper));
	int err = keeper ? auditbook_load(&keeper->book) : -ENOMEM;

	if (keeper && err && err != -ENOMEM) {
		if (err != -ENOENT)
			warn("what passed as audit before is not known, and counted from now on: %s",
			     err == -EINVAL ? "audit.json is damaged" : strerror(-err));
		err = auditbook_new(unix_now(), &keeper->book);
	}
	if (err) {
		free(keeper);
		return err;
	}
	keeper->lost_before = auditbook_sum(keeper->book).lost;
	*out = keeper;
	return 0;
}

struct auditbook *auditkeeper_book(const struct auditkeeper *keeper)
{
	return keeper->book;
}

static void save(struct auditkeeper *keeper)
{
	uint64_t changes = auditbook_sum(keeper->book).changes;
	int err;

	keeper->ticks = 0;
	if (changes == keeper->saved)
		return;
	err = auditbook_save(keeper->book);
	if (!err)
		keeper->saved = changes;
	if (err && !keeper->failing)
		warn("what passes as audit cannot be written down, and is forgotten when this ends: %s", strerror(-err));
	keeper->failing = err;
}

void auditkeeper_tick(struct auditkeeper *keeper, uint64_t lost)
{
	keeper->lost = lost;
	auditbook_lose(keeper->book, keeper->lost_before + lost);
	if (++keeper->ticks >= SAVE_SECONDS)
		save(keeper);
}

void auditkeeper_reopened(struct auditkeeper *keeper)
{
	keeper->lost_before += keeper->lost;
	keeper->lost = 0;
}

void auditkeeper_free(struct auditkeeper *keeper)
{
	if (!keeper)
		return;
	save(keeper);
	auditbook_free(keeper->book);
	free(keeper);
}
