// SPDX-License-Identifier: GPL-2.0-only
/* Whose each address is. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft_parts.h"
#include "eval_place.h"

static bool is_broadcast_of(const struct draft_segment *segment, const struct picket_addr *addr)
{
	for (size_t i = 0; i < segment->nsubnets; i++) {
		const struct prefix *prefix = &segment->subnets[i];

		if (prefix->len > IPV4_BITS && prefix->len <= IPV4_BITS + 30 && prefix_holds(prefix, addr) &&
		    !(~ntohl(addr->w[3]) << (prefix->len - IPV4_BITS)))
			return true;
	}
	return false;
}

bool draft_is_broadcast(const struct drafting *d, const struct picket_addr *addr)
{
	for (size_t i = 0; i < d->draft->nsegments; i++) {
		if (is_broadcast_of(&d->draft->segments[i], addr))
			return true;
	}
	return false;
}

bool draft_is_gateway(const struct drafting *d, const struct picket_addr *addr)
{
	for (size_t i = 0; i < d->draft->ngateway; i++) {
		if (addr_equal(&d->draft->gateway[i], addr))
			return true;
	}
	return false;
}

static bool may_own(const struct drafting *d, const struct member *member, const struct claim *claim)
{
	const struct picket_addr *addr = &claim->key.addr;

	if (member->who != WHO_DEVICE || !claim->used.frames || addr_is_link_local(addr))
		return false;
	if (member->router && !member_speaks_for(claim))
		return false;
	return draft_place(d, addr) == d->devices_of[member->station->key.port] && !draft_is_gateway(d, addr) &&
	       !draft_is_broadcast(d, addr);
}

/* By address; of those who used one, whom others answered most, then who used it most, comes first. */
static int compare_owners(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	int order = memcmp(&x->addr, &y->addr, sizeof(x->addr));

	if (order)
		return order;
	if (x->claim->addressed != y->claim->addressed)
		return x->claim->addressed > y->claim->addressed ? -1 : 1;
	if (x->claim->used.frames != y->claim->used.frames)
		return x->claim->used.frames > y->claim->used.frames ? -1 : 1;
	return x->member < y->member ? -1 : 1;
}

static bool is_dhcp_client(const struct drafting *d, const struct owner *owner)
{
	return d->members[owner->member].station->flags & STATION_DHCP_CLIENT;
}

/* DHCP gave the address to the one when the other was done with it. */
static bool takes_turns(const struct drafting *d, const struct owner *a, const struct owner *b)
{
	const struct sighting *x = &a->claim->used, *y = &b->claim->used;

	return is_dhcp_client(d, a) && is_dhcp_client(d, b) && (x->last < y->first || y->last < x->first);
}

/* Of those who used one address, the first is its owner; who did so at the same time is an impostor. */
static void settle(struct drafting *d, const struct owner *claimants, size_t n)
{
	struct owner *owners = d->owners + d->nowners;
	size_t kept = 0, i, j;

	for (i = 0; i < n; i++) {
		struct owner claimant = claimants[i];

		for (j = 0; j < kept && takes_turns(d, &owners[j], &claimant);)
			j++;
		if (j == kept)
			owners[kept++] = claimant;
		else
			leftout_count(&d->observer->leftout, REASON_SPOOFED, claimant.claim->used.frames);
	}
	for (i = 0; i < kept; i++)
		owners[i].handed_on = kept > 1;
	d->nowners += kept;
}

/* What its MACs spoke for, as somebody may have mistaken it, was no address. */
static void forget_broadcasts_of_gateway(struct drafting *d)
{
	struct draft *draft = d->draft;
	size_t n = 0;

	for (size_t i = 0; i < draft->ngateway; i++) {
		if (!draft_is_broadcast(d, &draft->gateway[i]))
			draft->gateway[n++] = draft->gateway[i];
	}
	draft->ngateway = n;
}

int draft_owners(struct drafting *d)
{
	size_t n = 0, end;

	forget_broadcasts_of_gateway(d);
	d->owners = calloc(d->nclaims + 1, sizeof(*d->owners));
	if (!d->owners)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->nmembers; i++) {
		for (size_t j = 0; j < d->members[i].nclaims; j++) {
			const struct claim *claim = d->members[i].claims[j];

			if (may_own(d, &d->members[i], claim))
				d->owners[n++] = (struct owner){ .addr = claim->key.addr, .claim = claim, .member = i };
		}
	}
	qsort(d->owners, n, sizeof(*d->owners), compare_owners);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && addr_equal(&d->owners[i].addr, &d->owners[end].addr);)
			end++;
		settle(d, d->owners + i, end - i);
	}
	return 0;
}

const struct owner *draft_owner(const struct drafting *d, const struct picket_addr *addr, const uint8_t mac[6])
{
	size_t low = 0, high = d->nowners, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(&d->owners[middle].addr, addr, sizeof(*addr)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	first = low;
	for (; low < d->nowners && addr_equal(&d->owners[low].addr, addr); low++) {
		if (!memcmp(d->owners[low].claim->key.station.mac, mac, 6))
			return &d->owners[low];
	}
	return low > first ? &d->owners[first] : NULL;
}
