// SPDX-License-Identifier: GPL-2.0-only
#include "live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base.h"
#include "cleanup.h"
#include "liveword.h"
#include "output.h"
#include "pins.h"
#include "served.h"
#include "slot.h"

#define OPEN_TRIES 20 /* an apply that replaces the slot as it is read is rare */

/* A map of fixed-size rows in this process. */
struct mapped {
	void *at;
	size_t len;
	uint32_t rows;
};

struct live {
	uint64_t word; /* as it was when all this was opened */
	const volatile struct live_word *current; /* NULL: opened by its word */
	int maps[SLOT_MAX_MAPS + 2]; /* and the bundle, and long_way */
	const char *names[SLOT_MAX_MAPS + 2];
	size_t nmaps;
	struct bundle bundle;
	uint32_t word_map; /* the id of the map that current is of */
	struct mapped devices, segments, idents, profiles, steps;
	struct policy *policy;
};

static void unmap(struct mapped *mapped)
{
	if (mapped->at)
		munmap(mapped->at, mapped->len);
}

void live_close(struct live *live)
{
	if (!live)
		return;
	policy_free(live->policy);
	bundle_unmap(&live->bundle);
	unmap(&live->devices);
	unmap(&live->segments);
	unmap(&live->idents);
	unmap(&live->profiles);
	unmap(&live->steps);
	for (size_t i = 0; i < live->nmaps; i++)
		close(live->maps[i]);
	if (live->current)
		munmap((void *)live->current, sizeof(*live->current));
	free(live);
}

void live_cleanup(struct live **live)
{
	live_close(*live);
}

static int map_rows(int fd, size_t row_size, struct mapped *out)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	void *at;

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.value_size != row_size)
		return -EPROTO;
	at = mmap(NULL, row_size * info.max_entries, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*out = (struct mapped){ at, row_size * info.max_entries, info.max_entries };
	return 0;
}

/* 0: it is none. */
static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

static int map_word(struct live *live)
{
	_cleanup_close_ int fd = pins_get("live", NULL);
	void *at;

	if (fd < 0)
		return fd == -ENOENT && base_in_use() ? -EIO : fd;
	at = mmap(NULL, sizeof(*live->current), PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	live->current = at;
	live->word = liveword_now(at);
	live->word_map = map_id(fd);
	return !live->word || live->word & LIVE_NOTHING ? -ENOENT : 0;
}

static int open_map(struct live *live, const char *name)
{
	int fd = pins_get(slot_dir(live->word), name);

	if (fd < 0)
		return fd;
	live->names[live->nmaps] = name;
	live->maps[live->nmaps++] = fd;
	return 0;
}

static int open_slot(struct live *live, unsigned int parts)
{
	int err = open_map(live, "bundle");

	if (!err)
		err = bundle_map(live_map(live, "bundle"), &live->bundle);
	if (!err)
		err = open_map(live, "long_way"); /* for live_put_back() */
	for (const char *const *name = slot_maps; *name && !err; name++)
		err = open_map(live, *name);
	if (!err && parts & LIVE_DEVICES)
		err = map_rows(live_map(live, "devices"), sizeof(struct state), &live->devices);
	if (!err && parts & LIVE_SEGMENTS)
		err = map_rows(live_map(live, "segstates"), sizeof(struct state), &live->segments);
	if (!err && parts & LIVE_IDENTS)
		err = map_rows(live_map(live, "idents"), sizeof(struct ident), &live->idents);
	if (!err && parts & LIVE_LIMITS)
		err = map_rows(live_map(live, "profiles"), sizeof(struct profile), &live->profiles);
	if (!err && parts & LIVE_LIMITS)
		err = map_rows(live_map(live, "steps"), sizeof(struct step), &live->steps);
	return err;
}

static int open_once(unsigned int parts, struct live **out)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = calloc(1, sizeof(*live));
	int err;

	if (!live)
		return -ENOMEM;
	err = map_word(live);
	if (err)
		return err;
	err = open_slot(live, parts);
	if (!err && !base_complete())
		err = -ENOENT;
	if (liveword_now(live->current) != live->word)
		return -EAGAIN;
	if (err)
		return err == -ENOENT ? -EIO : err;
	*out = live;
	live = NULL;
	return 0;
}

