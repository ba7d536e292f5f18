/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps, and what one load of the program is specialised by.
 * Sizes of 1 are set by user space before the load.
 */
#ifndef PICKET_BPF_MAPS_H
#define PICKET_BPF_MAPS_H

#include "map.h"
#include "picket/abi.h"

/* A policy's own. */
MAP(ports, HASH, 0, 1, struct port_key, struct port_info);
MAP(untagged, ARRAY, BPF_F_MMAPABLE, 1, __u32, __u32);
MAP(portstates, ARRAY, 0, 1, __u32, struct portstate);
MAP(segments, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct segment_info);
MAP(idents, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct ident);
MAP(steps, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct step);
MAP(profiles, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct profile);
MAP(roots, ARRAY, BPF_F_MMAPABLE, PICKET_ROOTS, __u32, __u32);
MAP(pages, ARRAY, BPF_F_MMAPABLE, 1, __u32, __u32);
MAP(places, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct place_info);
MAP(guesses, ARRAY, BPF_F_MMAPABLE, PICKET_GUESSES, __u32, __u32);
MAP(addrs, HASH, 0, 1, struct picket_addr, __u32);
MAP(macs, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct mac_bucket);
MAP(ethertypes, HASH, 0, 1, struct ethertype_key, __u32);
MAP(interfaces, HASH, 0, 1024, __u32, __u32);
MAP(gateway, HASH, 0, 1024, struct picket_addr, __u32);
MAP(prefixes, LPM_TRIE, BPF_F_NO_PREALLOC, 1, struct prefix_key, struct prefix_info);
MAP(parents, ARRAY, BPF_F_MMAPABLE, 1, __u32, __u32);
MAP(rules, HASH, 0, 1, struct rule_key, struct rule_services);
MAP(services, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct service_range);

/* State. */
MAP(devices, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct state);
MAP(segstates, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct state);
MAP(totals, PERCPU_ARRAY, 0, PICKET_TALLIES, __u32, struct tally);
MAP(stats, PERCPU_ARRAY, 0, STATS, __u32, __u64);
/* Never mapped, because of the locks; but only this flag aligns an array to cache lines. */
MAP(flows, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct flow_bucket);
MAP(hostflows, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct flow_bucket);
MAP(learned, HASH, BPF_F_NO_PREALLOC, 1, struct picket_addr, struct learned);
MAP(learned_by, HASH, BPF_F_NO_PREALLOC, 1, __u32, struct learned_by);
MAP(no_addresses, ARRAY, 0, 1, __u32, struct learned_by); /* zero */
MAP(refusals, HASH, BPF_F_NO_PREALLOC, PICKET_REFUSALS, struct refusal_key, struct refused);
MAP(quiet, PERCPU_ARRAY, 0, PICKET_MAX_SEGMENTS, __u32, struct quiet);
MAP(gates, LRU_HASH, 0, 16384, struct gate_key, struct gate);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Read-only from the load on, so that the verifier prunes what the policy does not use. */
const volatile struct config config = { .generation = 1 };

/* Offline runs (config.replay, config.dry): set before each frame, read after it. */
struct offline offline;

#endif
