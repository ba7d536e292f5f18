// SPDX-License-Identifier: GPL-2.0-only
#include "commit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "actor.h"
#include "cleanup.h"
#include "growth.h"
#include "hostview.h"
#include "instance.h"
#include "liveword.h"
#include "output.h"
#include "pins.h"
#include "slot.h"
#include "state.h"
#include "system.h"
#include "window.h"

/* One commit on its way. */
struct commit {
	const struct commit_input *in;
	struct rows devices, segments;
	struct mapimage *image;
	struct instance instance;
	struct state_sizes sizes;
	struct config config;
	struct state *copied; /* "devices", when they grew */
	uint64_t word; /* what the store will say */
	int bundle;
};

void commit_free(struct commit *commit)
{
	if (!commit)
		return;
	rows_free(&commit->devices);
	rows_free(&commit->segments);
	mapimage_free(commit->image);
	instance_close(&commit->instance);
	free(commit->copied);
	close_fd(&commit->bundle);
	free(commit);
}

uint64_t commit_next_word(uint64_t word, unsigned int n)
{
	return LIVE_WORD(LIVE_GENERATION(word) + n, (LIVE_SLOT(word) + n) % LIVE_SLOTS);
}

/* Whose state maps are taken over. */
static const struct live *state_before(const struct commit *commit)
{
	return commit->in->state ? commit->in->state : commit->in->before;
}

/* Says what went wrong where nothing nearer to it did. */
static int say(const char *what, int err)
{
	return err ? fail(err, "%s: %s", what, strerror(-err)) : 0;
}

/* ---- rows ---- */

static const char *device_name_before(const void *bundle, uint32_t row)
{
	return bundle_device_name(bundle, row);
}

static const char *segment_name_before(const void *bundle, uint32_t row)
{
	return bundle_segment_name(bundle, row);
}

static int assign_devices(struct commit *commit)
{
	const struct policy *policy = commit->in->policy;
	const struct live *live = commit->in->before;
	_cleanup_free_ const char **names = calloc(policy->ndevices + 1, sizeof(*names));
	struct rows_before before = {};
	int err = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < policy->ndevices; i++)
		names[i] = policy->devices[i].name;
	if (live) {
		const struct bundle *bundle = live_bundle(live);

		before = (struct rows_before){ device_name_before, bundle, bundle->device_end, 0,
					       bundle->device_next };
		err = map_capacity(live_map(live, "devices"), &before.capacity);
	}
	return err ? err : rows_assign(names, policy->ndevices, STATE_DEVICES_LEAST, STATE_DEVICES_MOST,
			   live ? &before : NULL, &commit->devices);
}

static int assign_segments(struct commit *commit)
{
	const struct policy *policy = commit->in->policy;
	const struct live *live = commit->in->before;
	const struct bundle *bundle = live ? live_bundle(live) : NULL;
	_cleanup_free_ const char **names = calloc(policy->nsegments + 1, sizeof(*names));
	struct rows_before before = {};

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < policy->nsegments; i++)
		names[i] = policy->segments[i].name;
	if (bundle)
		before = (struct rows_before){ segment_name_before, bundle, bundle->segment_end,
					       PICKET_MAX_SEGMENTS, bundle->segment_next };
	return rows_assign(names, policy->nsegments, PICKET_MAX_SEGMENTS, PICKET_MAX_SEGMENTS,
			   bundle ? &before : NULL, &commit->segments);
}

static int assign_rows(struct commit *commit)
{
	int err = assign_devices(commit);

	if (err == -ENOSPC)
		return fail(err, "the devices of this policy and those that it removes are more than %u "
			    "together: remove some first", STATE_DEVICES_MOST - 1);
	if (err)
		return say("the devices could not be numbered", err);
	err = assign_segments(commit);
	if (err == -ENOSPC)
		return fail(err, "the segments of this policy and those that it removes are more than %u "
			    "together: remove some first", PICKET_MAX_SEGMENTS - 1);
	return say("the segments could not be numbered", err);
}

/* ---- before the commit ---- */

