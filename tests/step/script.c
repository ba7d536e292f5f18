// SPDX-License-Identifier: GPL-2.0-only
#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGS 4

struct call {
	struct frame *f;
	char *arg[MAX_ARGS];
	script_find find;
	void *context;
};

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 0);
}

static int op_eth(struct call *c)
{
	frame_ethernet(c->f, c->arg[0], c->arg[1]);
	return 0;
}

static int op_vlan(struct call *c)
{
	frame_vlan(c->f, number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static int op_type(struct call *c)
{
	frame_ethertype(c->f, number(c->arg[0]));
	return 0;
}

static int op_arp(struct call *c)
{
	uint8_t mac[6];

	frame_mac(c->arg[1], mac);
	frame_arp(c->f, number(c->arg[0]), mac, frame_addr(c->arg[2]), frame_addr(c->arg[3]));
	return 0;
}

static int op_ip(struct call *c)
{
	frame_ip(c->f, frame_addr(c->arg[0]), frame_addr(c->arg[1]));
	return 0;
}

static int op_ip6(struct call *c)
{
	frame_ipv6(c->f, frame_addr(c->arg[0]), frame_addr(c->arg[1]));
	return 0;
}

static int op_opt(struct call *c)
{
	uint8_t bytes[40] = { 0 };
	size_t n = strlen(c->arg[0]) / 2;

	for (size_t i = 0; i < n && i < sizeof(bytes); i++) {
		char hex[3] = { c->arg[0][2 * i], c->arg[0][2 * i + 1] };

		bytes[i] = strtoul(hex, NULL, 16);
	}
	frame_ipv4_options(c->f, bytes, n);
	return 0;
}

static int op_hop(struct call *c)
{
	frame_hop_limit(c->f, number(c->arg[0]));
	return 0;
}

static int op_frag(struct call *c)
{
	frame_fragment(c->f, number(c->arg[0]), number(c->arg[1]), !strcmp(c->arg[2], "more"));
	return 0;
}

static int op_ext(struct call *c)
{
	frame_extension(c->f, number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static int op_route(struct call *c)
{
	frame_routing(c->f, number(c->arg[0]));
	return 0;
}

static int op_proto(struct call *c)
{
	frame_protocol(c->f, number(c->arg[0]));
	return 0;
}

static int op_tcp(struct call *c)
{
	static const char letters[] = "FSRPA";
	uint8_t flags = 0;

	for (const char *p = c->arg[2]; *p && *p != '0'; p++) {
		const char *at = strchr(letters, *p);

		if (!at)
			return -EINVAL;
		flags |= 1 << (at - letters);
	}
	frame_tcp(c->f, number(c->arg[0]), number(c->arg[1]), flags);
	return 0;
}

static int op_udp(struct call *c)
{
	frame_udp(c->f, number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static int op_sctp(struct call *c)
{
	frame_sctp(c->f, number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static int op_echo(struct call *c)
{
	frame_echo(c->f, false, number(c->arg[0]), 1);
	return 0;
}

static int op_reply(struct call *c)
{
	frame_echo(c->f, true, number(c->arg[0]), 1);
	return 0;
}

static int op_icmp(struct call *c)
{
	frame_icmp(c->f, number(c->arg[0]), number(c->arg[1]), 0);
	return 0;
}

static int op_nd(struct call *c)
{
	frame_nd(c->f, number(c->arg[0]), frame_addr(c->arg[1]));
	return 0;
}

static int op_ndopt(struct call *c)
{
	uint8_t mac[6];

	frame_mac(c->arg[1], mac);
	frame_nd_option(c->f, number(c->arg[0]), mac);
	return 0;
}

static int op_quote(struct call *c)
{
	const struct frame *inner = c->find(c->context, c->arg[1]);

	if (!inner)
		return -EINVAL;
	frame_quote(c->f, inner, number(c->arg[0]));
	return 0;
}

static int op_again(struct call *c)
{
	const struct frame *other = c->find(c->context, c->arg[0]);

	if (!other)
		return -EINVAL;
	*c->f = *other;
	return 0;
}

static int op_data(struct call *c)
{
	frame_zeros(c->f, number(c->arg[0]));
	return 0;
}

static int op_pad(struct call *c)
{
	frame_pad(c->f, number(c->arg[0]));
	return 0;
}

static int op_cut(struct call *c)
{
	size_t len = number(c->arg[0]);

	if (len > c->f->len)
		return -EINVAL;
	c->f->len = len;
	return 0;
}

static int op_net8(struct call *c)
{
	frame_set8(c->f, c->f->network + number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static int op_net16(struct call *c)
{
	frame_set16(c->f, c->f->network + number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static int op_l4_8(struct call *c)
{
	frame_set8(c->f, c->f->transport + number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static int op_l4_16(struct call *c)
{
	frame_set16(c->f, c->f->transport + number(c->arg[0]), number(c->arg[1]));
	return 0;
}

static const struct op {
	const char *name;
	int nargs;
	int (*run)(struct call *call);
} ops[] = {
	{ "eth", 2, op_eth },	  { "vlan", 2, op_vlan },   { "type", 1, op_type },
	{ "arp", 4, op_arp },	  { "ip", 2, op_ip },	    { "ip6", 2, op_ip6 },
	{ "opt", 1, op_opt },	  { "hop", 1, op_hop },	    { "frag", 3, op_frag },
	{ "ext", 2, op_ext },	  { "route", 1, op_route }, { "proto", 1, op_proto },
	{ "tcp", 3, op_tcp },	  { "udp", 2, op_udp },	    { "sctp", 2, op_sctp },
	{ "echo", 1, op_echo },	  { "reply", 1, op_reply }, { "icmp", 2, op_icmp },
	{ "nd", 2, op_nd },	  { "ndopt", 2, op_ndopt }, { "quote", 2, op_quote },
	{ "again", 1, op_again }, { "data", 1, op_data },   { "pad", 1, op_pad },
	{ "cut", 1, op_cut },	  { "net8", 2, op_net8 },   { "net16", 2, op_net16 },
	{ "l4-8", 2, op_l4_8 },	  { "l4-16", 2, op_l4_16 },
};

static const struct op *find_op(const char *name)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	return NULL;
}

int script_frame(char *words, script_find find, void *context, struct frame *out, const char **wrong)
{
	struct call call = { .f = out, .find = find, .context = context };
	char *save = NULL;

	memset(out, 0, sizeof(*out));
	for (char *word = strtok_r(words, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		const struct op *op = find_op(word);

		*wrong = word;
		if (!op)
			return -EINVAL;
		for (int i = 0; i < op->nargs; i++) {
			call.arg[i] = strtok_r(NULL, " \t", &save);
			if (!call.arg[i])
				return -EINVAL;
		}
		if (op->run(&call))
			return -EINVAL;
	}
	return 0;
}
