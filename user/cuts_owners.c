// SPDX-License-Identifier: GPL-2.0-only
/* Whose the rows are that flows have: by name, from policy to policy. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "cuts_work.h"
#include "lists.h"

#define PARSED_MOST 50000 /* devices of the policy before: more take too long to be parsed again */

static bool same_row(const void *context, uint32_t index, const void *key)
{
	const struct flow_work *w = context;

	return w->owners[index].row == *(const uint32_t *)key;
}

static bool same_name(const void *context, uint32_t index, const void *key)
{
	const struct flow_work *w = context;

	return !strcmp(w->owners[index].name, key);
}

/* Those that a list of devices did not move are where they were. */
static uint32_t guess_after(const struct flow_work *w, uint32_t index, const char *name)
{
	const struct policy *policy = w->input->policy;

	return index < policy->ndevices && !strcmp(policy->devices[index].name, name) ? index : INDEX_NONE;
}

static bool names_interface(const struct policy *policy, const struct interface *interface)
{
	for (size_t i = 0; i < policy->nports && interface; i++)
		if (!strcmp(policy->ports[i].interface, interface->name))
			return true;
	return false;
}

/* Which of the live policy's segments are on an interface that is one of the policy's too. */
static void find_filtered(struct flow_work *w)
{
	int fd = live_map(w->input->live, "ports");
	struct port_key key, *previous = NULL;
	struct port_info info;

	while (fd >= 0 && !bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, &info) ||
		    !names_interface(w->input->policy, network_at(w->input->network, key.ifindex)))
			continue;
		for (size_t i = 0; i < PICKET_MAX_SEGMENTS / 64; i++)
			w->filtered[i] |= info.segments[i];
	}
}

static bool is_left(const struct flow_work *w, uint32_t row)
{
	struct ident ident;
	int fd = live_map(w->input->live, "idents");

	return fd >= 0 && !bpf_map_lookup_elem(fd, &row, &ident) && ident.segment < PICKET_MAX_SEGMENTS &&
	       !(w->filtered[ident.segment / 64] >> ident.segment % 64 & 1);
}

static void read_learned(const struct flow_work *w, struct owner *owner)
{
	int by = live_map(w->input->live, "learned_by"), learned = live_map(w->input->live, "learned");
	struct learned_by slots;
	struct learned entry;

	if (by < 0 || learned < 0 || bpf_map_lookup_elem(by, &owner->row, &slots))
		return;
	for (int i = 0; i < PICKET_LEARNED_MAX; i++)
		if (slots.since[i] && !bpf_map_lookup_elem(learned, &slots.addr[i], &entry) &&
		    entry.row == owner->row)
			owner->addrs[owner->nlearned++] = slots.addr[i];
}

int cuts_owner(struct flow_work *w, uint32_t row, uint32_t *out)
{
	struct owner owner = { .row = row, .name = row ? live_device_name(w->input->live, row) : NULL };
	uint32_t found;

	*out = NO_ROW;
	if (!owner.name)
		return 0;
	if (array_reserve((void **)&w->owners, &w->owners_capacity, w->nowners + 1, sizeof(owner)) ||
	    table_add(&w->by_row, hash_bytes(&row, sizeof(row)), &row, w->nowners, &found))
		return -ENOMEM;
	*out = found;
	if (found != UINT32_MAX)
		return 0;
	*out = w->nowners;
	owner.before = live_device_index(w->input->live, row);
	owner.after = guess_after(w, owner.before, owner.name);
	owner.left = is_left(w, row);
	read_learned(w, &owner);
	w->owners[w->nowners++] = owner;
	return 0;
}

static size_t copy_addrs(const struct device *device, struct picket_addr *out, size_t n)
{
	for (size_t i = 0; i < device->naddrs && n < ADDRS_MOST; i++)
		out[n++] = device->addrs[i];
	return n;
}

size_t cuts_owner_addrs(const struct flow_work *w, const struct owner *owner, struct picket_addr out[ADDRS_MOST])
{
	size_t n = owner->nlearned;

	memcpy(out, owner->addrs, n * sizeof(*out));
	if (w->before && owner->before != INDEX_NONE)
		n = copy_addrs(&w->before->devices[owner->before], out, n);
	if (owner->after != INDEX_NONE)
		n = copy_addrs(&w->input->policy->devices[owner->after], out, n);
	return n;
}

int cuts_find_moved(struct flow_work *w)
{
	const struct policy *policy = w->input->policy;
	bool moved = false;
	uint32_t found;

	for (size_t i = 0; i < w->nowners; i++) {
		const char *name = w->owners[i].name;

		if (w->owners[i].after != INDEX_NONE)
			continue;
		moved = true;
		if (table_add(&w->by_name, hash_bytes(name, strlen(name)), name, i, &found))
			return -ENOMEM;
	}
	for (size_t i = 0; i < policy->ndevices && moved; i++) {
		const char *name = policy->devices[i].name;

		found = table_find(&w->by_name, hash_bytes(name, strlen(name)), name);
		if (found != UINT32_MAX)
			w->owners[found].after = i;
	}
	if (moved && live_bundle(w->input->live)->ndevices <= PARSED_MOST)
		live_policy(w->input->live, &w->before);
	return 0;
}

void cuts_begin_owners(struct flow_work *w)
{
	w->by_row = (struct table){ .same = same_row, .owner = w };
	w->by_name = (struct table){ .same = same_name, .owner = w };
	find_filtered(w);
}
