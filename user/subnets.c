// SPDX-License-Identifier: GPL-2.0-only
#include "subnets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IPV4_BITS 96

struct picket_addr addr_masked(const struct picket_addr *addr, unsigned int len)
{
	struct picket_addr masked = *addr;
	unsigned int i, bits;

	for (i = 0; i < 4; i++) {
		bits = len > 32 * i ? len - 32 * i : 0;
		if (bits < 32)
			masked.w[i] &= htonl(bits ? ~0U << (32 - bits) : 0);
	}
	return masked;
}

bool prefix_holds(const struct prefix *prefix, const struct picket_addr *addr)
{
	struct picket_addr masked;

	if (prefix->len < IPV4_BITS && addr_is_ipv4(addr))
		return false;
	masked = addr_masked(addr, prefix->len);
	return !memcmp(&masked, &prefix->addr, sizeof(masked));
}

bool addr_is_ipv4(const struct picket_addr *addr)
{
	return !addr->w[0] && !addr->w[1] && addr->w[2] == htonl(0xffff);
}

bool addr_stays_on_link(const struct picket_addr *addr)
{
	return (ntohl(addr->w[0]) & 0xffc00000) == 0xfe800000;
}

const struct subnet *subnet_of(const struct policy *policy, struct subnet_ref ref)
{
	return &policy->segments[ref.segment].subnets[ref.subnet];
}

static bool prefix_same(const void *owner, uint32_t index, const void *key)
{
	const struct subnets *subnets = owner;
	const struct prefix *a = &subnet_of(subnets->policy, subnets->refs[index])->prefix, *b = key;

	return a->len == b->len && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static bool broadcast_same(const void *owner, uint32_t index, const void *key)
{
	const struct subnets *subnets = owner;

	return !memcmp(&subnets->broadcasts[index], key, sizeof(struct picket_addr));
}

static uint64_t prefix_hash(const struct picket_addr *addr, unsigned int len)
{
	return hash_bytes(addr, sizeof(*addr)) + len * 0x9e3779b97f4a7c15ULL;
}

int subnets_init(struct subnets *subnets, const struct policy *policy)
{
	size_t n = 0, i;

	for (i = 0; i < policy->nsegments; i++)
		n += policy->segments[i].nsubnets;
	*subnets = (struct subnets){
		.policy = policy,
		.refs = calloc(n + 1, sizeof(*subnets->refs)),
		.by_prefix = { .same = prefix_same, .owner = subnets },
		.broadcasts = calloc(n + 1, sizeof(*subnets->broadcasts)),
		.broadcast_refs = calloc(n + 1, sizeof(*subnets->broadcast_refs)),
		.by_broadcast = { .same = broadcast_same, .owner = subnets },
	};
	return subnets->refs && subnets->broadcasts && subnets->broadcast_refs ? 0 : -ENOMEM;
}

void subnets_free(struct subnets *subnets)
{
	free(subnets->refs);
	free(subnets->broadcasts);
	free(subnets->broadcast_refs);
	table_free(&subnets->by_prefix);
	table_free(&subnets->by_broadcast);
}

/* When subnets share a broadcast address, it is the longest one's. */
static int broadcast_add(struct subnets *subnets, struct subnet_ref ref)
{
	const struct prefix *prefix = &subnet_of(subnets->policy, ref)->prefix;
	struct picket_addr addr = prefix->addr;
	uint32_t index = subnets->nbroadcasts, found;

	if (!addr_is_ipv4(&addr) || prefix->len <= IPV4_BITS || prefix->len > IPV4_BITS + 30)
		return 0;
	addr.w[3] |= htonl(~0U >> (prefix->len - IPV4_BITS));
	subnets->broadcasts[index] = addr;
	if (table_add(&subnets->by_broadcast, hash_bytes(&addr, sizeof(addr)), &addr, index, &found))
		return -ENOMEM;
	if (found == UINT32_MAX)
		subnets->nbroadcasts++;
	else if (subnet_of(subnets->policy, subnets->broadcast_refs[found])->prefix.len < prefix->len)
		index = found;
	else
		return 0;
	subnets->broadcast_refs[index] = ref;
	return 0;
}

int subnets_add(struct subnets *subnets, struct subnet_ref ref, uint32_t *same)
{
	const struct prefix *prefix = &subnet_of(subnets->policy, ref)->prefix;
	uint32_t index = subnets->nrefs;

	subnets->refs[index] = ref;
	if (table_add(&subnets->by_prefix, prefix_hash(&prefix->addr, prefix->len), prefix, index, same))
		return -ENOMEM;
	if (*same != UINT32_MAX)
		return 0;
	subnets->nrefs++;
	if (!memchr(subnets->lens, prefix->len, subnets->nlens))
		subnets->lens[subnets->nlens++] = prefix->len;
	return broadcast_add(subnets, ref);
}

static int len_compare(const void *a, const void *b)
{
	return *(const uint8_t *)b - *(const uint8_t *)a;
}

void subnets_sort(struct subnets *subnets)
{
	qsort(subnets->lens, subnets->nlens, sizeof(subnets->lens[0]), len_compare);
}

uint32_t subnets_match(const struct subnets *subnets, const struct picket_addr *addr)
{
	bool ipv4 = addr_is_ipv4(addr);
	uint32_t found;
	size_t i;

	for (i = 0; i < subnets->nlens; i++) {
		struct prefix key = { .len = subnets->lens[i] };

		if (ipv4 && key.len < IPV4_BITS)
			break;
		key.addr = addr_masked(addr, key.len);
		found = table_find(&subnets->by_prefix, prefix_hash(&key.addr, key.len), &key);
		if (found != UINT32_MAX)
			return found;
	}
	return UINT32_MAX;
}

const struct subnet_ref *subnets_broadcast(const struct subnets *subnets,
					   const struct picket_addr *addr)
{
	uint32_t found = table_find(&subnets->by_broadcast, hash_bytes(addr, sizeof(*addr)), addr);

	return found == UINT32_MAX ? NULL : &subnets->broadcast_refs[found];
}
