// SPDX-License-Identifier: GPL-2.0-only
#include "budget.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"

#define LIMIT 1000000 /* instructions that the verifier looks at, at most */
#define SHARE 4 /* of the limit, the part that is ours */
#define PROGRAMS 3

/* Every switch that an apply can turn on: a form for each set of them. */
static const struct {
	const char *name;
	size_t offset;
} switches[] = {
	{ "vlan", offsetof(struct config, use_vlan) },
	{ "limits", offsetof(struct config, use_limits) },
	{ "segment limits", offsetof(struct config, use_segment_limits) },
	{ "fragments", offsetof(struct config, use_fragments) },
	{ "learning", offsetof(struct config, use_learning) },
	{ "audit", offsetof(struct config, use_audit) },
	{ "validity", offsetof(struct config, use_validity) },
	{ "schedules", offsetof(struct config, use_schedules) },
	{ "guesses", offsetof(struct config, use_guesses) },
	{ "sparse", offsetof(struct config, use_sparse) },
	{ "frags", offsetof(struct config, use_frags) },
};
#define SWITCHES (sizeof(switches) / sizeof(switches[0]))
#define FORMS (1U << SWITCHES)

static const char *const programs[PROGRAMS] = { "picket_ingress", "picket_long", "picket_egress" };

/* What a program cost in a form. */
struct cost {
	uint32_t form, verified, bytes;
};

static struct config form_config(uint32_t form)
{
	struct config config = { .generation = 1, .flow_mask = 4095, .hostflow_mask = 4095, .flow_window = 127 };

	for (size_t i = 0; i < SWITCHES; i++)
		*((__u8 *)&config + switches[i].offset) = form >> i & 1;
	return config;
}

static struct cost cost_of(const struct bpf_program *program, uint32_t form)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &len);
	return (struct cost){ form, info.verified_insns, info.xlated_prog_len };
}

/* False: the kernel refuses the form. */
static bool load_form(uint32_t form, struct cost costs[PROGRAMS])
{
	struct config config = form_config(form);
	struct instance instance;
	bool good;

	if (instance_open(false, &instance))
		return false;
	instance_configure(&instance, &config);
	good = !instance_load(&instance);
	if (good) {
		costs[0] = cost_of(instance.picket->progs.picket_ingress, form);
		costs[1] = cost_of(instance.picket->progs.picket_long, form);
		costs[2] = cost_of(instance.egress->progs.picket_egress, form);
	} else {
		fprintf(stderr, "bench: %s\n", instance_complaint());
	}
	instance_close(&instance);
	return good;
}

static void print_form(uint32_t form)
{
	bool any = false;

	for (size_t i = 0; i < SWITCHES; i++) {
		if (form >> i & 1)
			printf("%s%s", any ? ", " : "", switches[i].name);
		any |= form >> i & 1;
	}
	puts(any ? "" : "nothing");
}

static void print_costs(const struct cost costs[PROGRAMS])
{
	for (int i = 0; i < PROGRAMS; i++)
		printf("  %-16s%8u instructions verified%8u bytes\n", programs[i], costs[i].verified, costs[i].bytes);
}

/* Told on its own: nothing, all, or one switch alone. */
static bool notable(uint32_t form)
{
	return form == FORMS - 1 || !(form & (form - 1));
}

int print_budget(uint32_t limit)
{
	struct cost most[PROGRAMS] = {}, costs[PROGRAMS] = {};
	uint32_t forms = 0;
	bool good = true;

	for (uint32_t form = 0; form < FORMS && good; form++) {
		/* an odd factor scatters the forms that are taken over all of them */
		if (form * 1103U % FORMS >= limit && !notable(form))
			continue;
		forms++;
		good = load_form(form, costs);
		for (int i = 0; i < PROGRAMS && good; i++) {
			if (costs[i].verified >= most[i].verified)
				most[i] = costs[i];
		}
		/* of the forms in between, only what is most counts */
		if (good && notable(form)) {
			printf("with ");
			print_form(form);
			print_costs(costs);
		}
	}
	printf("the most of %u forms, of %u\n", forms, FORMS);
	for (int i = 0; i < PROGRAMS; i++) {
		printf("  %-16s%8u, %.1f %% of the kernel's %u, with ", programs[i], most[i].verified,
		       100.0 * most[i].verified / LIMIT, LIMIT);
		print_form(most[i].form);
		good = good && most[i].verified < LIMIT / SHARE;
	}
	printf("%s\n", good ? "under a quarter of the limit" : "NOT under a quarter of the limit, or refused");
	return good ? 0 : 1;
}
