// SPDX-License-Identifier: GPL-2.0-only
#include "learn.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "table.h"

#define LEARNED_LIFETIME (3600 * NSEC_PER_SEC)
#define STOLEN_WITHIN (600 * NSEC_PER_SEC)

struct learner {
	const struct live *live;
	const struct policy *policy;
	const struct network *network;
	const uint32_t *ifindexes;
	const struct ident *idents;
	uint32_t rows; /* of idents; 0: no device learns */
	int learned, learned_by; /* maps */
	uint64_t now; /* ns of boot time */
	struct table by_mac; /* MAC and segment -> device index */
	struct table by_addr; /* listed address -> device index */
	const struct picket_addr **listed; /* by index in by_addr */
	uint32_t *row; /* by device index */
};

struct mac_in_segment {
	uint8_t mac[6];
	uint16_t pad;
	uint32_t segment; /* index */
};

static struct mac_in_segment mac_of(const struct device *device)
{
	struct mac_in_segment key = { .segment = device->segment };

	memcpy(key.mac, device->mac, sizeof(key.mac));
	return key;
}

static bool same_mac(const void *owner, uint32_t index, const void *key)
{
	const struct learner *learner = owner;
	struct mac_in_segment mac = mac_of(&learner->policy->devices[index]);

	return !memcmp(&mac, key, sizeof(mac));
}

static bool same_addr(const void *owner, uint32_t index, const void *key)
{
	const struct learner *learner = owner;

	return !memcmp(learner->listed[index], key, sizeof(struct picket_addr));
}

static void learner_free(struct learner *learner)
{
	table_free(&learner->by_mac);
	table_free(&learner->by_addr);
	free(learner->listed);
	free(learner->row);
}

/* Who may be known by its MAC in some IP version. */
static bool learns(const struct ident *ident)
{
	uint16_t both = IDENT_IPV4 | IDENT_IPV6;

	return (ident->flags & (IDENT_PRESENT | IDENT_MAC | IDENT_ROUTER)) == (IDENT_PRESENT | IDENT_MAC) &&
	       (ident->flags & both) != both;
}

static uint64_t mac_hash(const struct mac_in_segment *mac)
{
	return hash_bytes(mac, sizeof(*mac));
}

static uint64_t addr_hash(const struct picket_addr *addr)
{
	return hash_bytes(addr, sizeof(*addr));
}

static void prefetch_device(const struct learner *learner, const struct device *device)
{
	struct mac_in_segment mac = mac_of(device);

	table_prefetch(&learner->by_mac, mac_hash(&mac));
	for (size_t i = 0; i < device->naddrs; i++)
		table_prefetch(&learner->by_addr, addr_hash(&device->addrs[i]));
}

static int index_device(struct learner *learner, uint32_t index, uint32_t *nlisted)
{
	const struct device *device = &learner->policy->devices[index];
	struct mac_in_segment mac = mac_of(device);
	uint32_t found;
	int err = 0;

	if (device->has_mac)
		err = table_add(&learner->by_mac, mac_hash(&mac), &mac, index, &found);
	for (size_t i = 0; i < device->naddrs && !err; i++) {
		learner->listed[*nlisted] = &device->addrs[i];
		err = table_add(&learner->by_addr, addr_hash(&device->addrs[i]), &device->addrs[i],
				(*nlisted)++, &found);
	}
	return err;
}

static int index_policy(struct learner *learner)
{
	const struct policy *policy = learner->policy;
	uint32_t nlisted = 0;
	size_t naddrs = 0;
	int err = 0;

	for (size_t i = 0; i < policy->ndevices; i++)
		naddrs += policy->devices[i].naddrs;
	learner->listed = calloc(naddrs + 1, sizeof(*learner->listed));
	learner->row = calloc(policy->ndevices + 1, sizeof(*learner->row));
	if (!learner->listed || !learner->row)
		return -ENOMEM;
	for (uint32_t row = 0; row < learner->rows; row++) {
		uint32_t index = live_device_index(learner->live, row);

		if (index != INDEX_NONE)
			learner->row[index] = row;
	}
	learner->by_mac = (struct table){ .same = same_mac, .owner = learner };
	learner->by_addr = (struct table){ .same = same_addr, .owner = learner };
	if (table_reserve(&learner->by_mac, policy->ndevices) ||
	    table_reserve(&learner->by_addr, naddrs))
		return -ENOMEM;
	for (size_t i = 0; i < policy->ndevices && !err; i++) {
		if (i + TABLE_AHEAD < policy->ndevices)
			prefetch_device(learner, &policy->devices[i + TABLE_AHEAD]);
		err = index_device(learner, i, &nlisted);
	}
	return err;
}

