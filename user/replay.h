/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several captures as one stream of frames in the order of their timestamps. Ties go in the
 * order of the inputs; within a capture its own order holds, whatever its timestamps say.
 */
#ifndef PICKET_REPLAY_H
#define PICKET_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "pcap.h"

/* "lan0=FILE" or "out:lan0=FILE" */
struct replay_input {
	char *name; /* "lan0" or "out:lan0" */
	const char *interface; /* the name without "out:"; points into it */
	bool out; /* frames that the gateway sends */
	const char *path; /* points into the argument */
};

struct replay_frame {
	const struct replay_input *input;
	struct capture_frame frame; /* valid until the next call */
};

struct replay;

/* 0 and *out, whose name is to be freed; -EINVAL when it reads otherwise; -ENOMEM. */
int replay_parse_input(const char *argument, struct replay_input *out);

/* 0 and *out; -errno with a sentence in error, as capture_open(). inputs must outlive *out. */
int replay_open(const struct replay_input *inputs, size_t n, struct replay **out,
		char error[CAPTURE_ERROR_SIZE]);

/* 1 and *out; 0 when all are at their end; -EINVAL with a sentence in error. */
int replay_next(struct replay *replay, struct replay_frame *out, char error[CAPTURE_ERROR_SIZE]);

void replay_close(struct replay *replay);

#endif
