// SPDX-License-Identifier: GPL-2.0-only
#include "stand.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.skel.h"
#include "frame.h"

#define XDP_FILTER "/usr/lib/*/bpf/xdpfilt_dny_all.o" /* as `xdp-filter load` takes it when nothing else is said */
#define FILTER_SOURCE 1 /* xdp-filter's flag for a source address */

const char *const subject_names[SUBJECTS] = {
	[SUBJECT_EMPTY] = "empty program",
	[SUBJECT_PICKET] = "picket",
	[SUBJECT_FLOOR_KNOWN] = "floor",
	[SUBJECT_FLOOR_LIMITS] = "floor",
	[SUBJECT_FLOOR_UNLISTED] = "floor",
	[SUBJECT_XDP_FILTER] = "xdp-filter",
	[SUBJECT_USUAL] = "2 hashes + LRU",
};

struct stand {
	struct bench *bench;
	struct bpf_object *filter; /* NULL: xdp-filter is not installed, or not asked for */
	bool plain; /* what was chosen has no frags */
};

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t size = 1;

	while (size < n)
		size *= 2;
	return size;
}

/* ---- xdp-filter ---- */

static void fill_filter(struct bpf_object *filter, uint32_t first, uint32_t n)
{
	int cpus = libbpf_num_possible_cpus(), fd = bpf_object__find_map_fd_by_name(filter, "filter_ipv4");
	uint64_t values[cpus];

	for (int i = 0; i < cpus; i++)
		values[i] = FILTER_SOURCE;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t key = htobe32(first + i);

		check(!bpf_map_update_elem(fd, &key, values, BPF_ANY), "xdp-filter's addresses");
	}
}

struct bpf_object *open_filter(uint32_t first, uint32_t n)
{
	struct bpf_object *filter;
	struct bpf_map *map;
	glob_t found;

	if (!n || glob(XDP_FILTER, 0, NULL, &found))
		return NULL;
	filter = bpf_object__open_file(found.gl_pathv[0], NULL);
	globfree(&found);
	check(filter, "xdp-filter's program");
	bpf_object__for_each_map(map, filter) {
		bpf_map__set_pin_path(map, NULL);
		if (!strcmp(bpf_map__name(map), "filter_ipv4"))
			bpf_map__set_max_entries(map, power_of_two(n + 1));
	}
	check(!bpf_object__load(filter), "loading xdp-filter's program");
	fill_filter(filter, first, n);
	return filter;
}

int filter_program(const struct bpf_object *filter)
{
	return bpf_program__fd(bpf_object__find_program_by_name(filter, "xdpfilt_dny_all"));
}

/* ---- the stand ---- */

struct stand *stand_open(uint32_t rows, uint32_t flows, uint32_t first, uint32_t filtered)
{
	struct stand *stand = calloc(1, sizeof(*stand));
	uint32_t room = power_of_two(rows + 1);

	check(stand, "memory");
	stand->bench = bench__open();
	check(stand->bench, "its own programs");
	bpf_map__set_max_entries(stand->bench->maps.floor_rows, room);
	bpf_map__set_max_entries(stand->bench->maps.floor_flows, flows);
	bpf_map__set_max_entries(stand->bench->maps.usual_addrs, room);
	bpf_map__set_max_entries(stand->bench->maps.usual_states, room);
	bpf_map__set_max_entries(stand->bench->maps.usual_flows, room);
	stand->bench->rodata->flow_mask = flows - 1;
	stand->bench->rodata->row_mask = room - 1;
	check(!bench__load(stand->bench), "loading its own programs");
	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
		stand_offset(stand, cpu, 0);
	stand->filter = open_filter(first, filtered);
	return stand;
}

void stand_close(struct stand *stand)
{
	bench__destroy(stand->bench);
	bpf_object__close(stand->filter);
	free(stand);
}