/* The segment with the longest subnet that holds it: its index; INDEX_NONE for none or a /0. */
static uint32_t segment_of(const struct policy *policy, const struct picket_addr *addr)
{
	int longest = -1;
	uint32_t segment = INDEX_NONE;

	for (size_t i = 0; i < policy->nsegments; i++) {
		for (size_t k = 0; k < policy->segments[i].nsubnets; k++) {
			const struct prefix *prefix = &policy->segments[i].subnets[k].prefix;

			if (prefix->len <= longest || !prefix_holds(prefix, addr))
				continue;
			/* ::/0 is about IPv6 alone. */
			if (addr_is_ipv4(addr) && prefix->len < 96)
				continue;
			longest = prefix->len;
			segment = i;
		}
	}
	return longest == (addr_is_ipv4(addr) ? 96 : 0) ? INDEX_NONE : segment;
}

static bool link_local(const struct picket_addr *addr)
{
	return (ntohl(addr->w[0]) & 0xffc00000) == 0xfe800000;
}

/* May this device be known by its MAC at this address? */
static bool may_learn(const struct learner *learner, const struct ident *ident, uint32_t index,
		      const struct picket_addr *addr)
{
	uint16_t lists = addr_is_ipv4(addr) ? IDENT_IPV4 : IDENT_IPV6;

	if (!learns(ident) || ident->flags & lists || link_local(addr) || index == INDEX_NONE)
		return false;
	if (table_find(&learner->by_addr, addr_hash(addr), addr) != UINT32_MAX)
		return false;
	for (size_t i = 0; i < learner->network->naddrs; i++) {
		if (!memcmp(addr, &learner->network->addrs[i], sizeof(*addr)))
			return false;
	}
	return segment_of(learner->policy, addr) == learner->policy->devices[index].segment;
}

/* ---- forgetting ---- */

static void forget_addrs(const struct learner *learner)
{
	struct picket_addr key, next;
	struct learned value;
	void *at = NULL;
	int more = !bpf_map_get_next_key(learner->learned, at, &next);

	while (more) {
		uint32_t row;

		key = next;
		more = !bpf_map_get_next_key(learner->learned, &key, &next);
		if (bpf_map_lookup_elem(learner->learned, &key, &value))
			continue;
		row = value.row;
		if (row >= learner->rows ||
		    !may_learn(learner, &learner->idents[row], live_device_index(learner->live, row), &key))
			bpf_map_delete_elem(learner->learned, &key);
	}
}

static void forget_lists(const struct learner *learner)
{
	uint32_t key, next;
	int more = !bpf_map_get_next_key(learner->learned_by, NULL, &next);

	while (more) {
		key = next;
		more = !bpf_map_get_next_key(learner->learned_by, &key, &next);
		if (key >= learner->rows || !learns(&learner->idents[key]))
			bpf_map_delete_elem(learner->learned_by, &key);
	}
}

/* ---- learning ---- */

/* Does a frame of this segment come in by the neighbour's interface? */
static bool reached_by(const struct learner *learner, uint32_t segment, uint32_t ifindex)
{
	const struct interface *at = network_at(learner->network, ifindex);
	const struct segment *s = &learner->policy->segments[segment];

	for (size_t i = 0; at && i < s->nports; i++) {
		const struct port *port = &learner->policy->ports[s->ports[i]];
		uint32_t has = learner->ifindexes[s->ports[i]];
		const struct interface *base = network_at(learner->network, has);

		if (ifindex == has && !port->vlan)
			return true;
		if (at->lower == has && at->vlan == port->vlan && port->vlan)
			return true;
		if (base && base->master == ifindex && !port->vlan)
			return true;
	}
	return false;
}

