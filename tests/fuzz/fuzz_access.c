// SPDX-License-Identifier: GPL-2.0-only
/* The file that says who may do what at the daemon's Unix socket, and what it says of some. */
#include <string.h>

#include "access.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gid_t groups[] = { 1, 2 };
	const struct caller root = { .uid = 0, .gid = 0 };
	const struct caller nobody = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	const struct caller member = { .uid = 1000, .gid = 0, .groups = groups, .ngroups = 2 };
	struct access *access;
	char path[160];

	fuzz_put("access.yaml", data, size);
	snprintf(path, sizeof(path), "%s/access.yaml", fuzz_dir());
	require(!access_new(path, true, &access));
	require(access_rights(access, &root) == RIGHTS_ALL);
	require(!access_rights(access, &nobody));
	require(!(access_rights(access, &member) & ~RIGHTS_ALL));
	access_free(access);
	return 0;
}
