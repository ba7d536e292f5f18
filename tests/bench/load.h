/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmark's BPF programs and its user space share. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <linux/types.h>

/*
 * The traffic: packets of n devices, of which each has one flow. Device i has the address base + i,
 * the MAC 02:00:i and the source port 1024 + i % 32768; it talks UDP to one server of a few.
 */
struct load {
	__u32 n; /* devices that speak, from first on; 1: one packet again and again */
	__u32 first;
	__u32 in_order; /* one after the other, not at random */
	__u32 fresh; /* every packet opens a flow: source ports count up */
	__u32 reply; /* from the server to the device */
	__u32 version; /* 4 or 6 */
	__u32 base; /* IPv4, host order; of IPv6 the last 32 bits */
	__u32 dport; /* host order */
	__u32 servers; /* a power of two */
};

#define LOAD_SERVER 0x0a010000U /* 10.1.0.0 and on */
#define LOAD_FRAME4 60
#define LOAD_FRAME6 80

/* The generator's state on one CPU. */
struct pace {
	__u64 random, count;
	__u64 offset; /* added to every device's number */
};

/* One line of each thing that a known flow needs, for the floors. */
struct floor_row {
	__u64 tat[3], packets, bytes, pad[3];
};

struct floor_flow {
	__u64 low, high, seen, pad[5];
};

#endif
