/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices, from a policy file and from device files: the parts that both have. */
#ifndef PICKET_PARSE_DEVICE_H
#define PICKET_PARSE_DEVICE_H

#include "parse.h"

/* A device while it is read; all NULL when there is no room. */
struct device_draft {
	struct device *device;
	struct device_places *places;
	struct loc until;
	bool role, roles; /* the keys are there */
};

/* Adds a device and takes its name. */
bool device_begin(struct parse *parse, const struct text *name, struct device_draft *draft);
void device_set_mac(struct parse *parse, struct device_draft *draft, const struct text *text);
void device_set_segment(struct parse *parse, struct device_draft *draft, const struct text *text);
void device_set_addrs(struct parse *parse, struct device_draft *draft, const struct text *texts,
		      size_t n);
/* What can be said of a device by itself. */
void device_end(struct parse *parse, struct device_draft *draft);

#endif
