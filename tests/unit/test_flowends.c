// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flowends.h"
#include "names.h"
#include "policy.h"

#define ROUNDS 20000

static uint64_t state = 0x9e3779b97f4a7c15ULL;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* ---- the fingerprint, once more as bpf/flowtable.h says it ---- */

static uint64_t mixed(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ULL;
	return h ^ h >> 32;
}

static void tag(const __u64 *secret, const uint32_t *words, int n, struct flow *flow)
{
	uint64_t low = 0, high = 0;

	for (int i = 0; i < n; i += 2) {
		low += (uint64_t)(uint32_t)(words[i] + (uint32_t)secret[i]) *
		       (uint32_t)(words[i + 1] + (uint32_t)secret[i + 1]);
		high += (uint64_t)(uint32_t)(words[i] + (uint32_t)secret[i + 12]) *
			(uint32_t)(words[i + 1] + (uint32_t)secret[i + 13]);
	}
	flow->low = low | 1;
	flow->high = mixed(high);
}

static bool less(const struct flow_ends *e)
{
	for (int i = 0; i < 4; i++)
		if (e->opener.w[i] != e->responder.w[i])
			return e->opener.w[i] < e->responder.w[i];
	return e->opener_port <= e->responder_port;
}

static struct flow fingerprint(const __u64 *secret, const struct flow_ends *e)
{
	bool ipv4 = addr_is_ipv4(&e->opener), first = less(e);
	const struct picket_addr *lo = first ? &e->opener : &e->responder, *hi = first ? &e->responder : &e->opener;
	uint32_t ports = first ? (uint32_t)e->opener_port << 16 | e->responder_port :
				 (uint32_t)e->responder_port << 16 | e->opener_port;
	uint32_t words[] = {
		lo->w[3], hi->w[3], ports, e->protocol | e->echo << 8 | (ipv4 ? 4 : 6) << 16,
		lo->w[0], lo->w[1], lo->w[2], hi->w[0], hi->w[1], hi->w[2],
	};
	struct flow flow = {
		.kind = e->protocol == IPPROTO_TCP ? FLOW_TCP : e->protocol == IPPROTO_UDP ? FLOW_UDP : FLOW_OTHER,
		.flags = first ? FLOW_LOW_OPENED : 0,
	};

	tag(secret, words, ipv4 ? 4 : 10, &flow);
	return flow;
}

/* ---- ---- */

static struct picket_addr any_addr(bool ipv4)
{
	struct picket_addr addr = { .w = { 0, 0, htonl(0xffff), any() } };

	for (int i = 0; i < 3 && !ipv4; i++)
		addr.w[i] = any();
	return addr;
}

static struct flow_ends any_ends(bool ipv4)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP };
	struct flow_ends ends = {
		.opener = any_addr(ipv4), .responder = any_addr(ipv4), .opener_port = any(),
		.responder_port = any(), .protocol = protocols[any() % 3],
	};

	if (any() % 8)
		return ends;
	ends.protocol = ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	ends.echo = any() % 2;
	ends.responder_port = ends.opener_port = ends.echo ? any() : 0;
	return ends;
}

static void any_secret(__u64 secret[FLOW_SECRETS])
{
	for (int i = 0; i < FLOW_SECRETS; i++)
		secret[i] = any() * 0x2545f4914f6cdd1dULL;
}

static void assert_same(const struct flow_ends *a, const struct flow_ends *b)
{
	assert_memory_equal(&a->opener, &b->opener, sizeof(a->opener));
	assert_memory_equal(&a->responder, &b->responder, sizeof(a->responder));
	assert_int_equal(a->opener_port, b->opener_port);
	assert_int_equal(a->responder_port, b->responder_port);
	assert_int_equal(a->protocol, b->protocol);
	assert_int_equal(a->echo, b->echo);
}

/* With one address known the rest comes out; of an address that is not of the flow nothing. */
static void test_one_known(void **unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		__u64 secret[FLOW_SECRETS];
		struct flow_ends ends = any_ends(true), found;
		struct picket_addr stranger = any_addr(true);
		struct flow flow;

		any_secret(secret);
		flow = fingerprint(secret, &ends);
		assert_true(flow_ends_find(secret, &flow, &ends.opener, true, &found));
		assert_same(&found, &ends);
		assert_true(flow_ends_find(secret, &flow, &ends.responder, false, &found));
		assert_same(&found, &ends);
		assert_false(flow_ends_find(secret, &flow, &stranger, true, &found));
		assert_false(flow_ends_find(secret, &flow, &ends.responder, true, &found));
	}
}

static void test_both_known(void **unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		__u64 secret[FLOW_SECRETS];
		struct flow_ends ends = any_ends(i % 2), found;
		struct picket_addr stranger = any_addr(i % 2);
		struct flow flow;

		any_secret(secret);
		flow = fingerprint(secret, &ends);
		assert_true(flow_ends_ports(secret, &flow, &ends.opener, &ends.responder, &found));
		assert_same(&found, &ends);
		assert_false(flow_ends_ports(secret, &flow, &ends.opener, &stranger, &found));
		assert_false(flow_ends_ports(secret, &flow, &ends.responder, &ends.opener, &found));
	}
}

/* Ports and addresses at the ends of what they may be, and keys that make the sums wrap or vanish. */
static void test_edges(void **unused)
{
	static const uint32_t addrs[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	static const __u64 keys[] = { 1, 0x7fffffff, 0x80000001, 0xffffffff };

	for (size_t i = 0; i < 6 * 6 * 4; i++) {
		__u64 secret[FLOW_SECRETS];
		struct flow_ends ends = any_ends(true), found;
		struct flow flow;

		any_secret(secret);
		for (int k = 0; k < 4; k++)
			secret[k + (i % 2 ? 12 : 0)] = keys[(i / 36 + k) % 4];
		ends.opener.w[3] = addrs[i % 6];
		ends.responder.w[3] = addrs[i / 6 % 6];
		ends.opener_port = i % 2 ? 0 : 65535;
		flow = fingerprint(secret, &ends);
		if (flow_ends_find(secret, &flow, &ends.opener, true, &found))
			assert_same(&found, &ends);
		else
			fail_msg("%zu: not found", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_known),
		cmocka_unit_test(test_both_known),
		cmocka_unit_test(test_edges),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