int live_open_word(unsigned int parts, uint64_t word, struct live **out)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = calloc(1, sizeof(*live));
	int err;

	if (!live)
		return -ENOMEM;
	live->word = word;
	err = open_slot(live, parts);
	if (err)
		return err;
	*out = live;
	live = NULL;
	return 0;
}

int live_open_back(unsigned int parts, struct live **out)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	int err = live_open_parts(0, &live);

	if (err)
		return err;
	if (!live_pending(live) || live->current->back & LIVE_NOTHING)
		return -ENOENT;
	return live_open_word(parts, live->current->back, out);
}

uint64_t live_pending(const struct live *live)
{
	return live->current ? liveword_left(live->current) : 0;
}

int live_open_parts(unsigned int parts, struct live **out)
{
	uint32_t layout;
	int err = pins_layout(&layout);

	if (err)
		return err == -ENOENT && base_in_use() ? -EIO : err;
	if (layout != PICKET_LAYOUT)
		return -EPROTO;
	for (int i = 0; i < OPEN_TRIES; i++) {
		err = open_once(parts, out);
		if (err != -EAGAIN)
			break;
	}
	return err;
}

int live_open(struct live **out)
{
	return live_open_parts(LIVE_ALL, out);
}

int live_fail(int error)
{
	switch (error) {
	case -ENOENT:
		return fail(EXIT_NO, "nothing is live: 'picket apply POLICY' makes a policy so");
	case -EPROTO:
		return fail(EXIT_SYSTEM, "the state in %s was written by another version of picket: "
			    "run 'picket unload' and apply again", pins_dir());
	case -EPERM:
	case -EACCES:
		return fail(EXIT_SYSTEM, "the live state in %s may not be read by this user: run it as root; or let "
			    "'picket run' do it for you, with the right 'read' in " ACCESS_DEFAULT, pins_dir());
	case -EIO:
		return fail(EXIT_SYSTEM, "pins are missing in %s: apply a policy again", pins_dir());
	default:
		return fail(EXIT_SYSTEM, "the live state in %s cannot be read: %s", pins_dir(),
			    strerror(-error));
	}
}

bool live_stale(const struct live *live)
{
	_cleanup_close_ int fd = -1;

	if (!live->current)
		return false;
	if (liveword_now(live->current) != live->word)
		return true;
	/* After unload the word is nobody's, and keeps its value; the next apply makes another. */
	fd = pins_get("live", NULL);
	return fd == -ENOENT || (fd >= 0 && map_id(fd) != live->word_map);
}

bool live_complete(const struct live *live)
{
	for (size_t i = 0; i < live->nmaps; i++) {
		if (!pins_has(slot_dir(live->word), live->names[i]))
			return false;
	}
	return base_complete();
}

int live_put_back(const struct live *live)
{
	int err = 0;

	for (size_t i = 0; i < live->nmaps && !err; i++)
		err = pins_put_back(live->maps[i], slot_dir(live->word), live->names[i]);
	return err;
}

int live_map(const struct live *live, const char *name)
{
	for (size_t i = 0; i < live->nmaps; i++) {
		if (!strcmp(live->names[i], name))
			return live->maps[i];
	}
	return -ENOENT;
}

const struct bundle *live_bundle(const struct live *live)
{
	return &live->bundle;
}

const struct state *live_devices(const struct live *live, uint32_t *rows)
{
	*rows = live->devices.rows;
	return live->devices.at;
}

const struct state *live_segments(const struct live *live, uint32_t *rows)
{
	*rows = live->segments.rows;
	return live->segments.at;
}

const struct ident *live_idents(const struct live *live, uint32_t *rows)
{
	*rows = live->idents.rows;
	return live->idents.at;
}