/* Who was quarantined stays so. A row that is taken anew was nobody's in the policy before. */
static int keep_quarantines(struct commit *commit)
{
	const struct map_image *image = &commit->image->maps[MAPIMAGE_idents];
	const struct live *before = commit->in->before;
	struct ident *idents = image->values;
	uint32_t rows = before ? live_bundle(before)->device_end : 0;
	struct window window __attribute__((cleanup(window_close))) =
		window_open(before ? live_map(before, "idents") : -1, sizeof(*idents), rows, false);

	for (uint32_t row = 1; row < rows && row < image->n; row++) {
		const struct ident *old;

		if (!(idents[row].flags & IDENT_PRESENT) || !live_device_name(before, row))
			continue;
		old = window_row(&window, row);
		if (!old)
			return -errno;
		idents[row].quarantined_until = old->quarantined_until;
	}
	return 0;
}

static int build_image(struct commit *commit)
{
	struct mapimage_input input = {
		.policy = commit->in->policy, .ruleset = commit->in->ruleset,
		.devices = &commit->devices, .segments = &commit->segments,
		.ifindexes = commit->in->ifindexes,
		.gateway = commit->in->network->addrs, .ngateway = commit->in->network->naddrs,
	};
	int err = mapimage_build(&input, &commit->image);

	if (err)
		return say("the maps could not be built", err);
	return say("who is quarantined could not be read", keep_quarantines(commit));
}

static int load(struct commit *commit)
{
	const struct commit_input *in = commit->in;
	struct bpf_map *interfaces;
	int err = instance_open(false, &commit->instance);

	if (err)
		return say("the program could not be opened", err);
	state_sizes_for(in->policy, in->ruleset, &commit->devices, state_before(commit), &commit->sizes);
	err = instance_size(&commit->instance, commit->image, &commit->sizes);
	interfaces = instance_map(&commit->instance, "interfaces");
	if (!err && in->network->ninterfaces > bpf_map__max_entries(interfaces))
		err = bpf_map__set_max_entries(interfaces, in->network->ninterfaces);
	if (!err)
		err = state_reuse(&commit->instance, state_before(commit), &commit->sizes);
	if (err)
		return say("the maps could not be sized", err);
	commit->config = config_from_policy(in->policy, &in->ruleset->switches, commit->image);
	commit->config.use_frags = hostview_jumbo(in->ifindexes, in->policy->nports, in->network);
	commit->config.generation = LIVE_GENERATION(commit->word);
	commit->config.flow_mask = commit->sizes.flow_buckets - 1;
	commit->config.flow_window = state_flow_window(commit->sizes.flow_buckets);
	commit->config.hostflow_mask = commit->sizes.hostflow_buckets - 1;
	commit->config.tai_offset = hostview_tai_offset();
	memcpy(commit->config.secret, in->base->meta.secret, sizeof(commit->config.secret));
	instance_configure(&commit->instance, &commit->config);
	err = instance_load(&commit->instance);
	return err ? fail(err, "%s", instance_complaint()) : 0;
}

