// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"
#include "names.h"

static const struct event_names therm = {
	.device = "therm-17",
	.roles = "thermometer, base",
	.segment = "sensors",
	.interface = "lan0",
	.time = 1700000000000001000,
};

static const struct event_names nobody = {.roles = "", .time = 1700000000000000000};

static const struct example {
	const char *name;
	const char *src, *dst;
	struct event event;
	const struct event_names *names;
	const char *text, *json;
} examples[] = {
	{
		"tcp", "10.20.0.17", "10.1.0.9",
		{.count = 3, .ifindex = 4, .vlan = 20, .ethertype = 0x800, .sport = 40000, .dport = 22,
		 .bytes = 74, .mac = {2, 0, 0x5e, 0x10, 0, 0x17}, .verdict = VERDICT_DROP,
		 .reason = REASON_ROLE_CONNECT, .protocol = 6, .flags = EVENT_IP | EVENT_PORTS},
		&therm,
		"2023-11-14T22:13:20.000001Z drop role-connect device=therm-17 "
		"role=\"thermometer, base\" segment=sensors direction=in interface=lan0 vlan=20 "
		"src=10.20.0.17 dst=10.1.0.9 protocol=tcp sport=40000 dport=22 ethertype=0x0800 "
		"mac=02:00:5e:10:00:17 count=3 bytes=74\n",
		"{\"time\":1700000000.000001,\"verdict\":\"drop\",\"reason\":\"role-connect\","
		"\"device\":\"therm-17\",\"role\":\"thermometer, base\",\"segment\":\"sensors\","
		"\"direction\":\"in\",\"interface\":\"lan0\",\"vlan\":20,\"src\":\"10.20.0.17\","
		"\"dst\":\"10.1.0.9\",\"protocol\":\"tcp\",\"sport\":40000,\"dport\":22,\"icmp_type\":null,"
		"\"ethertype\":\"0x0800\",\"mac\":\"02:00:5e:10:00:17\",\"count\":3,\"bytes\":74}\n",
	},
	{
		"arp, audited", "10.20.0.17", "0.0.0.0",
		{.count = 1, .ethertype = 0x806, .bytes = 60, .mac = {2, 0, 0, 0, 0, 1},
		 .verdict = VERDICT_AUDIT, .reason = REASON_ARP_SPOOFED},
		&nobody,
		"2023-11-14T22:13:20Z audit arp-spoofed direction=in src=10.20.0.17 ethertype=0x0806 "
		"mac=02:00:00:00:00:01 count=1 bytes=60\n",
		"{\"time\":1700000000.000000,\"verdict\":\"audit\",\"reason\":\"arp-spoofed\","
		"\"device\":null,\"role\":null,\"segment\":null,\"direction\":\"in\",\"interface\":null,"
		"\"vlan\":null,\"src\":\"10.20.0.17\",\"dst\":null,\"protocol\":null,\"sport\":null,"
		"\"dport\":null,\"icmp_type\":null,\"ethertype\":\"0x0806\",\"mac\":\"02:00:00:00:00:01\","
		"\"count\":1,\"bytes\":60}\n",
	},
	{
		"icmpv6, on the way out", "fd00::1", "fd00::17",
		{.count = 1, .ethertype = 0x86dd, .bytes = 62, .mac = {2, 0, 0, 0, 0, 1}, .icmp_type = 128,
		 .sport = 7, .verdict = VERDICT_DROP, .reason = REASON_ROLE_ACCEPT, .protocol = 58,
		 .flags = EVENT_IP | EVENT_IPV6 | EVENT_OUT | EVENT_PORTS},
		&nobody,
		"2023-11-14T22:13:20Z drop role-accept direction=out src=fd00::1 dst=fd00::17 protocol=icmp "
		"icmp_type=128 ethertype=0x86dd mac=02:00:00:00:00:01 count=1 bytes=62\n",
		"{\"time\":1700000000.000000,\"verdict\":\"drop\",\"reason\":\"role-accept\","
		"\"device\":null,\"role\":null,\"segment\":null,\"direction\":\"out\",\"interface\":null,"
		"\"vlan\":null,\"src\":\"fd00::1\",\"dst\":\"fd00::17\",\"protocol\":\"icmp\",\"sport\":null,"
		"\"dport\":null,\"icmp_type\":128,\"ethertype\":\"0x86dd\",\"mac\":\"02:00:00:00:00:01\","
		"\"count\":1,\"bytes\":62}\n",
	},
};

static char *printed(const struct example *example, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	struct output *out = output_new(stream, json);
	struct event event = example->event;

	assert_int_equal(parse_addr(example->src, &event.src), 0);
	assert_int_equal(parse_addr(example->dst, &event.dst), 0);
	event_print(out, &event, example->names);
	assert_int_equal(output_close(out), 0);
	fclose(stream);
	return text;
}

static void test_lines(void **state)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		char *text = printed(&examples[i], false);
		char *json = printed(&examples[i], true);

		print_message("%s\n", examples[i].name);
		assert_string_equal(text, examples[i].text);
		assert_string_equal(json, examples[i].json);
		free(text);
		free(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
