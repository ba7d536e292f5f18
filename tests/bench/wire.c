// SPDX-License-Identifier: GPL-2.0-only
#include "wire.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.skel.h"
#include "frame.h"
#include "stand.h"

#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES (1U << 1)
#endif
#define REPEATS (1 << 20) /* a call: each waits for a grace period */
#define BATCH 64
#define FLOOR_ROWS (1 << 16) /* as many as wire.sh has unlisted sources */

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int say_errors(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static struct bench *open_bench(uint32_t wire)
{
	struct bench *bench = bench__open();

	check(bench, "its own programs");
	bench->rodata->wire = wire;
	bench->rodata->row_mask = FLOOR_ROWS - 1;
	check(!bpf_map__set_max_entries(bench->maps.floor_rows, FLOOR_ROWS), "the floor's rows");
	check(!bench__load(bench), "loading its own programs");
	return bench;
}

int wire_attach(const char *program, const char *interface, const struct load *load)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	struct bpf_object *filter = NULL;
	struct bench *bench;
	int fd, link;
	char byte;

	libbpf_set_print(say_errors);
	if (!strcmp(program, "filter")) {
		filter = open_filter(load->base + load->first, load->n);
		if (!filter)
			return 77;
		fd = filter_program(filter);
	} else {
		bench = open_bench(0);
		fd = bpf_program__fd(!strcmp(program, "pass")  ? bench->progs.pass :
				     !strcmp(program, "floor") ? bench->progs.floor_unlisted :
								 bench->progs.empty_plain);
	}
	link = bpf_link_create(fd, if_nametoindex(interface), BPF_XDP, &options);
	check(link >= 0, "attaching");
	puts("attached");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int wire_send(const char *interface, const struct load *load, unsigned int seconds)
{
	uint32_t ifindex = if_nametoindex(interface), key = 0;
	int cpus = libbpf_num_possible_cpus();
	struct bench *bench = open_bench(ifindex);
	struct pace paces[cpus];
	struct xdp_md context = { .ingress_ifindex = ifindex };
	struct frame frame;
	LIBBPF_OPTS(bpf_test_run_opts, options, .repeat = REPEATS, .batch_size = BATCH,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .ctx_in = &context, .ctx_size_in = sizeof(context));
	uint64_t start = now_ns(), end = start + seconds * 1000000000ULL, sent = 0;

	for (int i = 0; i < cpus; i++)
		paces[i] = (struct pace){ .random = 0x9e3779b97f4a7c15ULL + i };
	check(!bpf_map_update_elem(bpf_map__fd(bench->maps.paces), &key, paces, BPF_ANY), "the generator's state");
	first_frame(load, &frame);
	bench->bss->load = *load;
	context.data_end = frame.len;
	options.data_in = frame.bytes;
	options.data_size_in = frame.len;
	while (now_ns() < end) {
		check(!bpf_prog_test_run_opts(bpf_program__fd(bench->progs.generate_wire), &options), "sending");
		sent += REPEATS;
	}
	printf("%llu %llu\n", (unsigned long long)sent, (unsigned long long)(now_ns() - start));
	return 0;
}
