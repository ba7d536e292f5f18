// SPDX-License-Identifier: GPL-2.0-only
#include "plan_pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

/* What else tells a device from others. */
struct mark {
	const void *bytes;
	size_t len;
};

/* Marks of devices before that are gone by name. */
struct marked {
	struct table table; /* of owners */
	struct mark *marks;
	uint32_t *owners;
	size_t n;
};

static bool same_mark(const void *owner, uint32_t index, const void *key)
{
	const struct mark *mark = &((const struct marked *)owner)->marks[index], *wanted = key;

	return mark->len == wanted->len && !memcmp(mark->bytes, wanted->bytes, mark->len);
}

static void marked_free(struct marked *marked)
{
	table_free(&marked->table);
	free(marked->marks);
	free(marked->owners);
}

static struct mark mark_of(const struct device *device, bool by_mac)
{
	if (by_mac)
		return (struct mark){ device->mac, device->has_mac ? sizeof(device->mac) : 0 };
	return (struct mark){ device->addrs, device->naddrs ? sizeof(*device->addrs) : 0 };
}

static void pair(struct pairs *pairs, uint32_t before, uint32_t after)
{
	pairs->after[before] = after;
	pairs->before[after] = before;
}

static void pair_by_name(const struct policy *before, const struct policy *after, struct pairs *pairs)
{
	for (size_t i = 0; i < after->ndevices; i++) {
		const char *name = after->devices[i].name;
		uint32_t found = i;

		/* Most policies are much as they were. */
		if (i >= before->ndevices || strcmp(before->devices[i].name, name))
			found = policy_find_device(before, name);
		if (found != INDEX_NONE)
			pair(pairs, found, i);
	}
}

static int pair_by_mark(const struct policy *before, const struct policy *after, bool by_mac,
			struct pairs *pairs)
{
	struct marked marked __attribute__((cleanup(marked_free))) = {
		.marks = calloc(before->ndevices + 1, sizeof(*marked.marks)),
		.owners = calloc(before->ndevices + 1, sizeof(*marked.owners)),
	};
	uint32_t found;

	if (!marked.marks || !marked.owners)
		return -ENOMEM;
	marked.table = (struct table){ .same = same_mark, .owner = &marked };
	for (size_t i = 0; i < before->ndevices; i++) {
		struct mark *mark = &marked.marks[marked.n];

		*mark = mark_of(&before->devices[i], by_mac);
		if (pairs->after[i] != INDEX_NONE || !mark->len)
			continue;
		marked.owners[marked.n] = i;
		if (table_add(&marked.table, hash_bytes(mark->bytes, mark->len), mark, marked.n, &found))
			return -ENOMEM;
		marked.n += found == UINT32_MAX;
	}
	for (size_t i = 0; i < after->ndevices && marked.n; i++) {
		struct mark mark = mark_of(&after->devices[i], by_mac);

		if (pairs->before[i] != INDEX_NONE || !mark.len)
			continue;
		found = table_find(&marked.table, hash_bytes(mark.bytes, mark.len), &mark);
		if (found != UINT32_MAX && pairs->after[marked.owners[found]] == INDEX_NONE)
			pair(pairs, marked.owners[found], i);
	}
	return 0;
}

int pairs_init(const struct policy *before, const struct policy *after, struct pairs *out)
{
	struct pairs pairs = {
		.after = malloc((before->ndevices + 1) * sizeof(*pairs.after)),
		.before = malloc((after->ndevices + 1) * sizeof(*pairs.before)),
	};
	int err = pairs.after && pairs.before ? 0 : -ENOMEM;

	if (!err) {
		memset(pairs.after, 0xff, (before->ndevices + 1) * sizeof(*pairs.after));
		memset(pairs.before, 0xff, (after->ndevices + 1) * sizeof(*pairs.before));
		pair_by_name(before, after, &pairs);
		err = pair_by_mark(before, after, true, &pairs);
	}
	if (!err)
		err = pair_by_mark(before, after, false, &pairs);
	if (err)
		pairs_free(&pairs);
	else
		*out = pairs;
	return err;
}

void pairs_free(struct pairs *pairs)
{
	free(pairs->after);
	free(pairs->before);
}
