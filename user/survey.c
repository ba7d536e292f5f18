// SPDX-License-Identifier: GPL-2.0-only
#include "survey.h"

#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "counters.h"
#include "live.h"
#include "mapcount.h"
#include "output.h"
#include "quarantine.h"
#include "slot.h"
#include "toprows.h"

#define TURN_SECONDS 1
#define ROWS_A_TURN 65536

static const char *const flow_tables[] = { "flows", "hostflows" };
static const char *const hashes[] = { "learned", "learned_by", "gates", "refusals" };
#define FLOW_TABLES (sizeof(flow_tables) / sizeof(*flow_tables))
#define HASHES (sizeof(hashes) / sizeof(*hashes))
_Static_assert(FLOW_TABLES + HASHES + 1 <= SURVEY_MAPS, "SURVEY_MAPS");

typedef uint32_t by_condition[CONDITIONS];

struct devicewalk {
	uint32_t next; /* row */
	bool whole; /* every row was seen */
	by_condition counts[PICKET_MAX_SEGMENTS];
	struct toprows top;
};

struct survey {
	pthread_t thread;
	pthread_mutex_t lock; /* of ending */
	pthread_cond_t wake;
	bool ending;

	/* the thread's own */
	struct live *live;
	struct devicewalk devices;
	struct flowcount flows[FLOW_TABLES];
	struct hashcount hashes[HASHES];
	bool failing; /* which has been said */

