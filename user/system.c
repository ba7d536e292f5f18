// SPDX-License-Identifier: GPL-2.0-only
#include "system.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "output.h"
#include "served.h"

#define OLDEST_MAJOR 6
#define OLDEST_MINOR 1
#define GRACE_US 100000 /* longer than any packet is under way */

bool kernel_supported(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR);
}

const char *capabilities_missing(uint64_t effective, char buf[CAPABILITIES_LEN])
{
	static const struct {
		unsigned int number;
		bool admin; /* CAP_SYS_ADMIN holds it */
		const char *name;
	} needed[] = {
		{ CAP_BPF, true, "CAP_BPF" },
		{ CAP_NET_ADMIN, false, "CAP_NET_ADMIN" },
		/* Without it the verifier prunes less, and refuses programs of this size. */
		{ CAP_PERFMON, true, "CAP_PERFMON" },
	};
	bool admin = effective >> CAP_SYS_ADMIN & 1;
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (effective >> needed[i].number & 1 || (needed[i].admin && admin))
			continue;
		at += snprintf(buf + at, CAPABILITIES_LEN - at, "%s%s", at ? ", " : "", needed[i].name);
	}
	return buf;
}

/* All of them when the kernel does not say: it has the last word. */
static uint64_t effective_capabilities(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	uint64_t effective = ~0ULL;
	char line[256];

	if (!status)
		return effective;
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "CapEff: %" SCNx64, &effective) == 1)
			break;
	}
	fclose(status);
	return effective;
}

const char *system_capabilities_missing(char buf[CAPABILITIES_LEN])
{
	return capabilities_missing(effective_capabilities(), buf);
}

int system_check(void)
{
	char missing[CAPABILITIES_LEN];
	struct utsname name;

	if (uname(&name))
		return -errno;
	if (!kernel_supported(name.release))
		return fail(-EOPNOTSUPP, "Linux %s is too old: picket needs %d.%d or newer",
			    name.release, OLDEST_MAJOR, OLDEST_MINOR);
	if (*system_capabilities_missing(missing))
		return fail(-EPERM, "this needs %s, which this user does not have: run it as root, "
			    "or grant them; root can also start 'picket run', and let you have most commands in " ACCESS_DEFAULT,
			    missing);
	return 0;
}

void system_wait_for_grace(void)
{
	/* This command waits for an RCU grace period; nohz_full kernels do not have it. */
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(GRACE_US);
}
