/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One device of the live policy, in detail.
 */
#ifndef PICKET_DEVICE_H
#define PICKET_DEVICE_H

#include "live.h"
#include "output.h"

/* A list "roles" of "a, b". */
void print_roles(struct output *out, const char *key, const char *roles);

/*
 * An object of all that is known of it; of very many rules only the first, unless all are asked for.
 * 0 or -errno, with nothing printed.
 */
int device_print(struct output *out, struct live *live, uint32_t row, bool all_rules);

#endif
