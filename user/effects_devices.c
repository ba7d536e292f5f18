// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices at the ends: where each is under both policies. A spot is an address that a device
 * lists, or a region where it may have any, being known by its MAC.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "effects_work.h"

struct spot {
	struct picket_addr addr;
	uint32_t region;
	bool roaming;
	bool met; /* the other policy has it, too */
};

struct spots {
	struct spot *all;
	size_t n, capacity;
};

struct devices_work {
	struct effects *e;
	uint32_t devices[POLICIES]; /* the pair at hand; INDEX_NONE: only the other policy has it */
	uint32_t who;
	uint32_t version;
	struct spots spots[POLICIES];
};

static void work_free(struct devices_work *w)
{
	for (int x = 0; x < POLICIES; x++)
		free(w->spots[x].all);
}

/* ---- who ---- */

static bool same_who(const void *owner, uint32_t index, const void *key)
{
	const struct whos *whos = owner;

	return !memcmp(&whos->all[index], key, WHO_KEY);
}

const uint32_t NO_HOSTS[POLICIES] = { INDEX_NONE, INDEX_NONE };

static struct who who_key(const struct effects *e, const uint32_t devices[POLICIES],
			  const uint32_t hosts[POLICIES])
{
	struct who who = { .n = 1 };

	for (int x = 0; x < POLICIES; x++) {
		const struct view *view = &e->views[x];
		const struct device *device;

		who.device[x] = devices[x];
		who.roles[x] = INDEX_NONE;
		who.segment[x] = hosts[x];
		if (devices[x] == INDEX_NONE)
			continue;
		device = &view->policy->devices[devices[x]];
		who.roles[x] = view->class_roles[view->ruleset->device_class[devices[x]]];
		who.segment[x] = device->segment;
		who.name[x] = view->ruleset->device_name[devices[x]];
		who.valid[x] = e->input.time >= device->valid_from && e->input.time < device->valid_until;
	}
	return who;
}

uint32_t who_find(const struct effects *e, const uint32_t devices[POLICIES],
		  const uint32_t hosts[POLICIES])
{
	struct who who = who_key(e, devices, hosts);

	return table_find(&e->whos.table, hash_bytes(&who, WHO_KEY), &who);
}

int who_add(struct effects *e, const uint32_t devices[POLICIES], const uint32_t hosts[POLICIES],
	    uint32_t *out)
{
	struct who who = who_key(e, devices, hosts);
	uint32_t found;

	if (array_reserve((void **)&e->whos.all, &e->whos.capacity, e->whos.n + 1, sizeof(who)) ||
	    table_add(&e->whos.table, hash_bytes(&who, WHO_KEY), &who, e->whos.n, &found))
		return -ENOMEM;
	if (found != UINT32_MAX) {
		e->whos.all[found].n++;
		*out = found;
		return 0;
	}
	*out = e->whos.n;
	e->whos.all[e->whos.n++] = who;
	return 0;
}

/* ---- spots ---- */

static int add_spot(struct spots *spots, const struct picket_addr *addr, uint32_t region, bool roaming)
{
	if (array_reserve((void **)&spots->all, &spots->capacity, spots->n + 1, sizeof(*spots->all)))
		return -ENOMEM;
	spots->all[spots->n++] = (struct spot){ *addr, region, roaming, false };
	return 0;
}

/* A device that lists no address of a version may have any of its segment, unless it is a router. */
static int add_regions(struct devices_work *w, int policy, const struct device *device)
{
	const struct view *view = &w->e->views[policy];
	const uint32_t *at = view->regions + view->first_region[device->segment];
	const uint32_t *end = view->regions + view->first_region[device->segment + 1];
	int err = 0;

	for (; at < end && !err; at++) {
		const struct picket_addr *addr = &w->e->space.regions[*at].prefix.addr;

		if (version_of(addr) == w->version)
			err = add_spot(&w->spots[policy], addr, *at, true);
	}
	return err;
}

