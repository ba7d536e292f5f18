// SPDX-License-Identifier: GPL-2.0-only
#include "instance.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define GUESSES_WORTH 2048 /* devices, whose lines take half of a CPU's second cache or more */
#define PORT_HEADROOM 1024 /* interfaces and gateway addresses: at least this many entries */

/* The first thing that libbpf gave up on since the last load began. */
static char words[512];
static char complaint[1024];

static int keep_words(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_WARN || words[0])
		return 0;
	vsnprintf(words, sizeof(words), format, args);
	words[strcspn(words, "\n")] = '\0';
	if (strstr(words, "Retrying"))
		words[0] = '\0';
	return 0;
}

const char *instance_complaint(void)
{
	return complaint;
}

int instance_open(bool offline, struct instance *out)
{
	struct instance instance = {};

	libbpf_set_print(keep_words);
	instance.picket = picket__open();
	if (!instance.picket)
		return -errno;
	if (!offline) {
		instance.egress = egress__open();
		if (!instance.egress) {
			picket__destroy(instance.picket);
			return -errno;
		}
		bpf_program__set_autoload(instance.picket->progs.picket_egress_xdp, false);
	}
	*out = instance;
	return 0;
}

void instance_close(struct instance *instance)
{
	if (instance->picket)
		picket__destroy(instance->picket);
	if (instance->egress)
		egress__destroy(instance->egress);
	*instance = (struct instance){};
}

struct bpf_map *instance_map(const struct instance *instance, const char *name)
{
	return bpf_object__find_map_by_name(instance->picket->obj, name);
}

static int set_entries(const struct instance *instance, const char *name, uint64_t n)
{
	struct bpf_map *map = instance_map(instance, name);

	if (!map)
		return -ENOENT;
	return n > UINT32_MAX ? -E2BIG : bpf_map__set_max_entries(map, n ? n : 1);
}

static uint32_t at_least(uint32_t n, uint32_t least)
{
	return n > least ? n : least;
}

int instance_size(const struct instance *instance, const struct mapimage *image,
		  const struct state_sizes *sizes)
{
	const struct {
		const char *name;
		uint64_t n;
	} others[] = {
		{ "portstates", image->nports + 1 },
		{ "gateway", at_least(image->maps[MAPIMAGE_gateway].n, PORT_HEADROOM) },
		{ "devices", sizes->device_rows },
		{ "segstates", sizes->segment_rows },
		{ "totals", (uint64_t)sizes->segment_rows * PICKET_TALLIES },
		{ "flows", sizes->flow_buckets },
		{ "hostflows", sizes->hostflow_buckets },
		{ "learned", sizes->learned },
		{ "learned_by", sizes->learned_by },
	};
	int err = 0;

	for (size_t i = 0; i < MAPIMAGE_NMAPS && !err; i++)
		err = set_entries(instance, image->maps[i].name, image->maps[i].n);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]) && !err; i++)
		err = set_entries(instance, others[i].name, others[i].n);
	return err;
}

/* libbpf hands out .rodata as const: it is still the loader's before the load. */
void instance_configure(const struct instance *instance, const struct config *config)
{
	memcpy((void *)&instance->picket->rodata->config, config, sizeof(*config));
	if (instance->egress)
		memcpy((void *)&instance->egress->rodata->config, config, sizeof(*config));
}

/* Both objects have one set of maps: the egress program's are picket's. */
static int share_maps(const struct instance *instance)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, instance->egress->obj) {
		const struct bpf_map *other = bpf_map__is_internal(map) ? NULL :
					      instance_map(instance, bpf_map__name(map));
		int err = other ? bpf_map__reuse_fd(map, bpf_map__fd(other)) : 0;

		if (err)
			return err;
	}
	return 0;
}

static int open_long_way(const struct instance *instance)
{
	int program = bpf_program__fd(instance->picket->progs.picket_long);
	uint32_t key = 0;

	return bpf_map_update_elem(bpf_map__fd(instance->picket->maps.long_way), &key, &program, BPF_ANY) ?
		       -errno : 0;
}

