// SPDX-License-Identifier: GPL-2.0-only
/*
 * Effects against the second reading of the rules: two random policies, random ends and services.
 * What the reading decides differently, effects say; and what effects say, it decides.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "effects_scene.h"
#include "eval.h"
#include "eval_place.h"
#include "frame.h"
#include "linear_rules.h"
#include "names.h"
#include "policy_mix.h"
#include "random_policy.h"

#define PAIRS_OF_POLICIES 320
#define TRIALS 400

/* ---- ends ---- */

/* Who is meant, by policy; the frames that this makes depend on the policy. */
struct party {
	struct effect_end end[POLICIES];
	bool moved; /* a device at two addresses: not all pairs of those are compared */
};

static bool roams(const struct device *device, bool ipv4)
{
	if (!device->has_mac || device->router)
		return false;
	for (size_t i = 0; i < device->naddrs; i++)
		if (addr_is_ipv4(&device->addrs[i]) == ipv4)
			return false;
	return true;
}

static bool is_gateway(const struct scene *s, const struct picket_addr *addr)
{
	for (int x = 0; x < POLICIES; x++)
		for (size_t i = 0; i < s->policies[x]->ngateway; i++)
			if (!memcmp(&s->policies[x]->gateway[i], addr, sizeof(*addr)))
				return true;
	return false;
}

static bool may_be_at(struct scene *s, int policy, uint32_t index, const struct picket_addr *addr)
{
	const struct policy *p = s->policies[policy];
	uint8_t len;

	if (!roams(&p->devices[index], addr_is_ipv4(addr)))
		return linear_device(p, addr) == index;
	return linear_device(p, addr) == INDEX_NONE && place_broadcast(p, addr) == INDEX_NONE &&
	       !is_gateway(s, addr) &&
	       linear_segment(p, addr, &len) == p->devices[index].segment;
}

/* An address that a device may have; false when none came up. */
static bool device_addr(struct scene *s, int policy, uint32_t index, bool ipv4, struct picket_addr *addr)
{
	const struct policy *p = s->policies[policy];
	const struct device *device = &p->devices[index];

	if (!roams(device, ipv4)) {
		for (size_t i = 0; i < device->naddrs; i++) {
			*addr = device->addrs[(i + random_below(s->seed, 2)) % device->naddrs];
			if (addr_is_ipv4(addr) == ipv4)
				return true;
		}
		return false;
	}
	for (int tries = 0; tries < 40; tries++) {
		*addr = random_addr(s->seed);
		if (addr_is_ipv4(addr) == ipv4 && may_be_at(s, policy, index, addr))
			return true;
	}
	return false;
}

/* A device that both have, each at an address of its own, the same one if it can be. */
static bool same_device(struct scene *s, bool ipv4, struct party *out)
{
	const struct policy *after = s->policies[AFTER];
	uint32_t index = random_below(s->seed, after->ndevices), before = s->pairs.before[index];

	if (before == INDEX_NONE || !device_addr(s, AFTER, index, ipv4, &out->end[AFTER].addr))
		return false;
	out->end[AFTER].device = index;
	out->end[BEFORE] = (struct effect_end){ out->end[AFTER].addr, before };
	if (may_be_at(s, BEFORE, before, &out->end[AFTER].addr))
		return true;
	out->moved = true;
	return device_addr(s, BEFORE, before, ipv4, &out->end[BEFORE].addr);
}

/* Of a random subnet; of an IPv6 one any address. */
static struct picket_addr broadcast(struct scene *s)
{
	const struct policy *p = s->policies[random_below(s->seed, 2)];
	const struct segment *segment = &p->segments[random_below(s->seed, p->nsegments)];
	const struct prefix *prefix = &segment->subnets[random_below(s->seed, segment->nsubnets)].prefix;
	struct picket_addr addr = prefix->addr;

	if (prefix->len > 96)
		addr.w[3] |= htonl(0xffffffff >> (prefix->len - 96));
	return addr;
}

