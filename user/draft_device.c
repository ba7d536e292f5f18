// SPDX-License-Identifier: GPL-2.0-only
/* Devices with their names and addresses, and what their segments have to pass for them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft_parts.h"
#include "eval_place.h"
#include "lists.h"
#include "names.h"

#define ADDRESSES_MOST 16

/* Made of the MAC (RFC 4291, appendix A): it stays. */
static bool is_stable(const struct picket_addr *addr, const uint8_t mac[6])
{
	const uint8_t *id = (const uint8_t *)addr + 8;

	return id[0] == (mac[0] ^ 2) && id[1] == mac[1] && id[2] == mac[2] && id[3] == 0xff && id[4] == 0xfe &&
	       id[5] == mac[3] && id[6] == mac[4] && id[7] == mac[5];
}

/*
 * An address that comes by DHCP, or that the device makes up, changes: it is learned by the MAC. One that was
 * spoken to before it spoke could not have been; and listing some of a version makes the others strangers.
 */
static bool lists_version(const struct drafting *d, const struct member *member, bool ipv4)
{
	uint32_t late = CLAIM_LATE | (d->on_gateway ? 0 : CLAIM_OFFERED); /* what a gateway's server says passes */
	bool fixed = !ipv4 || !(member->station->flags & STATION_DHCP_CLIENT);

	for (size_t i = 0; i < member->nclaims; i++) {
		const struct claim *claim = member->claims[i];
		const struct owner *owner = draft_owner(d, &claim->key.addr, claim->key.station.mac);

		if (!owner || owner->claim != claim || addr_is_ipv4(&claim->key.addr) != ipv4)
			continue;
		if (owner->handed_on)
			return false;
		if (claim->flags & late || member->router)
			return true;
		fixed &= ipv4 || is_stable(&claim->key.addr, member->station->key.mac);
	}
	return fixed;
}

/* Its addresses, besides those that it has from another port; of a version all are listed, or none. */
static int take_addresses(struct drafting *d, const struct member *member, struct draft_device *device)
{
	bool lists[2] = { lists_version(d, member, false), lists_version(d, member, true) };

	if (!device->addrs)
		device->addrs = arena_array(&d->draft->arena, ADDRESSES_MOST, sizeof(*device->addrs));
	if (!device->addrs)
		return -ENOMEM;
	for (size_t i = 0; i < device->naddrs; i++)
		lists[addr_is_ipv4(&device->addrs[i].addr)] |= device->addrs[i].listed;
	for (size_t i = 0; i < member->nclaims && device->naddrs < ADDRESSES_MOST; i++) {
		const struct claim *claim = member->claims[i];
		const struct owner *owner = draft_owner(d, &claim->key.addr, claim->key.station.mac);

		if (owner && owner->claim == claim)
			device->addrs[device->naddrs++].addr = claim->key.addr;
	}
	for (size_t i = 0; i < device->naddrs; i++)
		device->addrs[i].listed = lists[addr_is_ipv4(&device->addrs[i].addr)];
	return 0;
}

