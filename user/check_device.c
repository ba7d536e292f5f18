// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "names.h"

struct loc device_loc(const struct device *device, struct place place)
{
	if (!place.line)
		return device->loc;
	return (struct loc){ device->loc.file, place.line, place.col };
}

static bool gateway_same(const void *owner, uint32_t index, const void *key)
{
	const struct policy *policy = owner;

	return !memcmp(&policy->gateway[index], key, sizeof(struct picket_addr));
}

static uint64_t addr_hash(const struct picket_addr *addr)
{
	return hash_bytes(addr, sizeof(*addr));
}

static int gateway_table(const struct check *check, struct table *table)
{
	const struct policy *policy = check->policy;
	uint32_t i, found;

	*table = (struct table){ .same = gateway_same, .owner = policy };
	for (i = 0; i < policy->ngateway; i++)
		if (table_add(table, addr_hash(&policy->gateway[i]), &policy->gateway[i], i, &found))
			return -ENOMEM;
	return 0;
}

/* An address that is the broadcast address of a listed subnet is nobody's. */
static void check_broadcast(struct check *check, const struct picket_addr *addr, struct loc loc)
{
	const struct subnet_ref *ref = subnets_broadcast(&check->subnets, addr);
	char text[ADDR_LEN];

	if (!ref)
		return;
	diag_error(check->diag, loc, "%s is a subnet's broadcast address: write the address of one host",
		   format_addr(addr, text));
	diag_other(check->diag, subnet_of(check->policy, *ref)->loc, "the subnet is here");
}

int check_gateway(struct check *check)
{
	struct table table = { .same = gateway_same, .owner = check->policy };
	const struct policy *policy = check->policy;
	uint32_t i, found = UINT32_MAX;
	int err = 0;

	for (i = 0; i < policy->ngateway && !err; i++) {
		const struct picket_addr *addr = &policy->gateway[i];

		check_broadcast(check, addr, check->gateway_locs[i]);
		err = table_add(&table, addr_hash(addr), addr, i, &found);
		if (err || found == UINT32_MAX)
			continue;
		diag_error(check->diag, check->gateway_locs[i], "this address is here twice: remove it");
		diag_other(check->diag, check->gateway_locs[found], "first here");
	}
	table_free(&table);
	return err;
}

/* Address a of device d lies in a subnet of another segment than it should. */
static void report_elsewhere(struct check *check, size_t d, size_t a, const struct subnet_ref *ref,
			     size_t first)
{
	const struct policy *policy = check->policy;
	const struct device *device = &policy->devices[d];
	const struct device_places *places = &check->places[d];
	const char *here = policy->segments[device->segment].name;
	struct loc loc = device_loc(device, places->addrs[a]);
	char text[ADDR_LEN];

	format_addr(&device->addrs[a], text);
	if (!ref)
		diag_error(check->diag, loc,
			   "%s is in no subnet of \"%s\", the device's segment: add the subnet or correct it",
			   text, here);
	else
		diag_error(check->diag, loc,
			   "%s is in the segment \"%s\", but the device is in \"%s\": a device lives in one "
			   "segment",
			   text, policy->segments[ref->segment].name, here);
	if (places->segment.line)
		diag_other(check->diag, device_loc(device, places->segment), "\"%s\" is named here", here);
	else
		diag_other(check->diag, device_loc(device, places->addrs[first]), "this one is in \"%s\"",
			   here);
}

static void report_nowhere(struct check *check, size_t d, size_t a)
{
	const struct device *device = &check->policy->devices[d];
	char text[ADDR_LEN];

	diag_error(check->diag, device_loc(device, check->places[d].addrs[a]),
		   "%s is in no segment's subnets: add the subnet to a segment or correct the address",
		   format_addr(&device->addrs[a], text));
}

static void find_segment(struct check *check, size_t d)
{
	struct device *device = &check->policy->devices[d];
	const struct device_places *places = &check->places[d];
	size_t a, first = 0;
	bool homeless = false;

	/* A name that is not defined is reported already. */
	if (places->segment.line && device->segment == INDEX_NONE)
		return;
	for (a = 0; a < device->naddrs; a++) {
		const struct subnet_ref *ref = NULL;
		uint32_t found;

		if (addr_stays_on_link(&device->addrs[a]))
			continue;
		found = subnets_match(&check->subnets, &device->addrs[a]);
		if (found != UINT32_MAX)
			ref = &check->subnets.refs[found];
		if (ref && device->segment == INDEX_NONE) {
			device->segment = ref->segment;
			first = a;
		} else if (device->segment == INDEX_NONE) {
			report_nowhere(check, d, a);
			homeless = true;
		} else if (!ref || ref->segment != device->segment) {
			report_elsewhere(check, d, a, ref, first);
		}
	}
	if (device->naddrs && device->segment == INDEX_NONE && !homeless)
		diag_error(check->diag, device->loc,
			   "the device \"%s\" has link-local addresses alone, which do not say where it "
			   "lives: add \"segment\"",
			   device->name);
}

