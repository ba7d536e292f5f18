/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the live policy says of one device that the maps do not. It takes parsing the policy, a second and
 * more for a million devices, and so is read in the background.
 */
#ifndef PICKET_TOP_FACTS_H
#define PICKET_TOP_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTS_TEXT 512
#define FACTS_ASSIGNED 8

/* A role that it has by its place, and when. */
struct assigned {
	char role[64];
	int64_t from, until; /* Unix ns; until is exclusive */
};

struct facts {
	char addresses[FACTS_TEXT]; /* one after another, as many as fit */
	char space[FACTS_TEXT]; /* "": nowhere */
	struct assigned assigned[FACTS_ASSIGNED];
	size_t nassigned;
};

struct facts_job;

/* Begins to read; NULL: it cannot. */
struct facts_job *facts_ask(const char *device);

/* Once they are read: true, *out, and the job is over. Empty: it is not listed, or cannot be read. */
bool facts_answer(struct facts_job **job, struct facts *out);

/* They are not wanted any more. Nothing, when *job is NULL. */
void facts_forget(struct facts_job **job);

#endif
