// SPDX-License-Identifier: GPL-2.0-only
/* "macs", for a million devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mapimage_work.h"
#include "table.h"

#define FILLED 3 /* entries a bucket, on average: of the four one is left, so that most find room at once */
#define MOVES 1000 /* others that an entry may push on before the table is given up for another */
#define TABLES 8 /* that are tried, each larger and of another seed */

struct mac_table {
	struct mac_bucket *buckets;
	uint32_t n;
	uint64_t seed, random;
};

static uint64_t entry_hash(const struct mac_table *table, const struct mac_entry *entry)
{
	uint64_t mac = 0;

	memcpy(&mac, entry->mac, sizeof(entry->mac));
	return picket_mac_hash(mac, entry->port, table->seed);
}

static bool bucket_add(struct mac_bucket *bucket, const struct mac_entry *entry)
{
	for (int way = 0; way < PICKET_MAC_WAYS; way++) {
		if (!bucket->way[way].row) {
			bucket->way[way] = *entry;
			return true;
		}
	}
	return false;
}

/* Where both buckets are full, any one of their entries moves to its other bucket, and so on. */
static bool table_add_mac(struct mac_table *table, struct mac_entry entry)
{
	for (uint32_t move = 0; move < MOVES; move++) {
		uint64_t hash = entry_hash(table, &entry);
		struct mac_bucket *first = &table->buckets[picket_mac_bucket(hash, 0, table->n)];
		struct mac_bucket *second = &table->buckets[picket_mac_bucket(hash, 1, table->n)];
		struct mac_entry *way, moved;

		if (bucket_add(first, &entry) || bucket_add(second, &entry))
			return true;
		table->random = table->random * 6364136223846793005ULL + 1442695040888963407ULL;
		way = &(table->random >> 63 ? second : first)->way[table->random >> 33 & (PICKET_MAC_WAYS - 1)];
		moved = *way;
		*way = entry;
		entry = moved;
	}
	return false;
}

static bool add_device(const struct mapimage_input *input, uint32_t index, struct mac_table *table)
{
	const struct device *device = &input->policy->devices[index];
	const struct segment *segment = &input->policy->segments[device->segment];
	struct mac_entry entry = { .row = input->devices->row[index] };

	memcpy(entry.mac, device->mac, sizeof(entry.mac));
	for (size_t i = 0; i < segment->nports; i++) {
		entry.port = segment->ports[i] + 1;
		if (input->ifindexes[segment->ports[i]] && !table_add_mac(table, entry))
			return false;
	}
	return true;
}

/* What a device some steps ahead will want; of its ports the first stands for all. */
static void prefetch_device(const struct mapimage_input *input, uint32_t index, const struct mac_table *table)
{
	const struct device *device = &input->policy->devices[index];
	const struct segment *segment = &input->policy->segments[device->segment];
	struct mac_entry entry = { .port = segment->nports ? segment->ports[0] + 1 : 0 };
	uint64_t hash;

	memcpy(entry.mac, device->mac, sizeof(entry.mac));
	hash = entry_hash(table, &entry);
	__builtin_prefetch(&table->buckets[picket_mac_bucket(hash, 0, table->n)], 1);
}

static bool add_devices(const struct mapimage_input *input, struct mac_table *table)
{
	size_t n = input->policy->ndevices;

	for (size_t i = 0; i < n; i++) {
		if (i + TABLE_AHEAD < n)
			prefetch_device(input, i + TABLE_AHEAD, table);
		if (input->policy->devices[i].has_mac && !add_device(input, i, table))
			return false;
	}
	return true;
}

static size_t count_macs(const struct policy *policy)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->ndevices; i++)
		if (policy->devices[i].has_mac)
			n += policy->segments[policy->devices[i].segment].nports;
	return n;
}

int mapimage_macs(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_macs];
	size_t n = count_macs(input->policy) / FILLED + 1;

	for (uint32_t try = 0; try < TABLES; try++, n += n / FILLED + 1) {
		/* by this process's secret: nobody can choose MACs that fit no table */
		struct mac_table table = { .n = n, .seed = hash_bytes(&try, sizeof(try)) };

		free(map->values);
		if (map_reserve(map, n))
			return -ENOMEM;
		map->n = n;
		image->mac_seed = table.seed;
		table.buckets = map->values;
		if (add_devices(input, &table))
			return 0;
	}
	return -ENOMEM;
}
