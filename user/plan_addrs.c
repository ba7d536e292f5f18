// SPDX-License-Identifier: GPL-2.0-only
#include "plan_addrs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct listed_addr {
	uint32_t device, at;
};

static bool same_addr(const void *owner, uint32_t index, const void *key)
{
	const struct addrs *addrs = owner;
	const struct listed_addr *listed = &addrs->all[index];

	return !memcmp(&addrs->policy->devices[listed->device].addrs[listed->at], key,
		       sizeof(struct picket_addr));
}

static int fill(struct addrs *addrs)
{
	const struct policy *policy = addrs->policy;
	size_t n = 0;
	uint32_t found;

	for (size_t i = 0; i < policy->ndevices; i++)
		n += policy->devices[i].naddrs;
	addrs->table = (struct table){ .same = same_addr, .owner = addrs };
	addrs->all = calloc(n + 1, sizeof(*addrs->all));
	if (!addrs->all || table_reserve(&addrs->table, n + 1))
		return -ENOMEM;
	for (size_t i = 0; i < policy->ndevices; i++) {
		for (size_t k = 0; k < policy->devices[i].naddrs; k++) {
			const struct picket_addr *addr = &policy->devices[i].addrs[k];

			addrs->all[addrs->n] = (struct listed_addr){ i, k };
			if (table_add(&addrs->table, hash_bytes(addr, sizeof(*addr)), addr, addrs->n++,
				      &found))
				return -ENOMEM;
		}
	}
	return 0;
}

int addrs_find(struct addrs *addrs, const struct picket_addr *addr, uint32_t *device)
{
	uint32_t found;

	if (!addrs->all && fill(addrs))
		return -ENOMEM;
	found = table_find(&addrs->table, hash_bytes(addr, sizeof(*addr)), addr);
	*device = found == UINT32_MAX ? INDEX_NONE : addrs->all[found].device;
	return 0;
}

void addrs_free(struct addrs *addrs)
{
	free(addrs->all);
	table_free(&addrs->table);
}
