/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of frames, run line by line:
 *
 *	policy … end            a policy; what follows runs against it, from nothing
 *	include FILE            its lines, from the table's own folder
 *	fresh                   the same policy, from nothing
 *	let NAME WORDS          $NAME stands for WORDS
 *	quarantine DEVICE       from now on
 *	case TEXT               what the next lines show
 *	refused WHO send|receive flows|packets|bytes PACKETS BYTES
 *	                        so far, by this bucket of a device or segment, and the last just now
 *	buckets N               so many have refused anything
 *	crowd                   others have, so that there is no room for more
 *	[+TIME] [NAME:] PORT WORDS => VERDICT REASON DEVICE SEGMENT
 *
 * The clock starts at 2026-12-01T12:00:00Z and goes on by TIME (5s, 20ms, 7ns; 100ms when left
 * out). PORT may be out:PORT. WORDS are script.h's. "-" is none; DEVICE with > before it is
 * one that the frame is to.
 */
#ifndef TEST_RUNNER_H
#define TEST_RUNNER_H

struct runner {
	const char *path;
	int line;
	unsigned int frames, failures;
};

/* Runs the table at path. 0, -EINVAL where it does not read, -errno. Failures are printed and counted. */
int run_table(struct runner *runner);

#endif