/* Whoever has an address. */
static bool same_addr(struct scene *s, bool ipv4, struct party *out)
{
	struct picket_addr addr = random_addr(s->seed);

	if (!random_below(s->seed, 6)) {
		addr = broadcast(s);
	} else if (random_below(s->seed, 3)) {
		const struct policy *p = s->policies[random_below(s->seed, 2)];
		const struct device *device = &p->devices[random_below(s->seed, p->ndevices)];

		if (device->naddrs)
			addr = device->addrs[0];
	}
	if (addr_is_ipv4(&addr) != ipv4)
		return false;
	for (int x = 0; x < POLICIES; x++)
		out->end[x] = (struct effect_end){ addr, linear_device(s->policies[x], &addr) };
	/* What becomes of an address that a device gave up is told as a change of the device. */
	for (int x = 0; x < POLICIES; x++) {
		uint32_t device = out->end[x].device;
		uint32_t same = device == INDEX_NONE ? INDEX_NONE :
				x == BEFORE ? s->pairs.after[device] : s->pairs.before[device];

		if (same != INDEX_NONE && same != out->end[!x].device)
			out->moved = true;
	}
	return true;
}

static bool gateway_addr(struct scene *s, bool ipv4, struct party *out)
{
	const struct policy *p = s->policies[random_below(s->seed, 2)];

	const struct picket_addr *addr;

	if (!p->ngateway)
		return false;
	addr = &p->gateway[random_below(s->seed, p->ngateway)];
	for (int x = 0; x < POLICIES; x++)
		out->end[x] = (struct effect_end){ *addr, INDEX_NONE };
	return addr_is_ipv4(addr) == ipv4;
}

static bool random_party(struct scene *s, bool ipv4, struct party *out)
{
	*out = (struct party){};
	switch (random_below(s->seed, 6)) {
	case 0:
		return gateway_addr(s, ipv4, out);
	case 1:
	case 2:
		return same_addr(s, ipv4, out);
	default:
		return same_device(s, ipv4, out);
	}
}

/* ---- the reading ---- */

/* A port of the segment; one that the other segment is on, too, when there is one. */
static const struct port *port_of(struct scene *s, int policy, uint32_t segment, uint32_t with)
{
	const struct policy *p = s->policies[policy];
	const struct segment *seg = segment == INDEX_NONE ? NULL : &p->segments[segment];

	for (size_t i = 0; seg && i < seg->nports; i++) {
		const struct port *port = &p->ports[seg->ports[i]];

		for (size_t k = 0; k < port->nsegments; k++)
			if (port->segments[k] == with)
				return port;
	}
	return seg && seg->nports ? &p->ports[seg->ports[random_below(s->seed, seg->nports)]] : NULL;
}

static uint32_t segment_at(struct scene *s, int policy, const struct effect_end *end)
{
	uint8_t len;

	if (end->device != INDEX_NONE)
		return s->policies[policy]->devices[end->device].segment;
	return linear_segment(s->policies[policy], &end->addr, &len);
}

static void put_payload(struct frame *f, const struct traffic *traffic)
{
	if (traffic->echo)
		frame_echo(f, false, 7, 1);
	else if (traffic->odd)
		frame_icmp(f, f->version == 4 ? 17 : 200, 0, 0);
	else if (traffic->proto == 6)
		frame_tcp(f, 40000, traffic->port, FRAME_SYN);
	else if (traffic->proto == 17)
		frame_udp(f, 40000, traffic->port);
	else if (traffic->proto == 132)
		frame_sctp(f, 40000, traffic->port);
	else {
		frame_protocol(f, traffic->proto);
		frame_zeros(f, 8);
	}
}

