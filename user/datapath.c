// SPDX-License-Identifier: GPL-2.0-only
#include "datapath.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "compile.h"
#include "instance.h"
#include "output.h"
#include "rows.h"
#include "slot.h"

#define OFFLINE_BUCKETS 4096
#define OFFLINE_START (86400 * NSEC_PER_SEC) /* boot time of the first frame: nothing is young */
#define LEARNED_LEAST 1024
#define LEARNED_MOST (1U << 20)
#define SHORTEST_FRAME 14 /* what the kernel would not run */

struct datapath {
	struct instance instance;
	bool dry;
	bool policy_audit;
	char **interfaces; /* offline: interfaces[i] has ifindex i + 1 */
	uint32_t ninterfaces;
	bool started; /* base is set */
	int64_t base, now; /* Unix ns of the first frame, and the latest time so far */
	struct state *devices, *segments;
	uint32_t device_rows, segment_rows;
	struct tally too_short[2]; /* dropped, passed as audit: frames under SHORTEST_FRAME */
};

void datapath_free(struct datapath *datapath)
{
	if (!datapath)
		return;
	if (datapath->devices)
		munmap(datapath->devices, datapath->device_rows * sizeof(struct state));
	if (datapath->segments)
		munmap(datapath->segments, datapath->segment_rows * sizeof(struct state));
	instance_close(&datapath->instance);
	for (uint32_t i = 0; i < datapath->ninterfaces; i++)
		free(datapath->interfaces[i]);
	free(datapath->interfaces);
	free(datapath);
}

static void datapath_cleanup(struct datapath **datapath)
{
	datapath_free(*datapath);
}

static void ruleset_cleanup(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
}

static void image_cleanup(struct mapimage **image)
{
	mapimage_free(*image);
}

/* 0: no port is on it. */
static uint32_t offline_ifindex(const struct datapath *datapath, const char *interface)
{
	for (uint32_t i = 0; i < datapath->ninterfaces; i++) {
		if (!strcmp(datapath->interfaces[i], interface))
			return i + 1;
	}
	return 0;
}

/* Every interface once, as if it were there. */
static int name_interfaces(struct datapath *datapath, const struct policy *policy, uint32_t *ifindexes)
{
	datapath->interfaces = calloc(policy->nports + 1, sizeof(*datapath->interfaces));
	if (!datapath->interfaces)
		return -ENOMEM;
	for (size_t i = 0; i < policy->nports; i++) {
		const char *name = policy->ports[i].interface;

		ifindexes[i] = offline_ifindex(datapath, name);
		if (ifindexes[i])
			continue;
		datapath->interfaces[datapath->ninterfaces] = strdup(name);
		if (!datapath->interfaces[datapath->ninterfaces])
			return -ENOMEM;
		ifindexes[i] = ++datapath->ninterfaces;
	}
	return 0;
}

static int build_image(struct datapath *datapath, const struct policy *policy,
		       const struct ruleset *ruleset, const struct datapath_options *options,
		       struct mapimage **out)
{
	struct rows devices __attribute__((cleanup(rows_free))) = {};
	struct rows segments __attribute__((cleanup(rows_free))) = {};
	_cleanup_free_ uint32_t *ifindexes = calloc(policy->nports + 1, sizeof(*ifindexes));
	struct mapimage_input input = {
		.policy = policy, .ruleset = ruleset,
		.devices = &devices, .segments = &segments, .ifindexes = ifindexes,
		.gateway = options->gateway, .ngateway = options->ngateway,
	};
	int err;

	if (!ifindexes)
		return -ENOMEM;
	err = name_interfaces(datapath, policy, ifindexes);
	if (!err)
		err = rows_identity(policy->ndevices, &devices);
	if (!err)
		err = rows_identity(policy->nsegments, &segments);
	return err ? err : mapimage_build(&input, out);
}

/* The same key for every run, so that the same frames give the same table. */
static void offline_secret(__u64 secret[32])
{
	uint64_t x = 0;

	for (int i = 0; i < 32; i++) {
		x += 0x9e3779b97f4a7c15ULL;
		secret[i] = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	}
}

