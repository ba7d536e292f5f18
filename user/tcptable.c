// SPDX-License-Identifier: GPL-2.0-only
#include "tcptable.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

#define ESTABLISHED 1
#define LINE "%*s %32[0-9A-F]:%" SCNx16 " %32[0-9A-F]:%" SCNx16 " %x %*s %*s %*s %*s %*s %" SCNu64

static void file_cleanup(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* The kernel prints each word of 32 bits as this machine reads it. */
static bool read_addr(const char *hex, struct picket_addr *out)
{
	struct picket_addr addr = { .w = { [2] = htonl(0xffff) } };
	size_t n = strlen(hex) / 8;

	if (n != 1 && n != 4)
		return false;
	for (size_t i = 0; i < n; i++)
		if (sscanf(hex + 8 * i, "%8" SCNx32, &addr.w[4 - n + i]) != 1)
			return false;
	*out = addr;
	return true;
}

static int walk_file(const char *path, tcp_connection_fn *fn, void *context)
{
	FILE *file __attribute__((cleanup(file_cleanup))) = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!file)
		return errno == ENOENT ? 0 : -errno; /* there is no IPv6 */
	while (getline(&line, &size, file) > 0) {
		struct tcp_connection c = { .inode = 0 };
		char local[33], remote[33];
		unsigned int state;

		if (sscanf(line, LINE, local, &c.local_port, remote, &c.remote_port, &state, &c.inode) == 6 &&
		    state == ESTABLISHED && read_addr(local, &c.local) && read_addr(remote, &c.remote))
			fn(&c, context);
	}
	return ferror(file) ? -EIO : 0;
}

int tcptable_walk(tcp_connection_fn *fn, void *context)
{
	int err = walk_file("/proc/self/net/tcp", fn, context);

	return err ? err : walk_file("/proc/self/net/tcp6", fn, context);
}
