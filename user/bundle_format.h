/* SPDX-License-Identifier: GPL-2.0-only */
/* Between bundle.c, which writes it, and bundle_read.c. */
#ifndef PICKET_BUNDLE_FORMAT_H
#define PICKET_BUNDLE_FORMAT_H

#include <stdint.h>

#include "picket/abi.h"

#define BUNDLE_MAGIC 0x6b636970U
#define BUNDLE_PAGE 4096

/* What other commands ask of a row; name and roles are offsets into the strings, 0: none. */
struct bundle_entry {
	uint32_t name, roles;
	uint32_t index; /* in the policy's array */
};

struct bundle_port {
	uint32_t interface; /* in the strings */
	uint32_t vlan;
	uint32_t ifindex; /* when the policy was made live, 0: there was none */
};

/* Offsets are bytes from the header's start. */
struct bundle_header {
	uint32_t magic, layout;
	uint64_t size;
	uint32_t generation, uid;
	int64_t applied;
	char hash[72];
	char attach_mode[8];
	uint32_t name; /* in the strings */
	uint32_t ndevices, nsegments, nfiles, nports;
	uint32_t pad;
	uint32_t device_end, segment_end;
	uint32_t device_next, segment_next;
	uint64_t host; /* hostview_hash() */
	uint64_t devices, segments; /* struct bundle_entry by row */
	uint64_t ports; /* struct bundle_port by index in the policy */
	uint64_t strings;
	uint64_t sources; /* zlib; inside, for every file: name, NUL, length, text */
	uint64_t sources_packed, sources_size;
	struct config config;
};

#endif
