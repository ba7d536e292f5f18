// SPDX-License-Identifier: GPL-2.0-only
/* "idents", for a million devices. */
#include <errno.h>
#include <string.h>

#include "mapimage_work.h"

static uint16_t ident_flags(const struct device *device, const struct device_class *class)
{
	uint16_t flags = IDENT_PRESENT;

	for (size_t i = 0; i < device->naddrs; i++)
		flags |= addr_is_ipv4(&device->addrs[i]) ? IDENT_IPV4 : IDENT_IPV6;
	flags |= device->has_mac ? IDENT_MAC : 0;
	flags |= device->router ? IDENT_ROUTER : 0;
	flags |= device->dhcp_server ? IDENT_DHCP_SERVER : 0;
	if (device->valid_from != TIME_ALWAYS_FROM || device->valid_until != TIME_NEVER_UNTIL)
		flags |= IDENT_VALIDITY;
	flags |= class->nsteps ? IDENT_SCHEDULE : 0;
	return flags;
}

int mapimage_idents(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_idents];
	const struct ruleset *ruleset = input->ruleset;
	struct ident *idents;

	if (map_reserve(map, input->devices->end))
		return -ENOMEM;
	map->n = input->devices->end;
	idents = map->values;
	for (size_t i = 0; i < input->policy->ndevices; i++) {
		const struct device *device = &input->policy->devices[i];
		const struct device_class *class = &ruleset->classes[ruleset->device_class[i]];
		struct ident *ident = &idents[input->devices->row[i]];

		if (device->has_mac)
			memcpy(ident->mac, device->mac, sizeof(ident->mac));
		ident->flags = ident_flags(device, class);
		ident->segment = input->segments->row[device->segment];
		ident->name = ruleset->device_name[i];
		ident->grants = class->grants;
		ident->first_step = class->first_step;
		ident->nsteps = class->nsteps;
		ident->valid_from = device->valid_from;
		ident->valid_until = device->valid_until;
	}
	return 0;
}
