/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry program on what leaves: tcx by a pinned link; clsact before Linux 6.6. */
#ifndef PICKET_ATTACH_EGRESS_H
#define PICKET_ATTACH_EGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* *clsact (unless NULL): by a filter. */
bool egress_attached(uint32_t ifindex, bool *clsact);

/* 0 or -errno. */
int egress_attach(int program, const char *interface, uint32_t ifindex);
int egress_attach_clsact(int program, const char *interface, uint32_t ifindex);

/* Takes off either, and clsact when picket brought it and nobody else's filter is in it. */
int egress_detach(uint32_t ifindex);

#endif
