/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live policy and its state, as other commands see them. What was opened stays what it was
 * when another policy becomes live: live_stale() tells.
 */
#ifndef PICKET_LIVE_H
#define PICKET_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "bundle.h"
#include "picket/abi.h"
#include "policy.h"

struct live;

/*
 * 0 and *out; -ENOENT: nothing is live; -EPROTO: another version wrote the state;
 * -EPERM, -EACCES: not allowed; -errno. Closed by live_close(), for which NULL is fine.
 */
int live_open(struct live **out);

/* What has a row for each device or segment is mapped only when it is asked for. */
enum live_part {
	LIVE_DEVICES = 1 << 0,
	LIVE_SEGMENTS = 1 << 1,
	LIVE_IDENTS = 1 << 2,
	LIVE_LIMITS = 1 << 3, /* what live_profile() needs */
	LIVE_ALL = LIVE_DEVICES | LIVE_SEGMENTS | LIVE_IDENTS | LIVE_LIMITS, /* as live_open() does it */
};

int live_open_parts(unsigned int parts, struct live **out);

/*
 * What a slot holds whether or not it is live; word as in struct live_word. Such a one is never stale.
 * As live_open().
 */
int live_open_word(unsigned int parts, uint64_t word, struct live **out);

/* What comes back unless the live policy is confirmed; -ENOENT: nothing is pending, or nothing was live before. */
int live_open_back(unsigned int parts, struct live **out);

/* ns until then; 0: nothing is pending. */
uint64_t live_pending(const struct live *live);
void live_close(struct live *live);
/* For __attribute__((cleanup)). */
void live_cleanup(struct live **live);

/* For what live_open() returned: one sentence on stderr; returns the command's exit status. */
int live_fail(int error);

/* True when another policy has become live since live_open(), or none is any more. */
bool live_stale(const struct live *live);

/* True: all that this has open is pinned still, and so is what every policy shares (base.h). */
bool live_complete(const struct live *live);
/* Pins its maps again where they are pinned no more, and says it. Wants the lock. 0 or -errno. */
int live_put_back(const struct live *live);

/*
 * A map by its name in bpf/maps.h, the policy's own and the state: a file descriptor that
 * stays live's, or -ENOENT. Entries are counted by map_entries(), for which see below.
 */
int live_map(const struct live *live, const char *name);

/* Name, hash, time, mode, numbers; sources. */
const struct bundle *live_bundle(const struct live *live);

/*
 * Mapped, by row, changing as you read; *rows: how many there are, row 0 included. NULL and 0:
 * it was not asked for.
 */
const struct state *live_devices(const struct live *live, uint32_t *rows);
const struct state *live_segments(const struct live *live, uint32_t *rows);
const struct ident *live_idents(const struct live *live, uint32_t *rows);

/*
 * What limits a device at a time (Unix ns), whose schedule may change that; mapped. NULL: nothing does, or
 * LIVE_LIMITS was not asked for.
 */
const struct profile *live_profile(const struct live *live, const struct ident *ident, int64_t now);
/* Likewise by the profile's number, as segments have it. */
const struct profile *live_profile_at(const struct live *live, uint32_t number);

/* Adds up the CPUs: out[segment row * PICKET_TALLIES + tally], PICKET_MAX_SEGMENTS rows. 0 or -errno. */
int live_totals(const struct live *live, struct tally *out);
/* Likewise, by enum stat. */
int live_stats(const struct live *live, uint64_t out[STATS]);
/* Adds to one that user space keeps. */
void live_count_stat(const struct live *live, enum stat_id stat, uint64_t n);

/* NULL for a row that the policy does not use (0 among them). */
const char *live_device_name(const struct live *live, uint32_t row);
const char *live_segment_name(const struct live *live, uint32_t row);
/* Its listed roles, "a, b"; "" for none. */
const char *live_device_roles(const struct live *live, uint32_t row);
/* Rows; 0: the policy has none of this name. */
uint32_t live_find_device(const struct live *live, const char *name);
uint32_t live_find_segment(const struct live *live, const char *name);
/* Index in live_policy()'s arrays; INDEX_NONE for a row that the policy does not use. */
uint32_t live_device_index(const struct live *live, uint32_t row);
uint32_t live_segment_index(const struct live *live, uint32_t row);

/* The policy, parsed again when it is first asked for; stays live's. 0 and *out, or -errno. */
int live_policy(struct live *live, const struct policy **out);

/* Unix ns of a time that the maps hold as ns of boot time; 0 stays 0. */
int64_t boot_to_unix(uint64_t boot_ns);

/* How many entries a map holds and may hold; hashes are walked. 0 or -errno. */
int map_entries(int fd, uint64_t *entries, uint64_t *capacity);

#endif
