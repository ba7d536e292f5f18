/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live policy, kept beside its maps in a pinned map: what it was made from, who has which
 * row, and the names that other commands print without parsing it again.
 */
#ifndef PICKET_BUNDLE_H
#define PICKET_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "packing.h"
#include "policy.h"
#include "rows.h"

struct bundle_header;

/* Points into the mapped map. */
struct bundle {
	const struct bundle_header *header;
	size_t size; /* bytes mapped */
	const char *name; /* the policy's */
	const char *hash; /* of its sources */
	const char *attach_mode; /* "auto", "native", "generic": as the last apply asked */
	uint32_t generation; /* from 1 */
	int64_t applied; /* Unix ns */
	uint32_t uid; /* who applied it */
	uint32_t ndevices, nsegments;
	uint32_t device_end, segment_end; /* rows in use are below these */
	uint32_t device_next, segment_next; /* struct rows' next */
	uint32_t nports;
	uint64_t host; /* hostview_hash() of what it was made for */
	const struct config *config; /* what the live program was loaded with */
};

/* What apply knows besides the policy. */
struct bundle_facts {
	uint32_t generation;
	int64_t applied; /* Unix ns */
	uint32_t uid;
	const char *attach_mode; /* under 8 bytes */
	const struct config *config;
	const uint32_t *ifindexes; /* by port index */
	uint64_t host;
	const struct packed *sources;
};

/* Makes the map and fills it: 0 and *fd, which the caller pins and closes, or -errno. */
int bundle_new(const struct policy *policy, const struct rows *devices, const struct rows *segments,
	       const struct bundle_facts *facts, int *fd);

/* Maps it. 0 and *out; -EPROTO when it is none that this version can read; -errno. */
int bundle_map(int fd, struct bundle *out);
void bundle_unmap(struct bundle *bundle);

/* By row; NULL, "", 0 or INDEX_NONE when the row is not in use. */
const char *bundle_device_name(const struct bundle *bundle, uint32_t row);
const char *bundle_device_roles(const struct bundle *bundle, uint32_t row);
uint32_t bundle_device_index(const struct bundle *bundle, uint32_t row);
const char *bundle_segment_name(const struct bundle *bundle, uint32_t row);
uint32_t bundle_segment_index(const struct bundle *bundle, uint32_t row);

/* The policy's ports, by index below nports. */
const char *bundle_port(const struct bundle *bundle, uint32_t index, uint16_t *vlan);

/* Of the interface that was a port of this name, 0: none was. */
uint32_t bundle_port_ifindex(const struct bundle *bundle, const char *interface);

/* The sources as they are kept; data stays the bundle's. */
struct packed bundle_sources(const struct bundle *bundle);

/* Parses the sources again. 0 and *out, or -errno. */
int bundle_policy(const struct bundle *bundle, struct policy **out);

#endif
