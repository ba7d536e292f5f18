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

int draft_owners(struct drafting *d)
{
	size_t n = 0;

	d->owners = calloc(d->nclaims + 1, sizeof(*d->owners));
	if (!d->owners)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->nmembers; i++) {
		for (size_t j = 0; j < d->members[i].nclaims; j++) {
			const struct claim *claim = d->members[i].claims[j];

			if (may_own(d, &d->members[i], claim))
				d->owners[n++] = (struct owner){ claim->key.addr, claim, i };
		}
	}
	qsort(d->owners, n, sizeof(*d->owners), compare_owners);
	for (size_t i = 0; i < n; i++) {
		struct owner *last = d->nowners ? &d->owners[d->nowners - 1] : NULL;

		if (!last || !addr_equal(&last->addr, &d->owners[i].addr))
			d->owners[d->nowners++] = d->owners[i];
		else
			leftout_count(&d->observer->leftout, REASON_SPOOFED, d->owners[i].claim->used.frames);
	}
	return 0;
}

const struct owner *draft_owner(const struct drafting *d, const struct picket_addr *addr)
{
	size_t low = 0, high = d->nowners;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(addr, &d->owners[middle].addr, sizeof(*addr));

		if (!order)
			return &d->owners[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
