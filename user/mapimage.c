// SPDX-License-Identifier: GPL-2.0-only
#include "mapimage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hugepages.h"
#include "mapimage_work.h"

static const struct map_image EMPTY[MAPIMAGE_NMAPS] = {
#define ARRAY(name_, value_) [MAPIMAGE_##name_] = { .name = #name_, .value_size = sizeof(value_) },
#define HASH(name_, key_, value_)                \
	[MAPIMAGE_##name_] = {                   \
		.name = #name_,                  \
		.key_size = sizeof(key_),        \
		.value_size = sizeof(value_),    \
	},
	MAPIMAGE_MAPS(ARRAY, HASH)
#undef ARRAY
#undef HASH
};

static void image_cleanup(struct mapimage **image)
{
	mapimage_free(*image);
}

int map_reserve(struct map_image *map, size_t n)
{
	if (n >= UINT32_MAX)
		return -ENOMEM;
	map->values = calloc(n ? n : 1, map->value_size);
	if (map->key_size)
		map->keys = calloc(n ? n : 1, map->key_size);
	hugepages_prefer(map->values, n * map->value_size);
	hugepages_prefer(map->keys, n * map->key_size);
	return map->values && (map->keys || !map->key_size) ? 0 : -ENOMEM;
}

void *map_entry(struct map_image *map, const void *key)
{
	size_t at = map->n++;

	memcpy((char *)map->keys + at * map->key_size, key, map->key_size);
	return (char *)map->values + at * map->value_size;
}

/* An array that is the ruleset's as it is. */
static int copy_array(struct map_image *map, const void *values, size_t n)
{
	if (map_reserve(map, n))
		return -ENOMEM;
	if (n)
		memcpy(map->values, values, n * map->value_size);
	map->n = n;
	return 0;
}

/* ---- where ---- */

uint32_t segment_row(const struct mapimage_input *input, uint32_t index)
{
	return index == INDEX_NONE ? 0 : input->segments->row[index];
}

static void fill_port(const struct mapimage_input *input, uint32_t index, struct port_info *info)
{
	const struct port *port = &input->policy->ports[index];

	info->id = index + 1;
	for (size_t i = 0; i < port->nsegments; i++) {
		const struct segment *segment = &input->policy->segments[port->segments[i]];
		uint32_t row = input->segments->row[port->segments[i]];

		if (!info->first_segment)
			info->first_segment = row;
		if (!info->first_hosts && segment->hosts)
			info->first_hosts = row;
		info->flags |= segment->dhcp ? PORT_DHCP : 0;
		info->flags |= segment->router_advertisements ? PORT_ROUTER_ADVERTISEMENTS : 0;
		info->segments[row / 64] |= 1ULL << row % 64;
	}
}

static bool port_taken(const struct map_image *map, const struct port_key *key)
{
	const struct port_key *keys = map->keys;

	for (size_t i = 0; i < map->n; i++)
		if (keys[i].ifindex == key->ifindex && keys[i].vlan == key->vlan)
			return true;
	return false;
}

static int fill_ports(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_ports];

	image->nports = input->policy->nports;
	if (map_reserve(map, input->policy->nports))
		return -ENOMEM;
	for (size_t i = 0; i < input->policy->nports; i++) {
		struct port_key key = {
			.ifindex = input->ifindexes[i],
			.vlan = input->policy->ports[i].vlan,
		};

		if (!key.ifindex)
			continue;
		if (port_taken(map, &key))
			return -EEXIST;
		fill_port(input, i, map_entry(map, &key));
	}
	return 0;
}

/* What there is to say of a port at once: of segments alone that have what, and lack not. */
static uint32_t untagged_flags(const struct mapimage_input *input, const struct mapimage *image,
			       const struct port *port)
{
	const struct segment_info *infos = image->maps[MAPIMAGE_segments].values;
	bool hosts = true, closed = !image->sparse;

	for (size_t i = 0; i < port->nsegments; i++) {
		uint32_t flags = infos[input->segments->row[port->segments[i]]].flags;

		hosts = hosts && flags & SEGMENT_HOSTS;
		closed = closed && !(flags & (SEGMENT_HOSTS | SEGMENT_LEARNS_IPV4 | SEGMENT_AUDIT));
	}
	return (hosts ? UNTAGGED_HOSTS : 0) | (closed ? UNTAGGED_CLOSED : 0);
}