void stand_fill_usual(struct stand *stand, const struct load *load)
{
	struct floor_row state = {};

	for (uint32_t i = load->first; i < load->first + load->n; i++) {
		uint32_t addr = load->base + i, server = LOAD_SERVER + 1 + (i & (load->servers - 1));
		uint16_t ports[2] = { htobe16(1024 + (i & 0x7fff)), htobe16(load->dport) };
		struct floor_flow key = { .low = (uint64_t)addr << 32 | server };
		uint64_t seen = 0;

		memcpy(&key.high, ports, sizeof(ports));
		check(!bpf_map_update_elem(bpf_map__fd(stand->bench->maps.usual_addrs), &addr, &i, BPF_ANY) &&
		      !bpf_map_update_elem(bpf_map__fd(stand->bench->maps.usual_states), &i, &state, BPF_ANY) &&
		      !bpf_map_update_elem(bpf_map__fd(stand->bench->maps.usual_flows), &key, &seen, BPF_ANY),
		      "filling the usual maps");
	}
}

bool stand_has(const struct stand *stand, enum subject subject)
{
	return subject != SUBJECT_XDP_FILTER || stand->filter;
}

static int program_of(const struct stand *stand, enum subject subject, int picket)
{
	switch (subject) {
	case SUBJECT_PICKET:
		return picket;
	case SUBJECT_FLOOR_KNOWN:
		return bpf_program__fd(stand->bench->progs.floor_known);
	case SUBJECT_FLOOR_LIMITS:
		return bpf_program__fd(stand->bench->progs.floor_limits);
	case SUBJECT_FLOOR_UNLISTED:
		return bpf_program__fd(stand->bench->progs.floor_unlisted);
	case SUBJECT_USUAL:
		return bpf_program__fd(stand->bench->progs.usual);
	case SUBJECT_XDP_FILTER:
		return filter_program(stand->filter);
	default:
		return bpf_program__fd(stand->bench->progs.empty);
	}
}

void stand_choose(struct stand *stand, enum subject subject, int picket)
{
	int program = program_of(stand, subject, picket);
	uint32_t key = 0;
	struct bpf_map *slots;

	stand->plain = subject == SUBJECT_XDP_FILTER;
	slots = stand->plain ? stand->bench->maps.subject_plain : stand->bench->maps.subject;
	check(!bpf_map_update_elem(bpf_map__fd(slots), &key, &program, BPF_ANY), subject_names[subject]);
}

void first_frame(const struct load *load, struct frame *frame)
{
	bool ipv6 = load->version == 6;

	frame_ethernet(frame, "02:00:00:00:00:fe", "02:00:00:00:00:00");
	frame_ip(frame, frame_addr(ipv6 ? "fd00:20::1" : "10.16.0.1"), frame_addr(ipv6 ? "fd00:1::1" : "10.1.0.1"));
	frame_udp(frame, 1024, load->dport);
	frame_zeros(frame, (ipv6 ? LOAD_FRAME6 : LOAD_FRAME4) - frame->len);
}

double stand_run(struct stand *stand, const struct load *load, uint32_t packets, uint32_t *verdict)
{
	struct frame frame;
	LIBBPF_OPTS(bpf_test_run_opts, options, .repeat = packets);
	const struct bpf_program *generator = stand->plain ? stand->bench->progs.generate_plain :
							     stand->bench->progs.generate_frags;

	first_frame(load, &frame);
	options.data_in = frame.bytes;
	options.data_size_in = frame.len;
	stand->bench->bss->load = *load;
	check(!bpf_prog_test_run_opts(bpf_program__fd(generator), &options), "running");
	*verdict = options.retval;
	return options.duration;
}

double stand_run_empty(struct stand *stand, uint32_t packets)
{
	struct load load = { .version = 4 };
	struct frame frame;
	LIBBPF_OPTS(bpf_test_run_opts, options, .repeat = packets);

	first_frame(&load, &frame);
	options.data_in = frame.bytes;
	options.data_size_in = frame.len;
	check(!bpf_prog_test_run_opts(bpf_program__fd(stand->bench->progs.empty), &options), "running");
	return options.duration;
}

void stand_offset(struct stand *stand, uint32_t cpu, uint32_t devices)
{
	int fd = bpf_map__fd(stand->bench->maps.paces), cpus = libbpf_num_possible_cpus();
	struct pace paces[cpus];
	uint32_t key = 0;

	check(!bpf_map_lookup_elem(fd, &key, paces), "the generator's state");
	paces[cpu].offset = devices;
	if (!paces[cpu].random)
		paces[cpu].random = 0x9e3779b97f4a7c15ULL + cpu;
	check(!bpf_map_update_elem(fd, &key, paces, BPF_ANY), "the generator's state");
}
