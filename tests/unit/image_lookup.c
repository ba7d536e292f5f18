// SPDX-License-Identifier: GPL-2.0-only
#include "image_lookup.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

const void *image_find(const struct mapimage *image, enum mapimage_map map, const void *key)
{
	const struct map_image *m = &image->maps[map];

	for (size_t i = 0; i < m->n; i++)
		if (!memcmp((const char *)m->keys + i * m->key_size, key, m->key_size))
			return (const char *)m->values + i * m->value_size;
	return NULL;
}

const void *image_at(const struct mapimage *image, enum mapimage_map map, uint32_t index)
{
	const struct map_image *m = &image->maps[map];

	if (m->key_size || index >= m->n)
		abort();
	return (const char *)m->values + (size_t)index * m->value_size;
}

static uint32_t number_at(const struct mapimage *image, enum mapimage_map map, uint32_t index)
{
	return *(const uint32_t *)image_at(image, map, index);
}

static uint32_t page_at(const struct mapimage *image, uint32_t entry, uint32_t at)
{
	uint32_t page = entry & PICKET_ENTRY_NUMBER;

	return entry & PICKET_ENTRY_PAGE ?
		       number_at(image, MAPIMAGE_pages, page * PICKET_PAGE + at % PICKET_PAGE) : entry;
}

uint32_t image_entry(const struct mapimage *image, const struct picket_addr *addr)
{
	uint32_t ip = ntohl(addr->w[3]);

	return page_at(image, page_at(image, number_at(image, MAPIMAGE_roots, ip >> 16), ip >> 8), ip);
}

uint32_t image_device(const struct mapimage *image, const struct picket_addr *addr)
{
	uint32_t entry = addr_is_ipv4(addr) ? image_entry(image, addr) : 0;
	const uint32_t *value;

	if (entry && !(entry & PICKET_ENTRY_PLACE))
		return entry;
	value = image_find(image, MAPIMAGE_addrs, addr);
	return value ? *value : 0;
}

uint32_t image_mac(const struct mapimage *image, const uint8_t mac[6], uint32_t port)
{
	const struct map_image *m = &image->maps[MAPIMAGE_macs];
	uint64_t mac48 = 0, hash;

	memcpy(&mac48, mac, 6);
	hash = picket_mac_hash(mac48, port, image->mac_seed);
	for (uint32_t half = 0; half < 2; half++) {
		const struct mac_bucket *bucket = image_at(image, MAPIMAGE_macs, picket_mac_bucket(hash, half, m->n));

		for (int way = 0; way < PICKET_MAC_WAYS; way++) {
			const struct mac_entry *entry = &bucket->way[way];

			if (entry->row && entry->port == port && !memcmp(entry->mac, mac, 6))
				return entry->row;
		}
	}
	return 0;
}

/* Bit by bit, as the kernel's trie does it: an IPv6 prefix may hold IPv4 addresses here. */
static bool bits_match(const struct prefix_key *key, const struct picket_addr *addr)
{
	for (uint32_t i = 0; i < key->len; i++)
		if ((ntohl(key->addr.w[i / 32]) ^ ntohl(addr->w[i / 32])) << i % 32 >> 31)
			return false;
	return true;
}

struct prefix_info image_prefix(const struct mapimage *image, const struct picket_addr *addr)
{
	const struct map_image *m = &image->maps[MAPIMAGE_prefixes];
	const struct prefix_key *keys = m->keys;
	const struct prefix_info *infos = m->values;
	struct prefix_info found = {};
	int64_t longest = -1;

	for (size_t i = 0; i < m->n; i++) {
		if (keys[i].len <= longest || !bits_match(&keys[i], addr))
			continue;
		longest = keys[i].len;
		found = infos[i];
	}
	return found;
}

struct grants image_grants(const struct mapimage *image, uint32_t row, int64_t time)
{
	const struct ident *ident = image_at(image, MAPIMAGE_idents, row);
	struct grants grants = ident->grants;

	for (uint32_t i = 0; ident->flags & IDENT_SCHEDULE && i < ident->nsteps; i++) {
		const struct step *step = image_at(image, MAPIMAGE_steps, ident->first_step + i);

		if (step->from > time)
			break;
		grants = step->grants;
	}
	return grants;
}

static bool covered(const struct mapimage *image, uint32_t set, uint32_t target, uint32_t service)
{
	const struct rule_key key = { .set = set, .target = target };
	const struct rule_services *services = image_find(image, MAPIMAGE_rules, &key);

	for (uint32_t i = 0; target && services && i < services->n; i++) {
		const struct service_range *range = image_at(image, MAPIMAGE_services,
							     services->first + i);

		if (service >= range->lo && service <= range->hi)
			return true;
	}
	return false;
}

static bool covers_prefixes(const struct mapimage *image, uint32_t set,
			    const struct picket_addr *addr, uint32_t service)
{
	uint32_t target = image_prefix(image, addr).target;

	for (int i = 0; i < PICKET_MAX_PREFIX_DEPTH && target; i++) {
		if (covered(image, set, target, service))
			return true;
		target = number_at(image, MAPIMAGE_parents, target);
	}
	return false;
}

static bool covers(const struct mapimage *image, uint32_t set, const struct lookup_end *end,
		   uint32_t service, int64_t time)
{
	bool lives = end->kind == LOOKUP_DEVICE || end->kind == LOOKUP_HOST;
	const struct segment_info *segment = image_at(image, MAPIMAGE_segments, end->segment);
	const struct ident *ident = image_at(image, MAPIMAGE_idents, end->row);

	if (!set)
		return false;
	if (end->kind == LOOKUP_DEVICE &&
	    (covered(image, set, ident->name, service) ||
	     covered(image, set, image_grants(image, end->row, time).roles, service)))
		return true;
	return covered(image, set, PICKET_TARGET_ANY, service) ||
	       (end->kind == LOOKUP_GATEWAY && covered(image, set, PICKET_TARGET_GATEWAY, service)) ||
	       (lives && covered(image, set, segment->target, service)) ||
	       covers_prefixes(image, set, &end->addr, service);
}

static bool conduit(const struct mapimage *image, const struct lookup_end *from,
		    const struct lookup_end *to, uint32_t service)
{
	const struct segment_info *segment = image_at(image, MAPIMAGE_segments, from->segment);

	if (from->kind == LOOKUP_GATEWAY || to->kind == LOOKUP_GATEWAY || to->kind == LOOKUP_GROUP)
		return true;
	if (from->segment == to->segment && segment->flags & SEGMENT_HOSTS)
		return true;
	return covered(image, PICKET_SET_CONDUIT | from->segment, to->segment, service);
}

enum reason image_rules(const struct mapimage *image, const struct lookup_end *from,
			const struct lookup_end *to, uint32_t service, int64_t time)
{
	if (!conduit(image, from, to, service))
		return REASON_SEGMENT;
	if (from->kind == LOOKUP_DEVICE &&
	    !covers(image, image_grants(image, from->row, time).connect, to, service, time))
		return REASON_ROLE_CONNECT;
	if (to->kind == LOOKUP_DEVICE &&
	    !covers(image, image_grants(image, to->row, time).accept, from, service, time))
		return REASON_ROLE_ACCEPT;
	return REASON_NONE;
}