static int fill_untagged(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_untagged];
	const struct policy *policy = input->policy;
	__u32 *untagged;

	for (size_t i = 0; i < policy->nports; i++) {
		if (input->ifindexes[i] >= map->n && input->ifindexes[i] < PICKET_UNTAGGED_MOST)
			map->n = input->ifindexes[i] + 1;
	}
	if (map_reserve(map, map->n))
		return -ENOMEM;
	untagged = map->values;
	for (size_t i = 0; i < policy->nports && i < PICKET_UNTAGGED_ID; i++) {
		const struct port *port = &policy->ports[i];

		if (!port->vlan && input->ifindexes[i] && input->ifindexes[i] < map->n)
			untagged[input->ifindexes[i]] = (i + 1) | untagged_flags(input, image, port);
	}
	return 0;
}

/* A device's segment, when the device may use addresses there that it does not list. */
static void flag_learners(const struct mapimage_input *input, struct segment_info *infos)
{
	for (size_t i = 0; i < input->policy->ndevices; i++) {
		const struct device *device = &input->policy->devices[i];
		uint32_t flags = SEGMENT_LEARNS_IPV4 | SEGMENT_LEARNS_IPV6;

		if (!device->has_mac || device->router)
			continue;
		for (size_t j = 0; j < device->naddrs; j++)
			flags &= addr_is_ipv4(&device->addrs[j]) ? ~SEGMENT_LEARNS_IPV4 : ~SEGMENT_LEARNS_IPV6;
		infos[input->segments->row[device->segment]].flags |= flags;
	}
}

static int fill_segments(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_segments];
	struct segment_info *infos;

	if (input->segments->end > PICKET_MAX_SEGMENTS)
		return -ERANGE;
	if (map_reserve(map, input->segments->end))
		return -ENOMEM;
	map->n = input->segments->end;
	infos = map->values;
	for (size_t i = 0; i < input->policy->nsegments; i++) {
		const struct segment *segment = &input->policy->segments[i];

		infos[input->segments->row[i]] = (struct segment_info){
			.flags = (segment->hosts ? SEGMENT_HOSTS : 0) |
				 (segment->track_fragments ? SEGMENT_TRACK : 0) |
				 (segment->audit ? SEGMENT_AUDIT : 0),
			.target = input->ruleset->segment_target[i],
			.profile = input->ruleset->segment_profile[i],
		};
	}
	flag_learners(input, infos);
	return 0;
}

static bool ethertype_taken(const struct map_image *map, size_t first, uint16_t ethertype)
{
	const struct ethertype_key *keys = map->keys;

	for (size_t i = first; i < map->n; i++)
		if (keys[i].ethertype == ethertype)
			return true;
	return false;
}

/* One port's: those of all its segments, each once. */
static void fill_port_ethertypes(const struct policy *policy, uint32_t index, struct map_image *map)
{
	const struct port *port = &policy->ports[index];
	size_t first = map->n;

	for (size_t i = 0; i < port->nsegments; i++) {
		const struct segment *segment = &policy->segments[port->segments[i]];

		for (size_t j = 0; j < segment->nethertypes; j++) {
			struct ethertype_key key = {
				.port = index + 1,
				.ethertype = segment->ethertypes[j],
			};

			if (!ethertype_taken(map, first, segment->ethertypes[j]))
				*(__u32 *)map_entry(map, &key) = 1;
		}
	}
}

static int fill_ethertypes(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_ethertypes];
	const struct policy *policy = input->policy;
	size_t n = 0;

	for (size_t i = 0; i < policy->nsegments; i++)
		n += policy->segments[i].nethertypes * policy->segments[i].nports;
	if (map_reserve(map, n))
		return -ENOMEM;
	for (size_t i = 0; i < policy->nports; i++)
		if (input->ifindexes[i])
			fill_port_ethertypes(policy, i, map);
	return 0;
}

