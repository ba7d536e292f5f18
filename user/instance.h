/* SPDX-License-Identifier: GPL-2.0-only */
/* One copy of the BPF programs on its way into the kernel: open, size, load, fill. */
#ifndef PICKET_INSTANCE_H
#define PICKET_INSTANCE_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "mapimage.h"
#include "picket/abi.h"

/* The skeletons' struct picket and struct egress; they want abi.h first. */
#include "picket.skel.h"
#include "egress.skel.h"

struct instance {
	struct picket *picket;
	struct egress *egress; /* NULL: offline, where XDP programs do it all */
};

/* Entries of the state maps. */
struct state_sizes {
	uint32_t device_rows, segment_rows;
	uint32_t flow_buckets, hostflow_buckets; /* powers of two */
	uint32_t learned, learned_by;
};

/* 0 or -errno. offline: with the egress functions as XDP, without the tc program. */
int instance_open(bool offline, struct instance *out);
void instance_close(struct instance *instance);

/* The map of this name, NULL: there is none. */
struct bpf_map *instance_map(const struct instance *instance, const char *name);

/* Before the load: how many entries each map has, and the constants. 0 or -errno. */
int instance_size(const struct instance *instance, const struct mapimage *image,
		  const struct state_sizes *sizes);
void instance_configure(const struct instance *instance, const struct config *config);

/* 0, or -errno and instance_complaint(). */
int instance_load(const struct instance *instance);

/* Writes the image into the loaded maps. 0, or -errno and instance_complaint(). */
int instance_fill(const struct instance *instance, const struct mapimage *image);

/* A sentence that says which map or program the kernel refused last, and why. */
const char *instance_complaint(void);

/* What policy, ruleset and image say of struct config; the rest is zero. */
struct config config_from_policy(const struct policy *policy, const struct switches *switches,
				 const struct mapimage *image);

#endif
