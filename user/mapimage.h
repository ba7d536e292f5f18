/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a policy's own maps, ready to be written: hashes and the LPM trie as keys and
 * values for bpf_map_update_batch(), arrays as they are, row 0 first.
 */
#ifndef PICKET_MAPIMAGE_H
#define PICKET_MAPIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rows.h"
#include "ruleset.h"

/*
 * The maps, by their names in bpf/maps.h: arrays, hashes and the LPM trie. "portstates" and
 * "interfaces" are not of the policy's making.
 */
#define MAPIMAGE_MAPS(ARRAY, HASH)                             \
	HASH(ports, struct port_key, struct port_info)         \
	ARRAY(untagged, __u32) /* by ifindex */                \
	ARRAY(segments, struct segment_info) /* by row */      \
	ARRAY(idents, struct ident) /* by row */               \
	ARRAY(steps, struct step)                              \
	ARRAY(profiles, struct profile)                        \
	ARRAY(roots, __u32)                                    \
	ARRAY(pages, __u32)                                    \
	ARRAY(places, struct place_info)                       \
	ARRAY(guesses, __u32)                                  \
	HASH(addrs, struct picket_addr, __u32)                 \
	ARRAY(macs, struct mac_bucket)                         \
	HASH(ethertypes, struct ethertype_key, __u32)          \
	HASH(gateway, struct picket_addr, __u32)               \
	HASH(prefixes, struct prefix_key, struct prefix_info)  \
	HASH(rules, struct rule_key, struct rule_services)     \
	ARRAY(services, struct service_range)                  \
	ARRAY(parents, __u32) /* by target */

enum mapimage_map {
#define ARRAY(name, value) MAPIMAGE_##name,
#define HASH(name, key, value) MAPIMAGE_##name,
	MAPIMAGE_MAPS(ARRAY, HASH)
#undef ARRAY
#undef HASH
	MAPIMAGE_NMAPS
};

/* One map. n counts entries; of an array also entry 0. n may be 0. */
struct map_image {
	const char *name; /* as in bpf/maps.h */
	uint32_t key_size; /* bytes; 0: an array, which has no keys here */
	uint32_t value_size; /* bytes; keys and values lie without gaps */
	uint32_t n;
	void *keys; /* NULL for an array */
	void *values;
};

struct mapimage {
	struct map_image maps[MAPIMAGE_NMAPS]; /* by enum mapimage_map */
	uint64_t mac_seed; /* of picket_mac_hash() in "macs" */
	bool sparse; /* IPv4 addresses of devices are in "addrs" */
	uint32_t nports; /* port ids are 1 to nports: "portstates" needs nports + 1 entries */
};

struct mapimage_input {
	const struct policy *policy;
	const struct ruleset *ruleset; /* compiled from policy */
	const struct rows *devices, *segments; /* by index in the policy */
	const uint32_t *ifindexes; /* by port index; 0: no such interface now, the port is left out */
	const struct picket_addr *gateway; /* addresses besides those that the policy lists */
	size_t ngateway;
};

/*
 * 0 and *out, freed with mapimage_free(); -ENOMEM; -ERANGE when a segment's row is not under
 * PICKET_MAX_SEGMENTS; -EEXIST when two ports are the same interface and VLAN id.
 */
int mapimage_build(const struct mapimage_input *input, struct mapimage **out);

/* NULL is fine. */
void mapimage_free(struct mapimage *image);

#endif
