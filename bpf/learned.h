/* SPDX-License-Identifier: GPL-2.0-only */
/* Learned addresses: what a device that is known by its MAC was seen to use. */
#ifndef PICKET_BPF_LEARNED_H
#define PICKET_BPF_LEARNED_H

#include "lookup.h"

/*
 * When the device learned what a slot of its list holds; 0: it is addr's own slot, 1: it holds
 * nothing alive.
 */
COLD u64 learned_since(struct pkt *p, u32 row, u32 slot, const struct picket_addr *addr)
{
	struct learned_by *list = bpf_map_lookup_elem(&learned_by, &row);
	struct learned *entry;
	struct picket_addr key;

	if (!p || !addr || !list || slot >= PICKET_LEARNED_MAX)
		return 0;
	key = list->addr[slot];
	if (addr_equal(&key, addr))
		return 0;
	entry = list->since[slot] ? bpf_map_lookup_elem(&learned, &key) : NULL;
	if (!entry || entry->row != row || age(p, entry->used) >= LEARNED_LIFETIME)
		return 1;
	return list->since[slot];
}

/* The slot for an address: its own, else one that holds nothing alive, else the first learned. */
COLD int learned_slot(struct pkt *p, u32 row, const struct picket_addr *addr)
{
	u64 oldest = ~0ULL;
	int slot = 0;

	if (!p || !addr)
		return 0;
	for (int i = 0; i < PICKET_LEARNED_MAX; i++) {
		u64 since = learned_since(p, row, i, addr);

		if (since < oldest) {
			oldest = since;
			slot = i;
		}
	}
	return slot;
}

/* Remembers that the device uses the address. */
COLD int learn_address(struct pkt *p, u32 which)
{
	struct picket_addr addr, old;
	struct learned fresh = {}, *entry;
	struct learned_by *list;
	u32 row, slot;

	if (!p)
		return 0;
	addr = p->learn[which & 1];
	row = p->learn_row;
	fresh.row = row;
	fresh.used = pkt_now(p);
	entry = bpf_map_lookup_elem(&learned, &addr);
	if (entry && entry->row == row && age(p, entry->used) < LEARNED_LIFETIME) {
		entry->used = fresh.used;
		return 0;
	}
	list = bpf_map_lookup_elem(&learned_by, &row);
	if (!list) {
		/* Too large for the stack: the map's own zeroes are copied. */
		u32 zero = 0;
		struct learned_by *empty = bpf_map_lookup_elem(&no_addresses, &zero);

		if (empty)
			bpf_map_update_elem(&learned_by, &row, empty, BPF_NOEXIST);
		list = bpf_map_lookup_elem(&learned_by, &row);
	}
	if (!list) {
		count_stat(STAT_LEARN_FAILED, 1);
		return 0;
	}
	slot = learned_slot(p, row, &addr) & (PICKET_LEARNED_MAX - 1);
	old = list->addr[slot];
	entry = list->since[slot] ? bpf_map_lookup_elem(&learned, &old) : NULL;
	if (entry && entry->row == row)
		bpf_map_delete_elem(&learned, &old);
	list->addr[slot] = addr;
	list->since[slot] = fresh.used;
	count_stat(bpf_map_update_elem(&learned, &addr, &fresh, BPF_ANY) ? STAT_LEARN_FAILED :
									   STAT_LEARNED, 1);
	return 0;
}

#endif
