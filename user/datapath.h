/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One instance of the BPF programs: opened, sized and specialised for a policy, loaded.
 * Offline ones run captured or made-up frames and touch no interface.
 */
#ifndef PICKET_DATAPATH_H
#define PICKET_DATAPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "live.h"
#include "picket/abi.h"
#include "policy.h"

struct datapath;

/* Zeroes are the defaults. */
struct datapath_options {
	uint32_t flow_buckets, hostflow_buckets; /* powers of two; default 4096 each */
	bool all_switches; /* nothing is pruned, for tests */
	bool guesses; /* as with many devices, for tests */
	bool one_buffer; /* as with an MTU of 1500: no frame is longer than 3,000 bytes, for tests */
	const struct picket_addr *gateway; /* the gateway's addresses besides those that the policy lists */
	size_t ngateway;
};

/*
 * An instance with maps of its own, whose clock is the frames'. Device and segment rows are
 * index + 1. Errors of the policy (a rule table that is too large) go to diag.
 * 0 and *out; -EINVAL with diag; -EPERM; -errno, said on stderr where libbpf knows more.
 */
int datapath_open_offline(const struct policy *policy, struct diag *diag,
			  const struct datapath_options *options, struct datapath **out);

/*
 * An instance over the live maps that charges, opens, learns and counts nothing; its clock is
 * the kernel's. live must stay open as long.
 */
int datapath_open_dry(struct live *live, struct datapath **out);

/*
 * Runs one frame that arrives on interface, or (out) that the gateway sends through it.
 * An interface that the policy does not name is unbound. unix_ns is the frame's time; the
 * clock never goes back; dry instances ignore it. 0 and *result, or -errno.
 */
int datapath_run(struct datapath *datapath, const char *interface, bool out, const void *frame,
		 size_t len, int64_t unix_ns, struct result *result);

/* Offline instances: state by row, tallies summed over CPUs; NULL or -ENOENT out of range. */
const struct state *datapath_device(const struct datapath *datapath, uint32_t row);
const struct state *datapath_segment(const struct datapath *datapath, uint32_t row);
int datapath_totals(const struct datapath *datapath, uint32_t segment_row, uint32_t tally,
		    struct tally *out);

/* A map by its name in bpf/maps.h: a file descriptor that stays datapath's, or -ENOENT. */
int datapath_map(const struct datapath *datapath, const char *name);

/* The instance's own time of a frame's: ns of its boot clock (events, state.seen). */
uint64_t datapath_boot_time(const struct datapath *datapath, int64_t unix_ns);

void datapath_free(struct datapath *datapath);

#endif
