/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks a map image what the BPF program asks its maps. */
#ifndef PICKET_IMAGE_LOOKUP_H
#define PICKET_IMAGE_LOOKUP_H

#include <stdbool.h>

#include "mapimage.h"
#include "picket/reason.h"

enum lookup_kind { LOOKUP_DEVICE, LOOKUP_HOST, LOOKUP_GATEWAY, LOOKUP_GROUP };

/* One end of a packet; a device's row and a host's or device's segment row. */
struct lookup_end {
	enum lookup_kind kind;
	struct picket_addr addr;
	uint32_t row;
	uint32_t segment;
};

/* The value in a hash; NULL: no such key. */
const void *image_find(const struct mapimage *image, enum mapimage_map map, const void *key);

/* The value in an array, which must hold it. */
const void *image_at(const struct mapimage *image, enum mapimage_map map, uint32_t index);

/* What the pages say of an IPv4 address. */
uint32_t image_entry(const struct mapimage *image, const struct picket_addr *addr);

/* The row of the device that lists the address, 0: none. */
uint32_t image_device(const struct mapimage *image, const struct picket_addr *addr);

/* The row of the device that has the MAC on a port, in one of the two buckets where it is looked for; 0: none. */
uint32_t image_mac(const struct mapimage *image, const uint8_t mac[6], uint32_t port);

/* What the longest prefix says. */
struct prefix_info image_prefix(const struct mapimage *image, const struct picket_addr *addr);

/* What a device may do at a time. */
struct grants image_grants(const struct mapimage *image, uint32_t row, int64_t time);

/* Steps 12 and 13. */
enum reason image_rules(const struct mapimage *image, const struct lookup_end *from,
			const struct lookup_end *to, uint32_t service, int64_t time);

#endif