static bool gateway_taken(const struct map_image *map, const struct picket_addr *addr)
{
	const struct picket_addr *keys = map->keys;

	for (size_t i = 0; i < map->n; i++)
		if (!memcmp(&keys[i], addr, sizeof(*addr)))
			return true;
	return false;
}

static int fill_gateway(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_gateway];
	size_t listed = input->policy->ngateway;

	if (map_reserve(map, listed + input->ngateway))
		return -ENOMEM;
	for (size_t i = 0; i < listed + input->ngateway; i++) {
		const struct picket_addr *addr = i < listed ? &input->policy->gateway[i] :
							      &input->gateway[i - listed];

		if (!gateway_taken(map, addr))
			*(__u32 *)map_entry(map, addr) = 1;
	}
	return 0;
}

static int fill_prefixes(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_prefixes];

	if (map_reserve(map, input->ruleset->nprefixes))
		return -ENOMEM;
	for (size_t i = 0; i < input->ruleset->nprefixes; i++) {
		const struct ruleset_prefix *prefix = &input->ruleset->prefixes[i];
		struct prefix_key key = { .len = prefix->prefix.len, .addr = prefix->prefix.addr };

		*(struct prefix_info *)map_entry(map, &key) = (struct prefix_info){
			.segment = segment_row(input, prefix->segment),
			.target = prefix->target,
			.flags = prefix->flags,
			.broadcast_segment = segment_row(input, prefix->broadcast_segment),
		};
	}
	return 0;
}

/* ---- rules ---- */

static int fill_rules(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_rules];
	const struct ruleset *ruleset = input->ruleset;

	if (map_reserve(map, ruleset->nentries + ruleset->nconduits))
		return -ENOMEM;
	for (size_t i = 0; i < ruleset->nentries; i++)
		*(struct rule_services *)map_entry(map, &ruleset->entries[i].key) =
			ruleset->entries[i].services;
	for (size_t i = 0; i < ruleset->nconduits; i++) {
		const struct ruleset_conduit *conduit = &ruleset->conduits[i];
		struct rule_key key = {
			.set = PICKET_SET_CONDUIT | segment_row(input, conduit->from),
			.target = segment_row(input, conduit->to),
		};

		*(struct rule_services *)map_entry(map, &key) = conduit->services;
	}
	return 0;
}

static int fill_parents(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_parents];
	__u32 *parents;

	if (map_reserve(map, input->ruleset->ntargets))
		return -ENOMEM;
	map->n = input->ruleset->ntargets;
	parents = map->values;
	for (size_t i = 0; i < map->n; i++)
		parents[i] = input->ruleset->targets[i].parent;
	return 0;
}

static int copy_arrays(const struct mapimage_input *input, struct mapimage *image)
{
	const struct ruleset *ruleset = input->ruleset;
	int err = copy_array(&image->maps[MAPIMAGE_steps], ruleset->steps, ruleset->nsteps);

	if (!err)
		err = copy_array(&image->maps[MAPIMAGE_profiles], ruleset->profiles,
				 ruleset->nprofiles);
	if (!err)
		err = copy_array(&image->maps[MAPIMAGE_services], ruleset->services,
				 ruleset->nservices);
	return err;
}

int mapimage_build(const struct mapimage_input *input, struct mapimage **out)
{
	static int (*const parts[])(const struct mapimage_input *, struct mapimage *) = {
		fill_segments,	fill_ports,	 mapimage_idents, mapimage_macs,
		mapimage_addrs, fill_ethertypes, fill_gateway,	  fill_prefixes,
		fill_rules,	fill_parents,	 copy_arrays,	  fill_untagged,
	};
	struct mapimage *image __attribute__((cleanup(image_cleanup))) = calloc(1, sizeof(*image));

	if (!image)
		return -ENOMEM;
	memcpy(image->maps, EMPTY, sizeof(EMPTY));
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		int err = parts[i](input, image);

		if (err)
			return err;
	}
	*out = image;
	image = NULL;
	return 0;
}

void mapimage_free(struct mapimage *image)
{
	for (size_t i = 0; image && i < MAPIMAGE_NMAPS; i++) {
		free(image->maps[i].keys);
		free(image->maps[i].values);
	}
	free(image);
}
