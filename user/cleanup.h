/* SPDX-License-Identifier: GPL-2.0-only */
/* Variables that give back what they hold when they go out of scope. */
#ifndef PICKET_CLEANUP_H
#define PICKET_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

/* The caller's now. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define _cleanup_close_ __attribute__((cleanup(close_fd)))
#define _cleanup_free_ __attribute__((cleanup(free_pointer)))

#endif
