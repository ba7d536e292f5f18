// SPDX-License-Identifier: GPL-2.0-only
#include "served.h"

#include <stddef.h>
#include <string.h>

static const struct served all[] = {
	{ "status", RIGHT_READ, false },
	{ "devices", RIGHT_READ, false },
	{ "drops", RIGHT_READ, false },
	{ "history", RIGHT_READ, false },
	{ "explain", RIGHT_READ, false },
	{ "audit", RIGHT_READ, false },
	{ "plan", RIGHT_READ, true },
	{ "quarantine", RIGHT_QUARANTINE, false },
	{ "release", RIGHT_QUARANTINE, false },
	{ "apply", RIGHT_APPLY, true },
	{ "confirm", RIGHT_APPLY, false },
	{ "rollback", RIGHT_APPLY, false },
};

const struct served *served_find(const char *command)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!strcmp(all[i].command, command))
			return &all[i];
	}
	return NULL;
}

const char *served_method(const struct served *served)
{
	return served->right == RIGHT_READ && !served->takes_policy ? "GET" : "POST";
}

const char *right_name(enum right right)
{
	return right == RIGHT_READ ? "read" : right == RIGHT_QUARANTINE ? "quarantine" : "apply";
}
