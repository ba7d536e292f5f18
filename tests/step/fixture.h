/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy in both readings, and what is expected of each frame and of the counters. */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include "datapath.h"
#include "eval.h"
#include "frame.h"

struct fixture {
	struct policy *policy;
	struct datapath *datapath;
	struct eval *eval;
	struct ring_buffer *ring;
	struct event event; /* the last one */
	unsigned int nevents; /* since the last frame */
	int64_t refused; /* Unix ns of the last frame that was; 0: none was */
};

struct expectation {
	enum verdict verdict;
	enum reason reason;
	uint32_t device, segment; /* rows; 0: none */
	bool receives; /* the device is the one that the frame is to */
};

/* 0 or -errno, said on stderr. */
int fixture_load(struct fixture *fixture, const char *policy_text);
/* Both readings from nothing. */
int fixture_fresh(struct fixture *fixture);
void fixture_free(struct fixture *fixture);

int fixture_quarantine(struct fixture *fixture, uint32_t device);

/*
 * What a bucket refused so far, the last of it at time; row of a device or a segment. 0 when it is so;
 * else 1, with what is not in *why (to be freed).
 */
int fixture_refused(struct fixture *fixture, const struct refusal_key *bucket, const struct tally *want,
		    int64_t time, char **why);
/* How many buckets refused anything. 0 and *n, or -errno. */
int fixture_refusals(struct fixture *fixture, uint64_t *n);
/* Fills what is left of the room for buckets that refused with those of rows that nobody has. 0 or -errno. */
int fixture_crowd(struct fixture *fixture);

/* Runs a frame. 0 when all is as expected; else 1, with what is not in *why (to be freed). */
int fixture_run(struct fixture *fixture, const char *interface, bool out, const struct frame *frame,
		int64_t time, const struct expectation *want, char **why);

#endif
