// SPDX-License-Identifier: GPL-2.0-only
#include "actor.h"

#include <stdlib.h>
#include <unistd.h>

bool actor_is_client(void)
{
	return getenv(ACTOR_VARIABLE);
}

uint32_t actor_uid(void)
{
	const char *uid = getenv(ACTOR_VARIABLE);

	return uid ? strtoul(uid, NULL, 10) : getuid();
}
