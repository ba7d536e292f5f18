/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sources of a policy as its bundle keeps them: hashed, and packed by zlib. A thread of its
 * own does it, because it takes about as long as reading what they say.
 */
#ifndef PICKET_PACKING_H
#define PICKET_PACKING_H

#include <stddef.h>

#include "policy.h"
#include "sha256.h"

struct packed {
	char *data; /* unpacks to, for every file: name, NUL, length (uint64_t), text */
	size_t len, unpacked; /* bytes */
	char hash[SHA256_HEX_LEN]; /* of the texts and of the names of device files */
};

/* Parses them again. 0 and *out; -EINVAL: diag says what is wrong; -EPROTO: they are damaged; -ENOMEM. */
int packed_policy(const struct packed *packed, struct diag *diag, struct policy **out);

/*
 * The files in unpacked sources, which stay there; the caller frees *out. 0; -EPROTO: they are damaged, or none;
 * -ENOMEM.
 */
int unpacked_files(const char *raw, size_t size, struct source_file **out, size_t *n);

struct packing;

/* The policy's files must stay until packing_finish(). 0 and *out, or -ENOMEM. */
int packing_start(const struct policy *policy, struct packing **out);

/* Waits for it. 0 and what stays packing's; -ENOMEM. */
int packing_wait(struct packing *packing, const struct packed **out);

/* Waits, too. NULL is fine. */
void packing_finish(struct packing *packing);

#endif
