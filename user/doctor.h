/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a host and its interfaces are fit for picket: findings, each fine or with what mends it. */
#ifndef PICKET_DOCTOR_H
#define PICKET_DOCTOR_H

#include "live.h"
#include "output.h"
#include "policy.h"

struct doctor {
	struct output *out; /* with a list open that takes objects */
	const struct policy *policy; /* that is meant to run here; NULL: not known */
	unsigned int bad; /* findings that keep picket from working */
};

/* Kernel, permissions, file system, clock, memory. */
void doctor_host(struct doctor *doctor);

/* One interface: driver, MTU, offloads, queues, other programs. */
void doctor_interface(struct doctor *doctor, const char *interface);

enum finding { FINDING_OK, FINDING_WARNING, FINDING_BAD };

/* Adds one. about: "kernel", "lan0"; mend: a command or what to do, NULL: nothing. */
__attribute__((format(printf, 5, 6)))
void doctor_add(struct doctor *doctor, enum finding finding, const char *about, const char *mend,
		const char *format, ...);

#endif