const struct profile *live_profile_at(const struct live *live, uint32_t number)
{
	if (!number || number >= live->profiles.rows)
		return NULL;
	return (const struct profile *)live->profiles.at + number;
}

/* The last of its steps that has begun. */
static const struct step *step_now(const struct live *live, const struct ident *ident, int64_t now)
{
	const struct step *steps = (const struct step *)live->steps.at + ident->first_step;
	uint32_t lo = 0, hi = ident->nsteps;

	if (hi > live->steps.rows || ident->first_step > live->steps.rows - hi)
		return NULL;
	while (lo < hi) {
		uint32_t middle = lo + (hi - lo) / 2;

		if (steps[middle].from <= now)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo ? &steps[lo - 1] : NULL;
}

const struct profile *live_profile(const struct live *live, const struct ident *ident, int64_t now)
{
	const struct step *step = ident->flags & IDENT_SCHEDULE ? step_now(live, ident, now) : NULL;

	return live_profile_at(live, step ? step->grants.profile : ident->grants.profile);
}

int live_totals(const struct live *live, struct tally *out)
{
	/* Row 0 is there without any segment. */
	uint32_t rows = live->bundle.segment_end ? live->bundle.segment_end : 1;

	memset(out, 0, PICKET_MAX_SEGMENTS * PICKET_TALLIES * sizeof(*out));
	return sum_totals(live_map(live, "totals"), 0, rows * PICKET_TALLIES, out);
}

int live_stats(const struct live *live, uint64_t out[STATS])
{
	int fd = live_map(live, "stats"), cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *values = cpus > 0 ? calloc(cpus, sizeof(*values)) : NULL;

	if (!values)
		return -ENOMEM;
	for (uint32_t stat = 0; stat < STATS; stat++) {
		if (bpf_map_lookup_elem(fd, &stat, values))
			return -errno;
		out[stat] = 0;
		for (int cpu = 0; cpu < cpus; cpu++)
			out[stat] += values[cpu];
	}
	return 0;
}

void live_count_stat(const struct live *live, enum stat_id stat, uint64_t n)
{
	int fd = live_map(live, "stats"), cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *values = cpus > 0 ? calloc(cpus, sizeof(*values)) : NULL;
	uint32_t key = stat;

	if (!values || bpf_map_lookup_elem(fd, &key, values))
		return;
	values[0] += n;
	bpf_map_update_elem(fd, &key, values, BPF_ANY);
}

const char *live_device_name(const struct live *live, uint32_t row)
{
	return bundle_device_name(&live->bundle, row);
}

const char *live_segment_name(const struct live *live, uint32_t row)
{
	return bundle_segment_name(&live->bundle, row);
}

const char *live_device_roles(const struct live *live, uint32_t row)
{
	return bundle_device_roles(&live->bundle, row);
}

uint32_t live_find_device(const struct live *live, const char *name)
{
	for (uint32_t row = 1; row < live->bundle.device_end; row++) {
		const char *at = bundle_device_name(&live->bundle, row);

		if (at && !strcmp(at, name))
			return row;
	}
	return 0;
}

uint32_t live_find_segment(const struct live *live, const char *name)
{
	for (uint32_t row = 1; row < live->bundle.segment_end; row++) {
		const char *at = bundle_segment_name(&live->bundle, row);

		if (at && !strcmp(at, name))
			return row;
	}
	return 0;
}

uint32_t live_device_index(const struct live *live, uint32_t row)
{
	return bundle_device_index(&live->bundle, row);
}

uint32_t live_segment_index(const struct live *live, uint32_t row)
{
	return bundle_segment_index(&live->bundle, row);
}

int live_policy(struct live *live, const struct policy **out)
{
	int err = live->policy ? 0 : bundle_policy(&live->bundle, &live->policy);

	if (!err)
		*out = live->policy;
	return err;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

int64_t boot_to_unix(uint64_t boot_ns)
{
	return boot_ns ? (int64_t)boot_ns + clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) : 0;
}
