/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PICKET_DRAFT_WRITER_H
#define PICKET_DRAFT_WRITER_H

#include <stdio.h>

#include "draft.h"

/*
 * The draft as a policy, with comments. all: what it is made of; enforce: else it only judges. 0 or -ENOMEM; errors
 * of the stream are the stream's.
 */
int draft_write(FILE *to, const struct draft *draft, const struct sighting *all, bool enforce);

#endif
