/* SPDX-License-Identifier: GPL-2.0-only */
/* What the live policy's events hold of their frames. */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

/*
 * A line for each event of what lives in PICKET_PINS, until a signal ends it: "in" or "out", the reason,
 * the frame's length, how many bytes were captured, and these in hex. Returns an exit status.
 */
int print_frames(void);

#endif