/* False: there is no way to send it, so it is not allowed. */
static bool make_frame(struct scene *s, int policy, const struct effect_end *from,
		       const struct effect_end *to, const struct traffic *traffic,
		       struct eval_input *input, struct frame *f)
{
	static const uint8_t stranger[6] = { 2, 0xaa, 0, 0, 0, 1 };
	const struct policy *p = s->policies[policy];
	bool out = is_gateway(s, &from->addr);
	const struct device *device = from->device == INDEX_NONE ? NULL : &p->devices[from->device];
	const struct port *port = port_of(s, policy, segment_at(s, policy, out ? to : from),
					  segment_at(s, policy, to));

	if (!port)
		return false;
	frame_ethernet_raw(f, (const uint8_t[6]){ 2, 0, 0, 0, 0, 0xfe },
			   device && device->has_mac ? device->mac : stranger);
	if (port->vlan)
		frame_vlan(f, 0x8100, port->vlan);
	frame_ip(f, from->addr, to->addr);
	put_payload(f, traffic);
	*input = (struct eval_input){ .interface = port->interface, .out = out, .frame = f->bytes,
				      .len = f->len, .time = s->time };
	return true;
}

/* Whether a policy lets it be opened. */
static bool reading_allows(struct scene *s, int policy, const struct party *from,
			   const struct party *to, const struct traffic *traffic)
{
	const struct effect_end *source = &from->end[policy], *target = &to->end[policy];
	struct eval_verdict verdict;
	struct eval_input input;
	struct frame frame;
	struct eval *eval;

	/* What the gateway sends to others than devices is nobody's business. */
	if (is_gateway(s, &source->addr) && target->device == INDEX_NONE)
		return false;
	if (!make_frame(s, policy, source, target, traffic, &input, &frame))
		return false;
	assert_int_equal(eval_new(s->policies[policy], &eval), 0);
	for (size_t i = 0; i < s->policies[!policy]->ngateway; i++)
		assert_int_equal(eval_add_gateway(eval, &s->policies[!policy]->gateway[i]), 0);
	if (target->device != INDEX_NONE && linear_device(s->policies[policy], &target->addr) == INDEX_NONE)
		eval_learn(eval, &target->addr, target->device, s->time);
	assert_int_equal(eval_frame(eval, &input, &verdict, NULL), 0);
	eval_free(eval);
	return verdict.verdict == VERDICT_PASS;
}

/* ---- trials ---- */

static struct traffic random_traffic(struct scene *s)
{
	static const struct traffic usual[] = {
		{ .proto = 6, .port = 80 }, { .proto = 6, .port = 81 }, { .proto = 6, .port = 79 },
		{ .proto = 6 }, { .proto = 6, .port = 65535 }, { .proto = 6, .port = 85 },
		{ .proto = 17, .port = 53 }, { .proto = 17 }, { .proto = 132, .port = 9 },
		{ .proto = 132, .port = 10 }, { .proto = 47 }, { .proto = 255 }, { .proto = 50 },
		{ .proto = 1, .echo = true }, { .proto = 1, .odd = true },
	};

	return usual[random_below(s->seed, sizeof(usual) / sizeof(usual[0]))];
}

static uint32_t service_number(const struct traffic *t)
{
	if (t->echo)
		return PICKET_SERVICE_ECHO;
	return t->odd ? PICKET_SERVICE_ODD : (uint32_t)t->proto << 16 | t->port;
}

static void describe(const struct scene *s, const char *what, const struct party *party)
{
	char addr[ADDR_LEN];

	for (int x = 0; x < POLICIES; x++)
		fprintf(stderr, "%s %s: %s %s\n", what, x == BEFORE ? "before" : "after",
			format_addr(&party->end[x].addr, addr), party->end[x].device == INDEX_NONE ? "" :
			s->policies[x]->devices[party->end[x].device].name);
}

