/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A picket as `apply` would load it, with its entry program, but attached to nothing: whoever speaks
 * does so through the loopback interface, where BPF_PROG_TEST_RUN's frames come from.
 */
#ifndef BENCH_GATEWAY_H
#define BENCH_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "picket/abi.h"

/* What the policy of a scenario has. Devices are 10.16.0.0 + i, or fd00:20::a10:0 + i, i from 1. */
struct site {
	uint32_t devices;
	uint32_t rules; /* of the devices' role, the one that the traffic needs included */
	bool limits; /* packets and bytes, so high that nothing is dropped */
	bool ipv6; /* devices have IPv6 addresses instead of IPv4 ones */
	bool inward; /* the servers speak, to the devices */
};

#define SITE_BASE 0x0a100000U
#define SITE_PORT 8883 /* that the devices may reach */
#define SITE_BYTES_S 1000000000000ULL

struct gateway;

/* Errors are said on stderr, and end the program. */
struct gateway *gateway_open(const struct site *site);
void gateway_close(struct gateway *gateway);

/* Places in its table of devices' flows. */
uint32_t gateway_flows(const struct gateway *gateway);

/* The entry program. */
int gateway_program(const struct gateway *gateway);
/* Packets so far, of all segments, with this tally (0: passed). */
uint64_t gateway_tally(const struct gateway *gateway, uint32_t tally);
/* Times that a bucket's exchange was lost to another CPU. */
uint64_t gateway_retries(const struct gateway *gateway);

#endif
