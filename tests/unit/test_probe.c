// SPDX-License-Identifier: GPL-2.0-only
/* What explain makes up is what the tests' own builder makes of the same words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"
#include "probe.h"

#define SRC_MAC "02:00:5e:10:00:17"
#define DST_MAC "02:00:00:00:00:01"

static const struct example {
	const char *src, *dst;
	uint16_t vlan;
	struct service service;
} examples[] = {
	{"10.20.0.17", "10.1.0.10", 0, {SERVICE_PROTO, 6, 8883, 8883, {0}}},
	{"10.20.0.17", "10.1.0.10", 20, {SERVICE_PROTO, 17, 53, 53, {0}}},
	{"10.20.0.17", "10.1.0.10", 0, {SERVICE_PROTO, 132, 9, 9, {0}}},
	{"10.20.0.17", "10.1.0.10", 0, {SERVICE_ECHO, 0, 0, 65535, {0}}},
	{"fd00::17", "fd00::1", 4094, {SERVICE_ECHO, 0, 0, 65535, {0}}},
	{"fd00::17", "fd00::1", 0, {SERVICE_PROTO, 6, 22, 22, {0}}},
	{"10.20.0.17", "10.1.0.10", 0, {SERVICE_PROTO, 47, 0, 65535, {0}}},
};

static void build(const struct example *example, struct frame *f)
{
	const struct service *service = &example->service;

	frame_ethernet(f, DST_MAC, SRC_MAC);
	if (example->vlan)
		frame_vlan(f, 0x8100, example->vlan);
	frame_ip(f, frame_addr(example->src), frame_addr(example->dst));
	if (service->kind == SERVICE_ECHO) {
		frame_echo(f, false, 40000, 1);
	} else if (service->proto == 6) {
		frame_tcp(f, 40000, service->lo, FRAME_SYN);
	} else if (service->proto == 17) {
		frame_udp(f, 40000, service->lo);
	} else if (service->proto == 132) {
		frame_sctp(f, 40000, service->lo);
	} else {
		frame_protocol(f, service->proto);
		frame_zeros(f, 8);
	}
}

/* What neither builder's reader looks at. */
static void clear_unread(struct frame *f)
{
	if (f->bytes[f->network] >> 4 == 4)
		frame_set16(f, f->network + 10, 0);
}

static void test_frames(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *example = &examples[i];
		struct frame expected, made = {0};
		struct probe probe = {
			.src = frame_addr(example->src),
			.dst = frame_addr(example->dst),
			.vlan = example->vlan,
			.service = example->service,
			.sport = 40000,
		};

		print_message("%zu\n", i);
		frame_mac(SRC_MAC, probe.src_mac);
		frame_mac(DST_MAC, probe.dst_mac);
		assert_true(probe_valid(&probe));
		build(example, &expected);
		made.len = probe_frame(&probe, made.bytes);
		made.network = expected.network;
		clear_unread(&made);
		clear_unread(&expected);
		assert_int_equal(made.len, expected.len);
		if (example->service.kind == SERVICE_PROTO && example->service.proto == 6)
			frame_set16(&expected, expected.transport + 14, 0xffff); /* the window */
		assert_memory_equal(made.bytes, expected.bytes, expected.len);
	}
}

static void test_invalid(void **state)
{
	struct probe probe = {
		.src = frame_addr("10.0.0.1"),
		.dst = frame_addr("fd00::1"),
		.service = {SERVICE_PROTO, 6, 22, 22, {0}},
	};

	assert_false(probe_valid(&probe));
	probe.dst = frame_addr("10.0.0.2");
	assert_true(probe_valid(&probe));
	probe.service.hi = 23;
	assert_false(probe_valid(&probe));
	probe.service.kind = SERVICE_ANY;
	assert_false(probe_valid(&probe));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
