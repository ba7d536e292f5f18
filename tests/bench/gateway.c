// SPDX-License-Identifier: GPL-2.0-only
#include "gateway.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "diag.h"
#include "entry.skel.h"
#include "instance.h"
#include "load.h"
#include "policy.h"
#include "rows.h"
#include "slot.h"
#include "state.h"

/* ifindexes */
#define LOOPBACK 1 /* where BPF_PROG_TEST_RUN's frames come from */
#define OTHER 2

struct gateway {
	struct instance instance;
	struct entry *entry;
	struct state_sizes sizes;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* ---- the policy's text ---- */

static const char head[] =
	"picket: 1\n"
	"segments:\n"
	"  sensors: {interfaces: [lan0], subnets: [10.16.0.0/12, \"fd00:20::/64\"]}\n"
	"  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24, \"fd00:1::/64\"]}\n"
	"conduits:\n"
	"  - {from: sensors, to: servers}\n"
	"  - {from: servers, to: sensors}\n"
	"device-files: [devices.csv]\n"
	"roles:\n"
	"  sensor:\n";

static void write_policy(const struct site *site, FILE *out)
{
	fputs(head, out);
	if (site->limits)
		fprintf(out, "    limit:\n      send: {packets: 1000000000/s, bytes: %lluB/s}\n"
			"      receive: {packets: 1000000000/s, bytes: %lluB/s}\n",
			SITE_BYTES_S, SITE_BYTES_S);
	fputs("    accept:\n      - {from: servers, ports: [udp]}\n    connect:\n", out);
	/* Addresses of a net of their own, 4 rules each, each of another service. */
	for (uint32_t i = 1; i < site->rules; i++)
		fprintf(out, "      - {to: 10.%u.%u.%u, ports: [tcp/%u]}\n", 64 + (i >> 18 & 63), i >> 10 & 255,
			i >> 2 & 255, 1024 + i % 60000);
	fprintf(out, "      - {to: servers, ports: [udp/%u]}\n", SITE_PORT);
}

static void write_devices(const struct site *site, FILE *out)
{
	fputs("name,role,mac,ip\n", out);
	for (uint32_t i = 1; i <= site->devices; i++) {
		uint32_t addr = SITE_BASE + i;

		fprintf(out, "d%u,sensor,02:00:%02x:%02x:%02x:%02x,", i, i >> 24, i >> 16 & 255, i >> 8 & 255,
			i & 255);
		if (site->ipv6)
			fprintf(out, "fd00:20::%x:%x\n", addr >> 16, addr & 0xffff);
		else
			fprintf(out, "%u.%u.%u.%u\n", addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255);
	}
}

static struct policy *site_policy(const struct site *site, struct diag *diag)
{
	struct source_file files[2] = { { .name = "bench.yaml" }, { .name = "devices.csv" } };
	void (*const write[])(const struct site *, FILE *) = { write_policy, write_devices };
	struct policy *policy = NULL;
	char *text[2];
	size_t len[2];