static void complain(const struct scene *s, const struct party *from, const struct party *to,
		     const struct traffic *t, const bool allowed[POLICIES], enum effect effect)
{
	describe(s, "from", from);
	describe(s, "to", to);
	fprintf(stderr, "protocol %u port %u%s%s, allowed before %d, after %d, effect %d\n", t->proto,
		t->port, t->echo ? " echo" : "", t->odd ? " odd" : "", allowed[BEFORE], allowed[AFTER], effect);
	fprintf(stderr, "==== before\n%s==== after\n%s", s->texts[BEFORE], s->texts[AFTER]);
	fail();
}

struct met {
	size_t effects[EFFECT_UNKNOWN + 1];
	size_t moved; /* devices that are elsewhere, and known to be */
};

static void trial(struct scene *s, struct met *met)
{
	bool ipv4 = random_below(s->seed, 3), allowed[POLICIES];
	struct traffic traffic = random_traffic(s);
	enum effect effect, expected;
	struct party from, to;

	if (!random_party(s, ipv4, &from) || !random_party(s, ipv4, &to))
		return;
	/* Link-local sources are left out, and what is sent to oneself has no meaning. */
	for (int x = 0; x < POLICIES; x++)
		if (addr_is_link_local(&from.end[x].addr) || addr_equal(&from.end[x].addr, &to.end[x].addr))
			return;
	for (int x = 0; x < POLICIES; x++)
		allowed[x] = reading_allows(s, x, &from, &to, &traffic);
	expected = allowed[BEFORE] == allowed[AFTER] ? EFFECT_NONE :
		   allowed[AFTER] ? EFFECT_GAINED : EFFECT_LOST;
	effect = effects_ask(s->effects, from.end, to.end, service_number(&traffic));
	met->effects[effect]++;
	met->moved += effect != EFFECT_UNKNOWN && (from.moved || to.moved);
	if (effect == EFFECT_UNKNOWN && (from.moved || to.moved || (!allowed[BEFORE] && !allowed[AFTER])))
		return;
	if (effect != expected)
		complain(s, &from, &to, &traffic, allowed, effect);
}

static void test_random(void **state)
{
	struct met met = {};
	size_t scenes = 0;

	for (uint64_t i = 0; i < PAIRS_OF_POLICIES; i++) {
		uint64_t seed = first_seed() + i * 7919;
		struct scene s __attribute__((cleanup(scene_free))) = {};

		if (!random_scene(&s, &seed))
			continue;
		scenes++;
		for (int k = 0; k < TRIALS; k++)
			trial(&s, &met);
	}
	print_message("%zu scenes: %zu none, %zu gained, %zu lost, %zu moved, %zu unknown\n", scenes,
		      met.effects[EFFECT_NONE], met.effects[EFFECT_GAINED], met.effects[EFFECT_LOST],
		      met.moved, met.effects[EFFECT_UNKNOWN]);
	assert_true(scenes > PAIRS_OF_POLICIES / 3);
	assert_true(met.effects[EFFECT_GAINED] > 1000 && met.effects[EFFECT_LOST] > 1000);
	assert_true(met.moved > 1000);
}

/* Other names and another order are no effects; the same policy has none, at any time. */
static void test_renamed(void **state)
{
	size_t scenes = 0;

	for (uint64_t i = 0; i < PAIRS_OF_POLICIES / 4; i++) {
		uint64_t seed = first_seed() + i * 104729;
		struct scene s __attribute__((cleanup(scene_free))) = { .seed = &seed };

		s.policies[BEFORE] = random_policy(&seed, &s.texts[BEFORE]);
		policy_free(s.policies[BEFORE]);
		s.texts[AFTER] = rename_policy(s.texts[BEFORE]);
		s.time = (RANDOM_TIME_BASE + random_below(&seed, RANDOM_HOURS) * 3600LL) * NSEC_PER_SEC;
		if (!scene_make(&s))
			continue;
		scenes++;
		if (!effects_none(s.effects))
			fail_msg("==== before\n%s==== after\n%s", s.texts[BEFORE], s.texts[AFTER]);
	}
	assert_true(scenes > PAIRS_OF_POLICIES / 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_renamed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
