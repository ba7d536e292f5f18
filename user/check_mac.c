// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* A MAC means one device on a port; segments that share none may have it again. */

static bool mac_same(const void *owner, uint32_t index, const void *key)
{
	const struct policy *policy = owner;

	return !memcmp(policy->devices[index].mac, key, 6);
}

static uint64_t mac_hash(const struct device *device)
{
	return hash_bytes(device->mac, sizeof(device->mac));
}

/* Marks every device whose MAC another one has as well; *found tells whether there are any. */
static int mark_shared(const struct policy *policy, struct table *table, bool *shared, bool *any)
{
	uint32_t d, found;

	for (d = 0; d < policy->ndevices; d++) {
		const struct device *device = &policy->devices[d];

		if (d + TABLE_AHEAD < policy->ndevices)
			table_prefetch(table, mac_hash(&device[TABLE_AHEAD]));
		if (!device->has_mac || device->segment == INDEX_NONE)
			continue;
		if (table_add(table, mac_hash(device), device->mac, d, &found))
			return -ENOMEM;
		if (found == UINT32_MAX)
			continue;
		shared[d] = shared[found] = *any = true;
	}
	return 0;
}

/* Devices that have the MAC on a port. */
struct seen {
	uint32_t device, port;
};

struct sightings {
	const struct policy *policy;
	struct seen *seen;
	size_t n, room;
	struct table table;
};

struct sighting {
	const uint8_t *mac;
	uint32_t port;
};

static bool seen_same(const void *owner, uint32_t index, const void *key)
{
	const struct sightings *sightings = owner;
	const struct seen *seen = &sightings->seen[index];
	const struct sighting *wanted = key;

	return seen->port == wanted->port && mac_same(sightings->policy, seen->device, wanted->mac);
}

/* *older: the device that has this MAC on this port, or INDEX_NONE. */
static int sightings_add(struct sightings *sightings, uint32_t d, uint32_t port, uint32_t *older)
{
	struct sighting key = { sightings->policy->devices[d].mac, port };
	uint32_t found;

	if (sightings->n == sightings->room) {
		size_t room = sightings->room ? sightings->room * 2 : 64;
		struct seen *larger = realloc(sightings->seen, room * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		sightings->seen = larger;
		sightings->room = room;
	}
	sightings->seen[sightings->n] = (struct seen){ d, port };
	if (table_add(&sightings->table, hash_bytes(key.mac, 6) + port * 0x9e3779b97f4a7c15ULL, &key,
		      sightings->n, &found))
		return -ENOMEM;
	*older = found == UINT32_MAX ? INDEX_NONE : sightings->seen[found].device;
	sightings->n += found == UINT32_MAX;
	return 0;
}

static void report_mac(struct check *check, uint32_t d, uint32_t older, uint32_t port)
{
	const struct policy *policy = check->policy;
	const struct device *device = &policy->devices[d], *other = &policy->devices[older];

	diag_error(check->diag, device_loc(device, check->places[d].mac),
		   "this MAC address is already that of \"%s\", and both live on the port %s: a MAC "
		   "address belongs to one device there",
		   other->name, policy->ports[port].interface);
	diag_other(check->diag, device_loc(other, check->places[older].mac), "first here");
}

static int check_shared(struct check *check, struct sightings *sightings, const bool *shared)
{
	const struct policy *policy = check->policy;
	uint32_t d, older;
	size_t i;

	for (d = 0; d < policy->ndevices; d++) {
		const struct segment *segment;

		if (!shared[d])
			continue;
		segment = &policy->segments[policy->devices[d].segment];
		for (i = 0; i < segment->nports; i++) {
			if (sightings_add(sightings, d, segment->ports[i], &older))
				return -ENOMEM;
			if (older == INDEX_NONE)
				continue;
			report_mac(check, d, older, segment->ports[i]);
			break;
		}
	}
	return 0;
}

int check_device_macs(struct check *check)
{
	struct table table = { .same = mac_same, .owner = check->policy };
	struct sightings sightings = {
		.policy = check->policy,
		.table = { .same = seen_same, .owner = &sightings },
	};
	size_t n = check->policy->ndevices;
	bool *shared = calloc(n + 1, sizeof(*shared)), any = false;
	int err = shared && !table_reserve(&table, n) ? 0 : -ENOMEM;

	if (!err)
		err = mark_shared(check->policy, &table, shared, &any);
	table_free(&table);
	if (!err && any)
		err = check_shared(check, &sightings, shared);
	table_free(&sightings.table);
	free(sightings.seen);
	free(shared);
	return err;
}