static int load_failed(const struct instance *instance, int err)
{
	const char *quote = strstr(words, "map '");
	char name[BPF_OBJ_NAME_LEN + 1];
	struct bpf_map *map = NULL;

	if (quote && sscanf(quote, "map '%16[^']'", name) == 1)
		map = instance_map(instance, name);
	if (map)
		snprintf(complaint, sizeof(complaint), "the kernel refused the map '%s' of %u entries: %s%s",
			 name, bpf_map__max_entries(map), strerror(-err),
			 err == -ENOMEM || err == -E2BIG ?
			 "; make the policy smaller, or give picket more memory" : "");
	else
		snprintf(complaint, sizeof(complaint), "the kernel refused the program: %s%s%s%s",
			 strerror(-err), *words ? ": " : "", words, err == -ENOMEM ? "" :
			 "; picket needs Linux 6.1 or newer, built with BPF and not locked down");
	return err;
}

int instance_load(const struct instance *instance)
{
	int err;

	words[0] = '\0';
	err = picket__load(instance->picket);
	if (!err)
		err = open_long_way(instance);
	if (!err && instance->egress)
		err = share_maps(instance);
	if (!err && instance->egress)
		err = egress__load(instance->egress);
	return err ? load_failed(instance, err) : 0;
}

/* Array elements lie 8 bytes aligned. */
static int fill_array(int fd, const struct map_image *image)
{
	size_t stride = (image->value_size + 7UL) & ~7UL, len = stride * image->n;
	char *to;

	if (!image->n)
		return 0;
	to = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (to == MAP_FAILED)
		return -errno;
	if (stride == image->value_size) {
		memcpy(to, image->values, len);
	} else {
		for (size_t i = 0; i < image->n; i++)
			memcpy(to + i * stride, (const char *)image->values + i * image->value_size,
			       image->value_size);
	}
	munmap(to, len);
	return 0;
}

static int fill_singly(int fd, const struct map_image *image)
{
	for (size_t i = 0; i < image->n; i++) {
		if (bpf_map_update_elem(fd, (const char *)image->keys + i * image->key_size,
					(const char *)image->values + i * image->value_size, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* Not every kernel has batches for tries. */
static int fill_batch(int fd, const struct map_image *image)
{
	uint32_t n = image->n;

	if (!n || !bpf_map_update_batch(fd, image->keys, image->values, &n, NULL))
		return 0;
	return fill_singly(fd, image);
}

int instance_fill(const struct instance *instance, const struct mapimage *image)
{
	for (size_t i = 0; i < MAPIMAGE_NMAPS; i++) {
		const struct map_image *map = &image->maps[i];
		int fd = bpf_map__fd(instance_map(instance, map->name));
		int err = map->key_size ? fill_batch(fd, map) : fill_array(fd, map);

		if (err) {
			snprintf(complaint, sizeof(complaint),
				 "the map '%s' could not be filled with %u entries: %s", map->name,
				 map->n, strerror(-err));
			return err;
		}
	}
	return 0;
}

struct config config_from_policy(const struct policy *policy, const struct switches *switches,
				 const struct mapimage *image)
{
	return (struct config){
		.use_vlan = switches->use_vlan,
		.use_limits = switches->use_limits,
		.use_segment_limits = switches->use_segment_limits,
		.use_fragments = switches->use_fragments,
		.use_learning = switches->use_learning,
		.use_audit = switches->use_audit,
		.use_validity = switches->use_validity,
		.use_schedules = switches->use_schedules,
		.policy_audit = policy->audit,
		.use_guesses = policy->ndevices > GUESSES_WORTH,
		.use_sparse = image->sparse,
		.mac_buckets = image->maps[MAPIMAGE_macs].n,
		.mac_seed = image->mac_seed,
	};
}