static struct config offline_config(const struct policy *policy, const struct ruleset *ruleset,
				    const struct mapimage *image, const struct datapath_options *options,
				    const struct state_sizes *sizes)
{
	struct config config = config_from_policy(policy, &ruleset->switches, image);

	if (options->all_switches) {
		config.use_vlan = config.use_limits = config.use_segment_limits = 1;
		config.use_fragments = config.use_learning = config.use_audit = 1;
		config.use_validity = config.use_schedules = config.use_guesses = config.use_sparse = 1;
	}
	config.replay = 1;
	config.use_guesses |= options->guesses;
	config.use_frags = !options->one_buffer; /* captures have what they have */
	config.generation = 1;
	config.flow_mask = sizes->flow_buckets - 1;
	config.flow_window = sizes->flow_buckets - 1;
	config.hostflow_mask = sizes->hostflow_buckets - 1;
	offline_secret(config.secret);
	return config;
}

static struct state_sizes offline_sizes(const struct policy *policy,
					const struct datapath_options *options)
{
	uint64_t learned = policy->ndevices * PICKET_LEARNED_MAX;

	if (learned < LEARNED_LEAST)
		learned = LEARNED_LEAST;
	return (struct state_sizes){
		.device_rows = policy->ndevices + 1,
		.segment_rows = policy->nsegments + 1,
		.flow_buckets = options->flow_buckets ? options->flow_buckets : OFFLINE_BUCKETS,
		.hostflow_buckets = options->hostflow_buckets ? options->hostflow_buckets : OFFLINE_BUCKETS,
		.learned = learned < LEARNED_MOST ? learned : LEARNED_MOST,
		.learned_by = policy->ndevices < LEARNED_LEAST ? LEARNED_LEAST : policy->ndevices,
	};
}

static int map_states(struct datapath *datapath, const char *name, uint32_t rows, struct state **out)
{
	void *at = mmap(NULL, rows * sizeof(struct state), PROT_READ, MAP_SHARED,
			datapath_map(datapath, name), 0);

	if (at == MAP_FAILED)
		return -errno;
	*out = at;
	return 0;
}

/* image NULL: the maps are others', and full. */
static int load(const struct instance *instance, const struct mapimage *image)
{
	int err = instance_load(instance);

	if (!err && image)
		err = instance_fill(instance, image);
	if (err)
		warn("%s", instance_complaint());
	return err;
}

int datapath_open_offline(const struct policy *policy, struct diag *diag,
			  const struct datapath_options *options, struct datapath **out)
{
	static const struct datapath_options defaults;
	struct datapath *datapath __attribute__((cleanup(datapath_cleanup))) = calloc(1, sizeof(*datapath));
	struct ruleset *ruleset __attribute__((cleanup(ruleset_cleanup))) = NULL;
	struct mapimage *image __attribute__((cleanup(image_cleanup))) = NULL;
	struct state_sizes sizes;
	struct config config;
	int err = datapath ? compile(policy, diag, &ruleset) : -ENOMEM;

	options = options ? options : &defaults;
	if (!err)
		err = build_image(datapath, policy, ruleset, options, &image);
	if (!err)
		err = instance_open(true, &datapath->instance);
	if (err)
		return err;
	sizes = offline_sizes(policy, options);
	config = offline_config(policy, ruleset, image, options, &sizes);
	err = instance_size(&datapath->instance, image, &sizes);
	if (err)
		return err;
	instance_configure(&datapath->instance, &config);
	err = load(&datapath->instance, image);
	if (!err)
		err = map_states(datapath, "devices", sizes.device_rows, &datapath->devices);
	datapath->device_rows = sizes.device_rows;
	if (!err)
		err = map_states(datapath, "segstates", sizes.segment_rows, &datapath->segments);
	datapath->segment_rows = sizes.segment_rows;
	if (err)
		return err;
	datapath->policy_audit = policy->audit;
	*out = datapath;
	datapath = NULL;
	return 0;
}