int check_device_segments(struct check *check)
{
	size_t d;

	for (d = 0; d < check->policy->ndevices; d++)
		find_segment(check, d);
	return 0;
}

/* One address of one device. */
struct owned {
	uint32_t device, addr;
};

struct owners {
	const struct policy *policy;
	struct owned *owned;
};

static bool owned_same(const void *owner, uint32_t index, const void *key)
{
	const struct owners *owners = owner;
	struct owned owned = owners->owned[index];

	return !memcmp(&owners->policy->devices[owned.device].addrs[owned.addr], key,
		       sizeof(struct picket_addr));
}

static void report_shared(struct check *check, struct owned owned, struct owned older)
{
	const struct device *devices = check->policy->devices;
	const struct device *device = &devices[owned.device], *other = &devices[older.device];
	char text[ADDR_LEN];

	format_addr(&device->addrs[owned.addr], text);
	if (device == other)
		diag_error(check->diag, device_loc(device, check->places[owned.device].addrs[owned.addr]),
			   "%s is here twice: remove it", text);
	else
		diag_error(check->diag, device_loc(device, check->places[owned.device].addrs[owned.addr]),
			   "%s is already the address of \"%s\": an address belongs to one device", text,
			   other->name);
	diag_other(check->diag, device_loc(other, check->places[older.device].addrs[older.addr]),
		   "first here");
}

static void check_addr(struct check *check, const struct table *gateway, struct owned owned)
{
	const struct device *device = &check->policy->devices[owned.device];
	const struct picket_addr *addr = &device->addrs[owned.addr];
	struct loc loc = device_loc(device, check->places[owned.device].addrs[owned.addr]);
	uint32_t found = table_find(gateway, addr_hash(addr), addr);
	char text[ADDR_LEN];

	if (found != UINT32_MAX) {
		diag_error(check->diag, loc, "%s is the gateway's address: a device needs one of its own",
			   format_addr(addr, text));
		diag_other(check->diag, check->gateway_locs[found], "the gateway's is here");
	}
	check_broadcast(check, addr, loc);
}

static void prefetch_addrs(const struct table *table, const struct policy *policy, size_t d)
{
	size_t a;

	for (a = 0; d < policy->ndevices && a < policy->devices[d].naddrs; a++)
		table_prefetch(table, addr_hash(&policy->devices[d].addrs[a]));
}

static int check_owners(struct check *check, const struct table *gateway, struct table *table,
			struct owned *owned)
{
	const struct policy *policy = check->policy;
	uint32_t n = 0, d, a, found;

	for (d = 0; d < policy->ndevices; d++) {
		prefetch_addrs(table, policy, d + TABLE_AHEAD);
		for (a = 0; a < policy->devices[d].naddrs; a++) {
			const struct picket_addr *addr = &policy->devices[d].addrs[a];

			owned[n] = (struct owned){ d, a };
			check_addr(check, gateway, owned[n]);
			if (table_add(table, addr_hash(addr), addr, n, &found))
				return -ENOMEM;
			if (found == UINT32_MAX)
				n++;
			else
				report_shared(check, owned[n], owned[found]);
		}
	}
	return 0;
}

int check_device_addrs(struct check *check)
{
	struct owners owners = { .policy = check->policy };
	struct table table = { .same = owned_same, .owner = &owners }, gateway;
	size_t n = 0, d;
	int err;

	for (d = 0; d < check->policy->ndevices; d++)
		n += check->policy->devices[d].naddrs;
	owners.owned = malloc((n + 1) * sizeof(*owners.owned));
	err = gateway_table(check, &gateway);
	if (!owners.owned || table_reserve(&table, n))
		err = -ENOMEM;
	if (!err)
		err = check_owners(check, &gateway, &table, owners.owned);
	table_free(&table);
	table_free(&gateway);
	free(owners.owned);
	return err;
}
