/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy that a client of the daemon's socket sent: its sources, packed by zlib as struct packed has them. */
#ifndef PICKET_RECEIVE_H
#define PICKET_RECEIVE_H

#include "diag.h"
#include "policy.h"

/* What is unpacked may be so large. */
#define RECEIVE_LARGEST (512UL << 20)

/*
 * Reads stdin to its end, and parses. packing NULL: they are not packed again, else it is to be finished before
 * the policy is freed. Nothing of what the client says of them is taken on trust. As policy_load(); what is no
 * packed policy is an error of diag's, and -EINVAL.
 */
int policy_receive(struct diag *diag, struct policy **out, struct packing **packing);

#endif