static int find_spots(struct devices_work *w, int policy)
{
	const struct device *device;
	int err = 0;

	w->spots[policy].n = 0;
	if (w->devices[policy] == INDEX_NONE)
		return 0;
	device = &w->e->views[policy].policy->devices[w->devices[policy]];
	for (size_t i = 0; i < device->naddrs && !err; i++)
		if (version_of(&device->addrs[i]) == w->version)
			err = add_spot(&w->spots[policy], &device->addrs[i],
				       space_find(&w->e->space, &device->addrs[i]), false);
	if (!err && !w->spots[policy].n && device->has_mac && !device->router)
		err = add_regions(w, policy, device);
	return err;
}

/* ---- classes ---- */

/* Nobody is sent to an address that nobody can have learned. */
static struct end spot_end(const struct effects *e, enum side side, int policy, const struct spot *spot,
			   uint32_t device)
{
	const struct region_place *place = &e->space.regions[spot->region].place[policy];

	if (spot->roaming && side == TO && !place->learnable)
		return (struct end){ .kind = END_NOBODY, .segment = INDEX_NONE };
	return end_at(e, side, policy, spot->roaming ? NULL : &spot->addr, spot->region, device);
}

/* A spot may be missing: NULL. */
static int add_pair(struct devices_work *w, const struct spot *const spots[POLICIES])
{
	const struct spot *any = spots[AFTER] ? spots[AFTER] : spots[BEFORE];
	int err = 0;

	for (int side = 0; side < ENDS && !err; side++) {
		struct end_class class = { .version = w->version, .who = w->who, .region = any->region };

		for (int x = 0; x < POLICIES; x++) {
			class.end[x] = (struct end){ .kind = END_NOBODY, .segment = INDEX_NONE };
			if (spots[x])
				class.end[x] = spot_end(w->e, side, x, spots[x], w->devices[x]);
		}
		err = class_add(w->e, side, &class);
	}
	return err;
}

/*
 * An address that one policy lists for the device and the other does not: whose is it there? Of a
 * device that is elsewhere, it is no news that nobody has its former address.
 */
static int add_stranger(struct devices_work *w, int policy, const struct spot *spot, bool news)
{
	struct effects *e = w->e;
	int other = policy == BEFORE ? AFTER : BEFORE;
	struct end_class class = { .version = w->version, .who = w->who, .region = spot->region };
	uint32_t devices[POLICIES], hosts[POLICIES] = { INDEX_NONE, INDEX_NONE };
	struct end stranger;
	int err = addrs_find(&e->views[other].addrs, &spot->addr, &devices[other]);

	if (err)
		return err;
	devices[policy] = w->devices[policy];
	stranger = end_at(e, TO, other, &spot->addr, spot->region, devices[other]);
	if (stranger.kind != END_NOBODY) {
		/* Between two devices once is enough. */
		if (policy == AFTER && devices[other] != INDEX_NONE)
			return 0;
		hosts[other] = stranger.kind == END_HOST ? stranger.segment : INDEX_NONE;
		err = who_add(e, devices, hosts, &class.who);
	} else if (!news) {
		return 0;
	}
	for (int side = 0; side < ENDS && !err; side++) {
		for (int x = 0; x < POLICIES; x++)
			class.end[x] = end_at(e, side, x, &spot->addr, spot->region, devices[x]);
		err = class_add(e, side, &class);
	}
	return err;
}

