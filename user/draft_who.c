// SPDX-License-Identifier: GPL-2.0-only
/* Who is the gateway, a router, a device. */
#include "draft_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eval_place.h"
#include "names.h"
#include "subnets.h"

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->station->key.port != y->station->key.port)
		return x->station->key.port < y->station->key.port ? -1 : 1;
	return memcmp(x->station->key.mac, y->station->key.mac, 6);
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim_key *x = &(*(const struct claim *const *)a)->key;
	const struct claim_key *y = &(*(const struct claim *const *)b)->key;
	int order;

	if (x->station.port != y->station.port)
		return x->station.port < y->station.port ? -1 : 1;
	order = memcmp(x->station.mac, y->station.mac, 6);
	return order ? order : memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

static int compare_talks(const void *a, const void *b)
{
	const struct talk *x = *(const struct talk *const *)a, *y = *(const struct talk *const *)b;

	if (x->seen.first != y->seen.first)
		return x->seen.first < y->seen.first ? -1 : 1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static int collect_members(struct drafting *d)
{
	const struct station *station = NULL;

	d->members = calloc(d->observer->stations.n + 1, sizeof(*d->members));
	if (!d->members)
		return -ENOMEM;
	while ((station = cache_next(&d->observer->stations, station)))
		d->members[d->nmembers++] = (struct member){ .station = station, .device = INDEX_NONE };
	qsort(d->members, d->nmembers, sizeof(*d->members), compare_members);
	return 0;
}

static int collect_claims(struct drafting *d)
{
	const struct claim *claim = NULL;

	d->claims = calloc(d->observer->claims.n + 1, sizeof(*d->claims));
	if (!d->claims)
		return -ENOMEM;
	while ((claim = cache_next(&d->observer->claims, claim)))
		d->claims[d->nclaims++] = claim;
	qsort(d->claims, d->nclaims, sizeof(*d->claims), compare_claims);
	for (size_t i = 0; i < d->nclaims; i++) {
		struct member *member = draft_member(d, &d->claims[i]->key.station);

		if (member && !member->nclaims++)
			member->claims = &d->claims[i];
	}
	return 0;
}

static int collect_talks(struct drafting *d)
{
	const struct talk *talk = NULL;

	d->talks = calloc(d->observer->talks.n + 1, sizeof(*d->talks));
	if (!d->talks)
		return -ENOMEM;
	while ((talk = cache_next(&d->observer->talks, talk)))
		d->talks[d->ntalks++] = talk;
	qsort(d->talks, d->ntalks, sizeof(*d->talks), compare_talks);
	return 0;
}

struct member *draft_member(const struct drafting *d, const struct station_key *key)
{
	struct station wanted = { .key = *key };
	struct member member = { .station = &wanted };

	return bsearch(&member, d->members, d->nmembers, sizeof(*d->members), compare_members);
}

/* ---- addresses ---- */

bool member_speaks_for(const struct claim *claim)
{
	return claim->used.frames && claim->flags & (CLAIM_ANNOUNCED | CLAIM_ON_LINK);
}

bool addr_is_private(const struct picket_addr *addr)
{
	uint32_t top = ntohl(addr->w[3]);

	if (!addr_is_ipv4(addr))
		return (ntohl(addr->w[0]) & 0xfe000000) == 0xfc000000;
	return top >> 24 == 10 || top >> 20 == 0xac1 || top >> 16 == 0xc0a8 || top >> 16 == 0xa9fe ||
	       (top & 0xffc00000) == 0x64400000;
}

struct prefix addr_home(const struct picket_addr *addr)
{
	unsigned int len = 64;

	if (addr_is_ipv4(addr))
		len = IPV4_BITS + (ntohl(addr->w[3]) >> 16 == 0xa9fe ? 16 : 24);
	return (struct prefix){ .addr = addr_masked(addr, len), .len = len };
}

/* It is no address of this station's own, but one that it forwards for. */
static bool is_carried(const struct member *member, const struct picket_addr *addr)
{
	struct prefix home = addr_home(addr);
	bool ipv4 = addr_is_ipv4(addr), speaks = member->station->flags & STATION_ADVERTISES;
	size_t used = 0;

	if (addr_is_multicast(addr) || addr_is_link_local(addr) || addr_is_broadcast(addr))
		return false;
	for (size_t i = 0; i < member->nclaims && used < OBSERVE_PORTS; i++) {
		const struct claim *claim = member->claims[i];

		if (addr_is_ipv4(&claim->key.addr) != ipv4 || addr_is_link_local(&claim->key.addr))
			continue;
		used += claim->used.frames != 0;
		if (!member_speaks_for(claim))
			continue;
		speaks = true;
		if (addr_equal(&claim->key.addr, addr) ||
		    (addr_is_private(addr) && prefix_holds(&home, &claim->key.addr)))
			return false;
	}
	return speaks || used > 1;
}

/* ---- the gateway ---- */

/* Of those on a port that used the address, the one who did so most. */
static void mark_gateway_at(struct drafting *d, const struct picket_addr *addr)
{
	const struct claim *best[OBSERVE_PORTS] = { NULL };

	for (size_t i = 0; i < d->nclaims; i++) {
		const struct claim *claim = d->claims[i], **most = &best[claim->key.station.port];

		if (addr_equal(&claim->key.addr, addr) && (!*most || claim->used.frames > (*most)->used.frames))
			*most = claim;
	}
	for (size_t i = 0; i < d->observer->nports; i++) {
		struct member *member = best[i] ? draft_member(d, &best[i]->key.station) : NULL;

		if (member && best[i]->used.frames)
			member->who = WHO_GATEWAY;
	}
}

static void mark_mac(struct drafting *d, const uint8_t mac[6], enum who who, bool router)
{
	for (size_t i = 0; i < d->nmembers; i++) {
		if (memcmp(d->members[i].station->key.mac, mac, 6))
			continue;
		d->members[i].who = who ? who : d->members[i].who;
		d->members[i].router |= router;
	}
}

static int add_gateway(struct drafting *d, const struct picket_addr *addr)
{
	struct draft *draft = d->draft;

	for (size_t i = 0; i < draft->ngateway; i++) {
		if (addr_equal(&draft->gateway[i], addr))
			return 0;
	}
	draft->gateway[draft->ngateway++] = *addr;
	return 0;
}

/* The gateway's addresses: those that were said, and those that its MACs speak for. */
static int gateway_addresses(struct drafting *d)
{
	struct draft *draft = d->draft;

	draft->gateway = arena_array(&draft->arena, d->nclaims + d->options->ngateway + 1, sizeof(*draft->gateway));
	draft->gateway_macs = arena_array(&draft->arena, d->nmembers + 1, sizeof(*draft->gateway_macs));
	if (!draft->gateway || !draft->gateway_macs)
		return -ENOMEM;
	for (size_t i = 0; i < d->options->ngateway; i++) {
		if (!d->options->gateway[i].is_mac)
			add_gateway(d, &d->options->gateway[i].addr);
	}
	for (size_t i = 0; i < d->nmembers; i++) {
		const struct member *member = &d->members[i];

		if (member->who != WHO_GATEWAY)
			continue;
		d->on_gateway = true;
		memcpy(draft->gateway_macs[draft->ngateway_macs++], member->station->key.mac, 6);
		for (size_t j = 0; j < member->nclaims; j++) {
			if (member->claims[j]->flags & CLAIM_ANNOUNCED)
				add_gateway(d, &member->claims[j]->key.addr);
		}
	}
	d->on_gateway |= d->options->ngateway != 0;
	return 0;
}

static void mark_gateway(struct drafting *d)
{
	for (size_t i = 0; i < d->options->ngateway; i++) {
		if (d->options->gateway[i].is_mac)
			mark_mac(d, d->options->gateway[i].mac, WHO_GATEWAY, false);
		else
			mark_gateway_at(d, &d->options->gateway[i].addr);
	}
	for (size_t i = 0; i < d->nmembers; i++) {
		if (d->members[i].station->flags & STATION_GATEWAY)
			d->members[i].who = WHO_GATEWAY;
	}
}

/* ---- routers ---- */

static void mark_router_by(struct drafting *d, const struct station_key *key, const struct picket_addr *addr)
{
	struct member *member = draft_member(d, key);

	if (member && member->who != WHO_GATEWAY && !member->router)
		member->router = is_carried(member, addr);
}

/*
 * Who others send to others through it, and it brings answers. A frame alone makes no router: anybody could send
 * one to a victim's MAC.
 */
static void mark_routers(struct drafting *d)
{
	for (size_t i = 0; i < d->options->nrouters; i++) {
		const struct draft_identity *told = &d->options->routers[i];

		if (told->is_mac)
			mark_mac(d, told->mac, WHO_STRANGER, true);
		for (size_t j = 0; !told->is_mac && j < d->nclaims; j++) {
			if (addr_equal(&d->claims[j]->key.addr, &told->addr) && member_speaks_for(d->claims[j]))
				mark_mac(d, d->claims[j]->key.station.mac, WHO_STRANGER, true);
		}
	}
	for (size_t i = 0; i < d->ntalks; i++) {
		const struct talk *talk = d->talks[i];
		struct station_key to = talk->key.station;

		if (!talk->answers || talk->answers == talk->seen.frames)
			continue;
		memcpy(to.mac, talk->to_mac, 6);
		mark_router_by(d, &to, &talk->key.to);
		mark_router_by(d, &talk->key.station, &talk->key.from);
	}
}

static void mark_devices(struct drafting *d)
{
	for (size_t i = 0; i < d->nmembers; i++) {
		struct member *member = &d->members[i];

		if (member->who == WHO_GATEWAY)
			continue;
		if (member->station->heard || member->station->sent.frames > 1 || member->router) {
			member->who = WHO_DEVICE;
			continue;
		}
		d->draft->strangers++;
		leftout_count(&d->observer->leftout, REASON_UNKNOWN_DEVICE, member->station->sent.frames);
	}
}

int draft_members(struct drafting *d)
{
	if (collect_members(d) || collect_claims(d) || collect_talks(d))
		return -ENOMEM;
	mark_gateway(d);
	mark_routers(d);
	mark_devices(d);
	return gateway_addresses(d);
}
