// SPDX-License-Identifier: GPL-2.0-only
#include "slot.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "live.h"

#define STATES                                                                                  \
	"devices", "segstates", "totals", "stats", "flows", "hostflows", "learned", "learned_by", \
		"refusals", "gates", "events"

const char *const slot_maps[] = {
	"ports", "untagged", "portstates", "segments", "idents", "steps", "profiles", "roots", "pages",
	"places", "guesses", "addrs", "macs", "ethertypes", "interfaces", "gateway", "prefixes", "parents",
	"rules", "services",
	STATES, NULL,
};

const char *const slot_states[] = { STATES, NULL };

_Static_assert(sizeof(slot_maps) / sizeof(slot_maps[0]) <= SLOT_MAX_MAPS, "SLOT_MAX_MAPS");

const char *slot_dir(uint64_t word)
{
	return word & 1 ? "slot1" : "slot0";
}

int map_capacity(int fd, uint32_t *out)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*out = info.max_entries;
	return 0;
}

static int lookup_sum(int fd, uint32_t key, struct tally *values, int cpus, struct tally *out)
{
	if (bpf_map_lookup_elem(fd, &key, values))
		return -errno;
	*out = (struct tally){};
	for (int cpu = 0; cpu < cpus; cpu++) {
		out->packets += values[cpu].packets;
		out->bytes += values[cpu].bytes;
	}
	return 0;
}

int sum_totals(int fd, uint32_t first, uint32_t n, struct tally *out)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	_cleanup_free_ struct tally *values = cpus > 0 ? calloc(cpus, sizeof(*values)) : NULL;

	if (!values)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && !err; i++)
		err = lookup_sum(fd, first + i, values, cpus, &out[i]);
	return err;
}

/* Keys are fetched in order; a key that vanishes on the way starts a hash over, hence the bound. */
static int count_keys(int fd, uint32_t key_size, uint32_t bound, uint64_t *out)
{
	_cleanup_free_ void *keys = calloc(2, key_size);
	char *key = keys, *next = key + key_size;
	uint64_t n = 0;

	if (!keys)
		return -ENOMEM;
	for (void *at = NULL; n < bound && !bpf_map_get_next_key(fd, at, next); at = key, n++)
		memcpy(key, next, key_size);
	*out = n;
	return 0;
}

int map_entries(int fd, uint64_t *entries, uint64_t *capacity)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*capacity = info.max_entries;
	*entries = info.max_entries;
	if (info.type != BPF_MAP_TYPE_HASH && info.type != BPF_MAP_TYPE_LRU_HASH &&
	    info.type != BPF_MAP_TYPE_LPM_TRIE)
		return 0;
	return count_keys(fd, info.key_size, info.max_entries, entries);
}