	for (int i = 0; i < 2; i++) {
		FILE *out = open_memstream(&text[i], &len[i]);

		if (!out)
			die("there is not enough memory");
		write[i](site, out);
		fclose(out);
		files[i].text = text[i];
		files[i].len = len[i];
	}
	if (policy_load_sources(files, 2, diag, &policy)) {
		diag_print(diag, stderr);
		die("its own policy is not valid");
	}
	free(text[0]);
	free(text[1]);
	return policy;
}

/* ---- loading ---- */

static struct mapimage *site_image(const struct site *site, const struct policy *policy,
				   const struct ruleset *ruleset)
{
	struct rows devices __attribute__((cleanup(rows_free))) = {};
	struct rows segments __attribute__((cleanup(rows_free))) = {};
	uint32_t ifindexes[] = { site->inward ? OTHER : LOOPBACK, site->inward ? LOOPBACK : OTHER };
	struct mapimage_input input = {
		.policy = policy, .ruleset = ruleset,
		.devices = &devices, .segments = &segments, .ifindexes = ifindexes,
	};
	struct mapimage *image;

	if (rows_identity(policy->ndevices, &devices) || rows_identity(policy->nsegments, &segments) ||
	    mapimage_build(&input, &image))
		die("the maps could not be built");
	return image;
}

static struct config site_config(const struct policy *policy, const struct ruleset *ruleset,
				 const struct mapimage *image, const struct state_sizes *sizes)
{
	struct config config = config_from_policy(policy, &ruleset->switches, image);

	config.generation = 1;
	config.flow_mask = sizes->flow_buckets - 1;
	config.flow_window = state_flow_window(sizes->flow_buckets);
	config.hostflow_mask = sizes->hostflow_buckets - 1;
	for (int i = 0; i < 32; i++)
		config.secret[i] = (random() << 32 ^ random()) | 1;
	return config;
}

static void open_entry(struct gateway *gateway)
{
	uint32_t slot = 0, key = 0;
	struct live_word live = { .word = LIVE_WORD(1, 0) };
	int program = bpf_program__fd(gateway->instance.picket->progs.picket_ingress);

	gateway->entry = entry__open_and_load();
	if (!gateway->entry ||
	    bpf_map_update_elem(bpf_map__fd(gateway->entry->maps.ingress_slots), &slot, &program, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(gateway->entry->maps.live), &key, &live, BPF_ANY))
		die("the entry program: %s", strerror(errno));
}

struct gateway *gateway_open(const struct site *site)
{
	struct gateway *gateway = calloc(1, sizeof(*gateway));
	struct diag *diag = diag_new();
	struct rows rows = { .n = site->devices, .capacity = site->devices + 1 };
	struct ruleset *ruleset = NULL;
	struct mapimage *image;
	struct policy *policy;
	struct config config;

	if (!gateway || !diag)
		die("there is not enough memory");
	policy = site_policy(site, diag);
	if (compile(policy, diag, &ruleset) || instance_open(true, &gateway->instance))
		die("the policy does not compile, or the program does not open");
	image = site_image(site, policy, ruleset);
	state_sizes_for(policy, ruleset, &rows, NULL, &gateway->sizes);
	config = site_config(policy, ruleset, image, &gateway->sizes);
	bpf_program__set_autoload(gateway->instance.picket->progs.picket_egress_xdp, false);
	if (instance_size(&gateway->instance, image, &gateway->sizes))
		die("the maps could not be sized");
	instance_configure(&gateway->instance, &config);
	if (instance_load(&gateway->instance) || instance_fill(&gateway->instance, image))
		die("%s", instance_complaint());
	open_entry(gateway);
	mapimage_free(image);
	ruleset_free(ruleset);
	policy_free(policy);
	diag_free(diag);
	return gateway;
}

void gateway_close(struct gateway *gateway)
{
	entry__destroy(gateway->entry);
	instance_close(&gateway->instance);
	free(gateway);
}

uint32_t gateway_flows(const struct gateway *gateway)
{
	return gateway->sizes.flow_buckets * PICKET_FLOW_WAYS;
}

int gateway_program(const struct gateway *gateway)
{
	return bpf_program__fd(gateway->entry->progs.entry_ingress);
}

uint64_t gateway_tally(const struct gateway *gateway, uint32_t tally)
{
	int totals = bpf_map__fd(instance_map(&gateway->instance, "totals"));
	uint64_t packets = 0;

	for (uint32_t row = 0; row <= 2; row++) {
		struct tally found = {};

		if (sum_totals(totals, row * PICKET_TALLIES + tally, 1, &found))
			die("the totals cannot be read");
		packets += found.packets;
	}
	return packets;
}

uint64_t gateway_retries(const struct gateway *gateway)
{
	int cpus = libbpf_num_possible_cpus(), fd = bpf_map__fd(instance_map(&gateway->instance, "stats"));
	uint64_t values[cpus], sum = 0;
	uint32_t key = STAT_GCRA_RETRIES;

	if (bpf_map_lookup_elem(fd, &key, values))
		die("the statistics cannot be read");
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}
