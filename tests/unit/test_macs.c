// SPDX-License-Identifier: GPL-2.0-only
/* The table of MACs: everybody is found, nobody else is, and it is dense, whichever MACs there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image_lookup.h"
#include "mapimage_work.h"
#include "random_policy.h"

#define DEVICES 30000
#define PORTS 2
#define DENSITY 5 / 3 /* ways an entry, at most */

/* Of devices in one segment on both ports. */
struct network {
	struct policy policy;
	struct segment segment;
	uint32_t ports[PORTS], ifindexes[PORTS];
	struct rows devices;
	struct mapimage *image;
};

static void network_make(struct network *w, size_t n)
{
	*w = (struct network){ .ports = { 0, 1 }, .ifindexes = { 7, 8 } };
	w->segment = (struct segment){ .ports = w->ports, .nports = PORTS };
	w->policy = (struct policy){ .segments = &w->segment, .nsegments = 1,
				     .devices = calloc(n + 1, sizeof(struct device)), .ndevices = n };
	w->devices = (struct rows){ .row = calloc(n + 1, sizeof(uint32_t)), .n = n };
	w->image = calloc(1, sizeof(*w->image));
	assert_true(w->policy.devices && w->devices.row && w->image);
	w->image->maps[MAPIMAGE_macs].value_size = sizeof(struct mac_bucket);
	for (size_t i = 0; i < n; i++) {
		w->policy.devices[i].has_mac = true;
		w->devices.row[i] = i + 1;
	}
}

static void network_free(struct network *w)
{
	mapimage_free(w->image);
	free(w->devices.row);
	free(w->policy.devices);
}

static void set_mac(struct network *w, size_t device, uint64_t mac48)
{
	memcpy(w->policy.devices[device].mac, &mac48, 6);
}

static size_t entries(const struct mapimage *image)
{
	const struct map_image *m = &image->maps[MAPIMAGE_macs];
	const struct mac_bucket *buckets = m->values;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		for (int way = 0; way < PICKET_MAC_WAYS; way++)
			n += buckets[i].way[way].row != 0;
	return n;
}

static void build_and_check(struct network *w)
{
	const struct mapimage_input input = { .policy = &w->policy, .devices = &w->devices,
					      .ifindexes = w->ifindexes };
	size_t on = 0;

	assert_int_equal(mapimage_macs(&input, w->image), 0);
	for (size_t i = 0; i < w->policy.ndevices; i++) {
		for (uint32_t port = 0; port < PORTS; port++) {
			bool there = w->ifindexes[port] && w->policy.devices[i].has_mac;

			assert_int_equal(image_mac(w->image, w->policy.devices[i].mac, port + 1), there ? i + 1 : 0);
			on += there;
		}
	}
	assert_int_equal(entries(w->image), on);
}

static void test_in_order(void **state)
{
	struct network w;

	network_make(&w, DEVICES);
	for (uint64_t i = 0; i < DEVICES; i++)
		set_mac(&w, i, __builtin_bswap64(0x020000000000 + i) >> 16); /* the last bytes count up */
	build_and_check(&w);
	assert_true(w.image->maps[MAPIMAGE_macs].n * PICKET_MAC_WAYS < (size_t)DEVICES * PORTS * DENSITY);
	network_free(&w);
}

static void test_at_random(void **state)
{
	uint64_t seed = 1;

	for (size_t n = 0; n < 200; n++) {
		struct network w;

		network_make(&w, n);
		w.ifindexes[1] = random_below(&seed, 4) ? 8 : 0;
		for (uint64_t i = 0; i < n; i++) {
			w.policy.devices[i].has_mac = random_below(&seed, 8);
			set_mac(&w, i, (uint64_t)random_below(&seed, 1U << 31) << 16 | i);
		}
		build_and_check(&w);
		network_free(&w);
	}
}

/* All of them in one bucket, of the first table that is tried: its seed is that of an empty one. */
static void test_chosen(void **state)
{
	uint32_t found = 0, n = 6 * PORTS / 3 + 1;
	struct network w;
	uint64_t first;

	network_make(&w, 0);
	build_and_check(&w);
	first = w.image->mac_seed;
	network_free(&w);
	network_make(&w, 6);
	w.ifindexes[1] = 0;
	for (uint64_t mac = 1; found < 6; mac++) {
		uint64_t hash = picket_mac_hash(mac, 1, first);

		if (!picket_mac_bucket(hash, 0, n) && !picket_mac_bucket(hash, 1, n))
			set_mac(&w, found++, mac);
	}
	build_and_check(&w);
	assert_true(w.image->mac_seed != first);
	network_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_at_random),
		cmocka_unit_test(test_chosen),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