static const char *device_name(struct drafting *d, const struct member *member)
{
	const uint8_t *mac = member->station->key.mac;
	char by_mac[24];

	snprintf(by_mac, sizeof(by_mac), "%s-%02x%02x%02x%02x%02x%02x", member->router ? "router" : "dev", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	return draft_name(d, *member->station->host_name ? member->station->host_name : by_mac, by_mac);
}

static bool device_same(const void *owner, uint32_t index, const void *key)
{
	const struct draft_device *a = &((const struct drafting *)owner)->draft->devices[index], *b = key;

	return a->segment == b->segment && !memcmp(a->mac, b->mac, 6);
}

/* The device of this MAC in the segment, made when it is new: on another of its ports it is the same. */
static struct draft_device *find_device(struct drafting *d, struct member *member)
{
	struct draft *draft = d->draft;
	struct draft_device device = { .segment = d->devices_of[member->station->key.port], .role = INDEX_NONE };
	uint32_t found;

	memcpy(device.mac, member->station->key.mac, 6);
	d->devices.same = device_same;
	d->devices.owner = d;
	if (array_reserve((void **)&draft->devices, &d->cap_devices, draft->ndevices + 1, sizeof(device)) ||
	    table_add(&d->devices, hash_bytes(device.mac, 6) + device.segment, &device, draft->ndevices, &found))
		return NULL;
	member->device = found;
	if (found != UINT32_MAX)
		return &draft->devices[found];
	device.name = device_name(d, member);
	member->device = draft->ndevices;
	draft->devices[draft->ndevices] = device;
	return device.name ? &draft->devices[draft->ndevices++] : NULL;
}

static void sighting_join(struct sighting *sighting, const struct sighting *other)
{
	if (!sighting->frames || other->first < sighting->first)
		sighting->first = other->first;
	if (!sighting->frames || other->last > sighting->last)
		sighting->last = other->last;
	sighting->frames += other->frames;
}

static int add_device(struct drafting *d, struct member *member)
{
	const struct station *station = member->station;
	struct draft_device *device = find_device(d, member);

	if (!device || take_addresses(d, member, device))
		return -ENOMEM;
	device->named |= *station->host_name;
	device->router |= member->router;
	device->dhcp_server |= (station->flags & STATION_DHCP_SERVER) != 0;
	sighting_join(&device->sent, &station->sent);
	for (int i = 0; i < DIRECTIONS; i++)
		pace_join(&device->pace[i], &station->pace[i]);
	return 0;
}

/* ---- what segments pass ---- */

static int add_ethertype(struct drafting *d, struct draft_segment *segment, const struct frametype *type)
{
	if (!segment->ethertypes)
		segment->ethertypes = arena_array(&d->draft->arena, d->observer->frametypes.n,
						  sizeof(*segment->ethertypes));
	if (!segment->ethertypes)
		return -ENOMEM;
	for (size_t i = 0; i < segment->nethertypes; i++) {
		if (segment->ethertypes[i].ethertype == type->key.ethertype) {
			segment->ethertypes[i].frames += type->seen.frames;
			return 0;
		}
	}
	segment->ethertypes[segment->nethertypes++] = (struct draft_ethertype){
		.ethertype = type->key.ethertype, .frames = type->seen.frames,
	};
	return 0;
}

static int compare_ethertypes(const void *a, const void *b)
{
	return (int)((const struct draft_ethertype *)a)->ethertype - ((const struct draft_ethertype *)b)->ethertype;
}

static struct draft_segment *segment_of(struct drafting *d, const struct member *member)
{
	uint16_t port = member->station->key.port;
	uint32_t segment = member->who == WHO_DEVICE ? d->devices_of[port] : d->hosts_of[port];

	return member->who == WHO_STRANGER || member->who == WHO_GATEWAY || segment == INDEX_NONE ?
		       NULL : &d->draft->segments[segment];
}

static int take_ethertypes(struct drafting *d)
{
	const struct frametype *type = NULL;
	int err = 0;

	while (!err && (type = cache_next(&d->observer->frametypes, type))) {
		struct member *member = draft_member(d, &type->key.station);
		struct draft_segment *segment = member ? segment_of(d, member) : NULL;

		if (segment)
			err = add_ethertype(d, segment, type);
	}
	for (size_t i = 0; i < d->draft->nsegments; i++) {
		if (d->draft->segments[i].nethertypes)
			qsort(d->draft->segments[i].ethertypes, d->draft->segments[i].nethertypes,
			      sizeof(struct draft_ethertype), compare_ethertypes);
	}
	return err;
}

static void describe_segment(struct drafting *d, const struct member *member)
{
	struct draft_segment *segment = segment_of(d, member);
	uint32_t uplink = d->hosts_of[member->station->key.port];

	if (!segment)
		return;
	segment->dhcp |= (member->station->flags & STATION_DHCP_CLIENT) != 0;
	segment->track_fragments |= member->station->fragments != 0;
	if (member->router && uplink != INDEX_NONE)
		segment = &d->draft->segments[uplink];
	if (member->router && member->station->fragments)
		segment->track_fragments = true;
	segment->router_advertisements |= member->router && member->station->flags & STATION_ADVERTISES;
}

/* Most captures are taken where picket is going to be. */
static int note_router(struct drafting *d, const struct draft_device *device)
{
	char mac[MAC_LEN], addr[ADDR_LEN];

	if (d->on_gateway)
		return 0;
	return draft_note(d, "%s forwards for others and is taken for a router beside the gateway; if it is the gateway "
			  "that this policy is for, learn with --gateway %s", device->name,
			  device->naddrs ? format_addr(&device->addrs[0].addr, addr) : format_mac(device->mac, mac));
}

int draft_devices(struct drafting *d)
{
	int err = 0;

	for (size_t i = 0; i < d->nmembers && !err; i++) {
		describe_segment(d, &d->members[i]);
		if (d->members[i].who == WHO_DEVICE)
			err = add_device(d, &d->members[i]);
		if (!err && d->members[i].router && d->members[i].who == WHO_DEVICE)
			err = note_router(d, &d->draft->devices[d->members[i].device]);
	}
	return err ? err : take_ethertypes(d);
}