int datapath_open_dry(struct live *live, struct datapath **out)
{
	struct datapath *datapath __attribute__((cleanup(datapath_cleanup))) = calloc(1, sizeof(*datapath));
	struct config config = *live_bundle(live)->config;
	int err = datapath ? instance_open(true, &datapath->instance) : -ENOMEM;

	if (err)
		return err;
	for (const char *const *name = slot_maps; *name && !err; name++)
		err = bpf_map__reuse_fd(instance_map(&datapath->instance, *name), live_map(live, *name));
	if (err)
		return err;
	config.dry = 1;
	instance_configure(&datapath->instance, &config);
	err = load(&datapath->instance, NULL);
	if (err)
		return err;
	datapath->dry = true;
	datapath->policy_audit = config.policy_audit;
	*out = datapath;
	datapath = NULL;
	return 0;
}

/* The frame's time, which never goes back. */
static void set_clock(struct datapath *datapath, int64_t unix_ns)
{
	struct offline *offline = &datapath->instance.picket->bss->offline;

	if (!datapath->started) {
		datapath->base = unix_ns;
		datapath->now = unix_ns;
		datapath->started = true;
	}
	if (unix_ns > datapath->now)
		datapath->now = unix_ns;
	offline->now = datapath_boot_time(datapath, datapath->now);
	offline->unix_now = datapath->now;
}

/* A frame under 14 bytes, which the kernel does not run: what leaves has no IP header then. */
static void judge_too_short(struct datapath *datapath, bool out, size_t len, struct result *result)
{
	struct tally *tally = &datapath->too_short[datapath->policy_audit];

	*result = (struct result){ .verdict = VERDICT_PASS };
	if (out)
		return;
	result->verdict = datapath->policy_audit ? VERDICT_AUDIT : VERDICT_DROP;
	result->reason = REASON_MALFORMED;
	tally->packets++;
	tally->bytes += len;
}

int datapath_run(struct datapath *datapath, const char *interface, bool out, const void *frame,
		 size_t len, int64_t unix_ns, struct result *result)
{
	struct picket *picket = datapath->instance.picket;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = len);

	set_clock(datapath, unix_ns);
	if (len < SHORTEST_FRAME) {
		judge_too_short(datapath, out, len, result);
		return 0;
	}
	picket->bss->offline.result = (struct result){};
	picket->bss->offline.ifindex = datapath->dry ? if_nametoindex(interface) :
						       offline_ifindex(datapath, interface);
	if (bpf_prog_test_run_opts(bpf_program__fd(out ? picket->progs.picket_egress_xdp :
							 picket->progs.picket_ingress), &options))
		return -errno;
	*result = picket->bss->offline.result;
	return 0;
}

const struct state *datapath_device(const struct datapath *datapath, uint32_t row)
{
	return datapath->devices && row < datapath->device_rows ? &datapath->devices[row] : NULL;
}

const struct state *datapath_segment(const struct datapath *datapath, uint32_t row)
{
	return datapath->segments && row < datapath->segment_rows ? &datapath->segments[row] : NULL;
}

int datapath_totals(const struct datapath *datapath, uint32_t segment_row, uint32_t tally,
		    struct tally *out)
{
	const struct tally *extra = NULL;
	struct tally found;
	int err;

	if (datapath->dry || segment_row >= datapath->segment_rows || tally >= PICKET_TALLIES)
		return -ENOENT;
	err = sum_totals(datapath_map(datapath, "totals"), segment_row * PICKET_TALLIES + tally, 1, &found);
	if (err)
		return err;
	if (!segment_row && tally == REASON_MALFORMED)
		extra = &datapath->too_short[0];
	else if (!segment_row && tally == PICKET_TALLY_AUDIT + REASON_MALFORMED)
		extra = &datapath->too_short[1];
	if (extra) {
		found.packets += extra->packets;
		found.bytes += extra->bytes;
	}
	*out = found;
	return 0;
}

int datapath_map(const struct datapath *datapath, const char *name)
{
	const struct bpf_map *map = instance_map(&datapath->instance, name);

	return map ? bpf_map__fd(map) : -ENOENT;
}

uint64_t datapath_boot_time(const struct datapath *datapath, int64_t unix_ns)
{
	return unix_ns - datapath->base + OFFLINE_START;
}