	pthread_rwlock_t published; /* of all below, which the thread alone changes */
	bool ready;
	struct survey_found found;
	by_condition found_devices[PICKET_MAX_SEGMENTS];
	uint32_t *found_top;
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/* ---- devices ---- */

static uint64_t packets_of(const struct state *state)
{
	struct counts counts = counts_of_both(state);

	return counts.packets + counts.dropped_packets + counts.audit_packets;
}

static void walk_begin(struct devicewalk *walk)
{
	walk->next = 1;
	memset(walk->counts, 0, sizeof(walk->counts));
	toprows_clear(&walk->top);
}

/* now: Unix ns */
static void see_device(struct survey *survey, uint32_t row, const struct ident *ident,
		       const struct state *state, int64_t now)
{
	struct devicewalk *walk = &survey->devices;
	int64_t until = ident->quarantined_until;

	if (!(ident->flags & IDENT_PRESENT) || ident->segment >= PICKET_MAX_SEGMENTS)
		return;
	if (until && until <= now)
		quarantine_lift(survey->live, row);
	walk->counts[ident->segment][ident_condition(ident, now)]++;
	toprows_offer(&walk->top, row, packets_of(state));
}

static void publish_devices(struct survey *survey)
{
	struct toprows *top = &survey->devices.top;

	toprows_sort(top);
	pthread_rwlock_wrlock(&survey->published);
	memcpy(survey->found_devices, survey->devices.counts, sizeof(survey->found_devices));
	for (uint32_t i = 0; i < top->n; i++)
		survey->found_top[i] = top->rows[i].row;
	survey->found.ntop = top->n;
	pthread_rwlock_unlock(&survey->published);
}

static void walk_devices(struct survey *survey)
{
	struct devicewalk *walk = &survey->devices;
	int64_t now = clock_ns(CLOCK_REALTIME);
	uint32_t rows, states;
	const struct ident *idents = live_idents(survey->live, &rows);
	const struct state *devices = live_devices(survey->live, &states);

	if (states < rows)
		rows = states;
	for (uint32_t i = 0; i < ROWS_A_TURN && walk->next < rows; i++, walk->next++)
		see_device(survey, walk->next, &idents[walk->next], &devices[walk->next], now);
	if (walk->next < rows)
		return;
	publish_devices(survey);
	walk_begin(walk);
	walk->whole = true;
}

/* ---- maps ---- */

static int open_maps(struct survey *survey)
{
	int err = 0;

	for (size_t i = 0; i < FLOW_TABLES && !err; i++)
		err = flowcount_open(&survey->flows[i], live_map(survey->live, flow_tables[i]));
	for (size_t i = 0; i < HASHES && !err; i++) {
		int fd = live_map(survey->live, hashes[i]);

		survey->hashes[i].fd = -1;
		if (fd >= 0)
			err = hashcount_open(&survey->hashes[i], fd);
	}
	return err;
}

/* What was not seen yet is looked at as a whole, so that no part is missing from what is published. */
static int count_maps(struct survey *survey)
{
	uint64_t now = clock_ns(CLOCK_BOOTTIME);
	int err = 0;

	for (size_t i = 0; i < FLOW_TABLES && !err; i++) {
		do
			err = flowcount_step(&survey->flows[i], now);
		while (!err && !survey->flows[i].whole);
	}
	for (size_t i = 0; i < HASHES && !err; i++) {
		if (survey->hashes[i].fd < 0)
			continue;
		do
			err = hashcount_step(&survey->hashes[i]);
		while (!err && !survey->hashes[i].whole);
	}
	return err;
}

static void put_map(struct survey_found *found, const char *name, uint64_t entries, uint64_t capacity)
{
	found->maps[found->nmaps++] = (struct survey_map){ name, entries, capacity };
}

/* A ring's first page says how far it was read, its second how far it was written. */
static int put_ring(struct survey_found *found, int fd)
{
	const size_t record = sizeof(struct event) + BPF_RINGBUF_HDR_SZ;
	size_t page = sysconf(_SC_PAGESIZE);
	uint64_t used;
	uint32_t size;
	char *at;
	int err = map_capacity(fd, &size);

	if (err)
		return err;
	at = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	used = *(volatile unsigned long *)(at + page) - *(volatile unsigned long *)at;
	munmap(at, 2 * page);
	put_map(found, "events", used / record, size / record);
	return 0;
}

static int publish_maps(struct survey *survey)
{
	struct survey_found found = {};
	int err = put_ring(&found, live_map(survey->live, "events"));

	if (err)
		return err;
	for (size_t i = 0; i < FLOW_TABLES; i++) {
		struct flow_counts sum = flowcount_sum(&survey->flows[i]);

		found.flows += sum.flows;
		put_map(&found, flow_tables[i], sum.entries,
			(uint64_t)survey->flows[i].buckets * PICKET_FLOW_WAYS);
	}
	for (size_t i = 0; i < HASHES; i++) {
		if (survey->hashes[i].fd >= 0)
			put_map(&found, hashes[i], survey->hashes[i].entries, survey->hashes[i].capacity);
	}
	pthread_rwlock_wrlock(&survey->published);
	survey->found.flows = found.flows;
	survey->found.nmaps = found.nmaps;
	memcpy(survey->found.maps, found.maps, sizeof(found.maps));
	survey->ready = true;
	pthread_rwlock_unlock(&survey->published);
	return 0;
}

/* ---- the thread ---- */

static void forget_live(struct survey *survey)
{
	live_close(survey->live);
	survey->live = NULL;
	pthread_rwlock_wrlock(&survey->published);
	survey->ready = false;
	pthread_rwlock_unlock(&survey->published);
}

/* What was found of the policy before stays until this one has been looked at. */
static int follow_live(struct survey *survey)
{
	int err;

	if (survey->live && !live_stale(survey->live))
		return 0;
	live_close(survey->live);
	survey->live = NULL;
	err = live_open_parts(LIVE_DEVICES | LIVE_IDENTS, &survey->live);
	if (err)
		return err;
	walk_begin(&survey->devices);
	survey->devices.whole = false;
	return open_maps(survey);
}

static void look(struct survey *survey)
{
	int err = follow_live(survey);
	bool live = survey->live;

	if (!err) {
		do
			walk_devices(survey);
		while (!survey->devices.whole);
		err = count_maps(survey);
	}
	if (!err)
		err = publish_maps(survey);
	if (err)
		forget_live(survey);
	if (err && live && !survey->failing)
		warn("devices and flows cannot be counted: %s", strerror(-err));
	survey->failing = err && live;
}

/* False: it is to end. */
static bool await_turn(struct survey *survey)
{
	struct timespec until;
	bool ending;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TURN_SECONDS;
	pthread_mutex_lock(&survey->lock);
	while (!survey->ending && !err)
		err = pthread_cond_timedwait(&survey->wake, &survey->lock, &until);
	ending = survey->ending;
	pthread_mutex_unlock(&survey->lock);
	return !ending;
}

static void *run(void *context)
{
	struct survey *survey = context;

	do
		look(survey);
	while (await_turn(survey));
	return NULL;
}

static void survey_free(struct survey *survey)
{
	live_close(survey->live);
	for (size_t i = 0; i < FLOW_TABLES; i++)
		flowcount_free(&survey->flows[i]);
	toprows_free(&survey->devices.top);
	free(survey->found_top);
	free(survey);
}

static int make_locks(struct survey *survey)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&survey->lock, NULL);
	pthread_rwlock_init(&survey->published, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&survey->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return -pthread_create(&survey->thread, NULL, run, survey);
}

int survey_start(uint32_t most, struct survey **out)
{
	struct survey *survey = calloc(1, sizeof(*survey));
	int err = -ENOMEM;

	if (!survey)
		return err;
	survey->found_top = calloc(most + 1UL, sizeof(*survey->found_top));
	survey->found.top = survey->found_top;
	survey->found.devices = survey->found_devices;
	if (survey->found_top)
		err = toprows_init(&survey->devices.top, most);
	if (!err)
		err = make_locks(survey);
	if (err) {
		survey_free(survey);
		return err;
	}
	*out = survey;
	return 0;
}

void survey_stop(struct survey *survey)
{
	if (!survey)
		return;
	pthread_mutex_lock(&survey->lock);
	survey->ending = true;
	pthread_cond_signal(&survey->wake);
	pthread_mutex_unlock(&survey->lock);
	pthread_join(survey->thread, NULL);
	pthread_cond_destroy(&survey->wake);
	pthread_mutex_destroy(&survey->lock);
	pthread_rwlock_destroy(&survey->published);
	survey_free(survey);
}

const struct survey_found *survey_hold(struct survey *survey)
{
	pthread_rwlock_rdlock(&survey->published);
	if (survey->ready)
		return &survey->found;
	pthread_rwlock_unlock(&survey->published);
	return NULL;
}

void survey_release(struct survey *survey)
{
	pthread_rwlock_unlock(&survey->published);
}