static bool same_spot(const struct spot *a, const struct spot *b)
{
	if (a->roaming || b->roaming)
		return a->region == b->region;
	return !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

/* Those that both policies have; how many. */
static int meet(struct devices_work *w, size_t *met)
{
	struct spots *before = &w->spots[BEFORE], *after = &w->spots[AFTER];
	int err = 0;

	for (size_t i = 0; i < before->n; i++) {
		for (size_t k = 0; k < after->n && !err; k++) {
			/* Most are in the same order. */
			struct spot *other = &after->all[(i + k) % after->n];
			const struct spot *pair[POLICIES] = { &before->all[i], other };

			if (!same_spot(&before->all[i], other))
				continue;
			before->all[i].met = other->met = true;
			++*met;
			err = add_pair(w, pair);
			if (other->roaming == before->all[i].roaming)
				break;
		}
	}
	return err;
}

static const struct spot *next_unmet(const struct spots *spots, size_t *at)
{
	while (*at < spots->n && spots->all[*at].met)
		++*at;
	return *at < spots->n ? &spots->all[(*at)++] : NULL;
}

/* A device that moved is compared with itself. */
static int pair_unmet(struct devices_work *w)
{
	const struct spot *pair[POLICIES] = { NULL, NULL };
	size_t at[POLICIES] = { 0, 0 };
	int err = 0;

	while (!err) {
		bool more = false;

		for (int x = 0; x < POLICIES; x++) {
			const struct spot *next = next_unmet(&w->spots[x], &at[x]);

			more |= next != NULL;
			pair[x] = next ? next : pair[x];
		}
		if (!more)
			break;
		if (pair[BEFORE] && pair[AFTER])
			err = add_pair(w, pair);
	}
	return err;
}

/* Where the other policy does not have the device; alone: it does not have it anywhere. */
static int add_rest(struct devices_work *w, int policy, bool alone)
{
	int err = 0;

	for (size_t i = 0; i < w->spots[policy].n && !err; i++) {
		const struct spot *spot = &w->spots[policy].all[i];
		const struct spot *pair[POLICIES] = { NULL, NULL };

		pair[policy] = spot;
		if (!spot->met && !spot->roaming)
			err = add_stranger(w, policy, spot, alone);
		else if (alone)
			err = add_pair(w, pair);
	}
	return err;
}

static bool roams(const struct spots *spots)
{
	return !spots->n || spots->all[0].roaming;
}

static int add_version(struct devices_work *w)
{
	struct spots *before = &w->spots[BEFORE], *after = &w->spots[AFTER];
	struct who *who = &w->e->whos.all[w->who];
	uint32_t bit = 1U << (w->version + (before->n ? 8 : 0) + (after->n ? 16 : 0));
	size_t met = 0;
	int err;

	if (!before->n && !after->n)
		return 0;
	/* All that roam and go by the same words are in the same places. */
	if (roams(before) && roams(after)) {
		if (who->roaming & bit)
			return 0;
		who->roaming |= bit;
	}
	err = meet(w, &met);
	if (!err)
		err = pair_unmet(w);
	if (!err)
		err = add_rest(w, BEFORE, !after->n);
	return err ? err : add_rest(w, AFTER, !before->n);
}

static int add_device(struct devices_work *w, uint32_t before, uint32_t after)
{
	int err;

	w->devices[BEFORE] = before;
	w->devices[AFTER] = after;
	err = who_add(w->e, w->devices, NO_HOSTS, &w->who);
	for (w->version = 4; w->version <= 6 && !err; w->version += 2) {
		for (int x = 0; x < POLICIES && !err; x++)
			err = find_spots(w, x);
		if (!err)
			err = add_version(w);
	}
	return err;
}

int devices_gather(struct effects *e)
{
	struct devices_work w __attribute__((cleanup(work_free))) = { .e = e };
	const struct pairs *pairs = e->input.pairs;
	int err = 0;

	e->whos.table = (struct table){ .same = same_who, .owner = &e->whos };
	for (size_t i = 0; i < e->views[AFTER].policy->ndevices && !err; i++)
		err = add_device(&w, pairs->before[i], i);
	for (size_t i = 0; i < e->views[BEFORE].policy->ndevices && !err; i++)
		if (pairs->after[i] == INDEX_NONE)
			err = add_device(&w, i, INDEX_NONE);
	return err;
}