/* The device with this MAC that the neighbour's interface leads to: its index or INDEX_NONE. */
static uint32_t neighbour_device(const struct learner *learner, const struct neighbour *neighbour,
				 uint32_t segment)
{
	struct mac_in_segment key = { .segment = segment };

	if (segment == INDEX_NONE || !reached_by(learner, segment, neighbour->ifindex))
		return INDEX_NONE;
	memcpy(key.mac, neighbour->mac, sizeof(key.mac));
	return table_find(&learner->by_mac, mac_hash(&key), &key);
}

/* Another device's, and in use: not to be taken from it on the neighbour table's word. */
static bool anothers(const struct learner *learner, const struct learned *entry, uint32_t row)
{
	return entry->row != row && (int64_t)(learner->now - entry->used) < STOLEN_WITHIN;
}

static bool slot_free(const struct learner *learner, const struct learned_by *list, int slot, uint32_t row)
{
	struct learned entry;

	if (!list->since[slot])
		return true;
	return bpf_map_lookup_elem(learner->learned, &list->addr[slot], &entry) || entry.row != row ||
	       (int64_t)(learner->now - entry.used) >= LEARNED_LIFETIME;
}

/* The address's own slot, else a free one; -1: what was seen in use is not given up for this. */
static int find_slot(const struct learner *learner, const struct learned_by *list, uint32_t row,
		     const struct picket_addr *addr)
{
	for (int slot = 0; slot < PICKET_LEARNED_MAX; slot++) {
		if (!memcmp(&list->addr[slot], addr, sizeof(*addr)))
			return slot;
	}
	for (int slot = 0; slot < PICKET_LEARNED_MAX; slot++) {
		if (slot_free(learner, list, slot, row))
			return slot;
	}
	return -1;
}

static int learn(const struct learner *learner, uint32_t row, const struct picket_addr *addr)
{
	struct learned entry, fresh = { .row = row, .used = learner->now };
	struct learned_by list = {};
	int slot;

	if (!bpf_map_lookup_elem(learner->learned, addr, &entry)) {
		if (anothers(learner, &entry, row))
			return 0;
		if (entry.row == row && (int64_t)(learner->now - entry.used) < LEARNED_LIFETIME)
			return 0;
	}
	if (bpf_map_lookup_elem(learner->learned_by, &row, &list) && errno != ENOENT)
		return -errno;
	slot = find_slot(learner, &list, row, addr);
	if (slot < 0)
		return 0;
	list.addr[slot] = *addr;
	list.since[slot] = learner->now;
	if (bpf_map_update_elem(learner->learned_by, &row, &list, BPF_ANY) ||
	    bpf_map_update_elem(learner->learned, addr, &fresh, BPF_ANY))
		return -errno;
	return 0;
}

static int learn_neighbours(const struct learner *learner, const struct neighbour *neighbours,
			    size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		const struct picket_addr *addr = &neighbours[i].addr;
		uint32_t index = neighbour_device(learner, &neighbours[i], segment_of(learner->policy, addr));

		if (index != INDEX_NONE &&
		    may_learn(learner, &learner->idents[learner->row[index]], index, addr))
			err = learn(learner, learner->row[index], addr);
	}
	return err;
}

static bool is_empty(int fd)
{
	struct picket_addr key;

	return bpf_map_get_next_key(fd, NULL, &key) != 0;
}

int learn_sync(const struct live *live, const struct policy *policy, const struct network *network,
	       const uint32_t *ifindexes)
{
	struct learner learner __attribute__((cleanup(learner_free))) = {
		.live = live, .policy = policy, .network = network, .ifindexes = ifindexes,
		.learned = live_map(live, "learned"), .learned_by = live_map(live, "learned_by"),
	};
	_cleanup_free_ struct neighbour *neighbours = NULL;
	struct timespec now;
	size_t n = 0;
	int err = 0;

	clock_gettime(CLOCK_BOOTTIME, &now);
	learner.now = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	if (live_bundle(live)->config->use_learning) {
		learner.idents = live_idents(live, &learner.rows);
		err = neighbours_get(&neighbours, &n);
	}
	if (!err && learner.rows && (n || !is_empty(learner.learned)))
		err = index_policy(&learner);
	if (err)
		return err;
	forget_addrs(&learner);
	forget_lists(&learner);
	return learn_neighbours(&learner, neighbours, n);
}
