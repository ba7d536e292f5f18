/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of mapimage. */
#ifndef PICKET_MAPIMAGE_WORK_H
#define PICKET_MAPIMAGE_WORK_H

#include "mapimage.h"

/* Zeroed room for n entries; 0 or -ENOMEM. */
int map_reserve(struct map_image *map, size_t n);

/* One more key within the room; returns its value. */
void *map_entry(struct map_image *map, const void *key);

/* A segment's row by its index; 0 for INDEX_NONE. */
uint32_t segment_row(const struct mapimage_input *input, uint32_t index);

/*
 * What lists devices: "idents"; "macs"; and "roots", "pages", "places", "addrs" and "guesses".
 * 0 or -ENOMEM.
 */
int mapimage_idents(const struct mapimage_input *input, struct mapimage *image);
int mapimage_macs(const struct mapimage_input *input, struct mapimage *image);
int mapimage_addrs(const struct mapimage_input *input, struct mapimage *image);

#endif
