// SPDX-License-Identifier: GPL-2.0-only
/* For LD_PRELOAD: the wall clock alone is off by as many seconds as the file $CLOCK_OFFSET says. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long result = syscall(SYS_clock_gettime, clock, now), offset = 0;
	FILE *file = clock == CLOCK_REALTIME ? fopen(getenv("CLOCK_OFFSET"), "r") : NULL;

	if (file && fscanf(file, "%ld", &offset) == 1)
		now->tv_sec += offset;
	if (file)
		fclose(file);
	return result;
}
