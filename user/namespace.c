// SPDX-License-Identifier: GPL-2.0-only
#include "namespace.h"

#include <string.h>

#define INDEX_BITS 30
#define INDEX_MASK ((1U << INDEX_BITS) - 1)

struct key {
	const char *text;
	size_t len;
};

static struct name name_unpack(uint32_t packed)
{
	return (struct name){ packed >> INDEX_BITS, packed & INDEX_MASK };
}

static const char *name_text(const struct policy *policy, struct name name)
{
	switch (name.kind) {
	case NAME_SEGMENT:
		return policy->segments[name.index].name;
	case NAME_PEER:
		return policy->peers[name.index].name;
	case NAME_ROLE:
		return policy->roles[name.index].name;
	default:
		return policy->devices[name.index].name;
	}
}

struct loc name_loc(const struct policy *policy, struct name name)
{
	switch (name.kind) {
	case NAME_SEGMENT:
		return policy->segments[name.index].loc;
	case NAME_PEER:
		return policy->peers[name.index].loc;
	case NAME_ROLE:
		return policy->roles[name.index].loc;
	default:
		return policy->devices[name.index].loc;
	}
}

static bool name_same(const void *owner, uint32_t packed, const void *key)
{
	const struct namespace *names = owner;
	const struct key *wanted = key;
	const char *text = name_text(names->policy, name_unpack(packed));

	return !strncmp(text, wanted->text, wanted->len) && !text[wanted->len];
}

void namespace_init(struct namespace *names, const struct policy *policy)
{
	names->policy = policy;
	names->table = (struct table){ .same = name_same, .owner = names };
}

void namespace_free(struct namespace *names)
{
	table_free(&names->table);
}

const char *name_kind_words(enum name_kind kind)
{
	static const char *const words[] = {
		[NAME_SEGMENT] = "a segment",
		[NAME_PEER] = "a peer",
		[NAME_ROLE] = "a role",
		[NAME_DEVICE] = "a device",
	};

	return words[kind];
}

int namespace_add(struct namespace *names, struct name name, bool *taken, struct name *by)
{
	const char *text = name_text(names->policy, name);
	struct key key = { text, strlen(text) };
	uint32_t found;
	int err;

	err = table_add(&names->table, hash_bytes(key.text, key.len), &key,
			(uint32_t)name.kind << INDEX_BITS | name.index, &found);
	if (err)
		return err;
	*taken = found != UINT32_MAX;
	if (*taken)
		*by = name_unpack(found);
	return 0;
}

int namespace_reserve(struct namespace *names, size_t n)
{
	return table_reserve(&names->table, names->table.used + n);
}

void namespace_prefetch(const struct namespace *names, const char *text, size_t len)
{
	table_prefetch(&names->table, hash_bytes(text, len));
}

bool namespace_find(const struct namespace *names, const char *text, size_t len, struct name *out)
{
	struct key key = { text, len };
	uint32_t found = table_find(&names->table, hash_bytes(text, len), &key);

	if (found == UINT32_MAX)
		return false;
	*out = name_unpack(found);
	return true;
}