static int fill_interfaces(struct commit *commit)
{
	const struct commit_input *in = commit->in;
	const struct network *network = in->network;
	_cleanup_free_ uint32_t *judged = calloc(network->ninterfaces + 1, sizeof(*judged));
	int fd = bpf_map__fd(instance_map(&commit->instance, "interfaces"));

	if (!judged)
		return -ENOMEM;
	for (size_t i = 0; i < in->policy->nports; i++) {
		const struct port *port = &in->policy->ports[i];
		const struct interface *interface =
			in->ifindexes[i] ? network_at(network, in->ifindexes[i]) : NULL;
		uint32_t *flags = interface ? &judged[interface - network->interfaces] : NULL;

		if (!flags)
			continue;
		*flags |= INTERFACE_JUDGED;
		for (size_t k = 0; k < port->nsegments; k++)
			*flags |= in->policy->segments[port->segments[k]].audit ? INTERFACE_AUDIT : 0;
	}
	network_spread(network, judged);
	for (size_t i = 0; i < network->ninterfaces; i++) {
		uint32_t flags = judged[i] & ~INTERFACE_JUDGED;

		if (judged[i] && bpf_map_update_elem(fd, &network->interfaces[i].ifindex, &flags, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int make_bundle(struct commit *commit)
{
	const struct commit_input *in = commit->in;
	const struct bundle *before = in->again ? live_bundle(in->before) : NULL;
	struct timespec now;
	struct bundle_facts facts = {
		.generation = commit->config.generation,
		.uid = before ? before->uid : actor_uid(),
		.attach_mode = attach_mode_name(in->mode),
		.config = &commit->config,
		.ifindexes = in->ifindexes,
		.host = hostview_hash(in->ifindexes, in->policy->nports, in->network),
		.sources = in->sources,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	facts.applied = before ? before->applied : now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	return bundle_new(in->policy, &commit->devices, &commit->segments, &facts, &commit->bundle);
}

static int pin_slot(struct commit *commit)
{
	const char *dir = slot_dir(commit->word);
	char path[PATH_MAX];
	int err = pins_remove_dir(dir);

	if (!err)
		err = pins_path(path, dir, NULL);
	if (!err && mkdir(path, 0700))
		err = -errno;
	for (const char *const *name = slot_maps; *name && !err; name++)
		err = pins_put(bpf_map__fd(instance_map(&commit->instance, *name)), dir, *name);
	/* An array of programs forgets them when nobody holds it. */
	if (!err)
		err = pins_put(bpf_map__fd(instance_map(&commit->instance, "long_way")), dir, "long_way");
	return err ? err : pins_put(commit->bundle, dir, "bundle");
}

/* State that moved into larger maps, and rows that change hands. */
static int move_state(struct commit *commit)
{
	const struct live *before = state_before(commit);
	int err = 0;

	if (before)
		err = state_copy(&commit->instance, before, &commit->config, &commit->copied);
	if (!err)
		err = state_clear_devices(&commit->instance, before, &commit->devices);
	if (!err)
		err = state_clear_segments(&commit->instance, before, &commit->segments);
	return err ? err : state_clear_refusals(&commit->instance, before);
}

static int fill_slots(struct commit *commit)
{
	int ingress = bpf_program__fd(commit->instance.picket->progs.picket_ingress);
	int egress = bpf_program__fd(commit->instance.egress->progs.picket_egress);
	uint32_t slot = LIVE_SLOT(commit->word);

	if (bpf_map_update_elem(commit->in->base->egress_slots, &slot, &egress, BPF_ANY) ||
	    bpf_map_update_elem(commit->in->base->ingress_slots, &slot, &ingress, BPF_ANY))
		return -errno;
	return 0;
}

void commit_empty_slot(const struct base *base, uint64_t word)
{
	uint32_t slot = LIVE_SLOT(word);

	bpf_map_delete_elem(base->ingress_slots, &slot);
	bpf_map_delete_elem(base->egress_slots, &slot);
	pins_remove_dir(slot_dir(word));
}

/* What is done with is given back: with many devices it adds up. */
static int fill(struct commit *commit)
{
	int err = instance_fill(&commit->instance, commit->image);

	mapimage_free(commit->image);
	commit->image = NULL;
	return err ? fail(err, "%s", instance_complaint()) : 0;
}

static int prepare(struct commit *commit)
{
	int err = assign_rows(commit);

	if (!err)
		err = build_image(commit);
	if (!err)
		err = load(commit);
	if (!err)
		err = fill(commit);
	if (!err)
		err = say("the interfaces could not be noted", fill_interfaces(commit));
	if (!err)
		err = say("the policy could not be kept", make_bundle(commit));
	if (!err)
		err = say("the maps could not be pinned", pin_slot(commit));
	if (!err)
		err = say("the state could not be moved", move_state(commit));
	return err ? err : say("the program could not be put in place", fill_slots(commit));
}

/* ---- after it ---- */

int commit_prepare(const struct commit_input *input, uint64_t word, struct commit **out)
{
	struct commit *commit = calloc(1, sizeof(*commit));
	int err;

	if (!commit)
		return fail(-ENOMEM, "there is not enough memory");
	*commit = (struct commit){ .in = input, .word = word, .bundle = -1 };
	err = prepare(commit);
	if (err) {
		commit_empty_slot(input->base, word);
		commit_free(commit);
		return err;
	}
	*out = commit;
	return 0;
}

void commit_settle(const struct commit *commit)
{
	const struct live *before = commit->in->before;
	int err = before ? state_settle(&commit->instance, before, commit->copied) : 0;

	if (err)
		warn("what was counted meanwhile is lost: %s", strerror(-err));
}

int commit_policy(const struct commit_input *input)
{
	uint64_t old = input->base->live->word;
	struct commit *commit;
	int err = commit_prepare(input, commit_next_word(old, 1), &commit);

	if (err)
		return err;
	liveword_store(input->base->live, commit->word);
	system_wait_for_grace(); /* nobody runs the program of the policy before any more */
	if (old)
		commit_empty_slot(input->base, old);
	commit_settle(commit);
	commit_free(commit);
	return 0;
}
