// SPDX-License-Identifier: GPL-2.0-only
/* A policy's text becomes struct policy; broken text never becomes anything worse than an error. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "policy.h"

static const char SITE[] =
	"picket: 1\n"
	"mode: audit\n"
	"gateway: {addresses: [10.20.0.1, 10.1.0.1, \"fd00:20::1\"]}\n"
	"segments:\n"
	"  sensors:\n"
	"    interfaces: [lan0, {name: lan0, vlan: 20}]\n"
	"    subnets: [10.20.0.0/16, \"fd00:20::/64\"]\n"
	"    dhcp: true\n"
	"    fragments: track\n"
	"    ethertypes: [eapol, lldp, 0x1234]\n"
	"    mode: enforce\n"
	"    limit: {send: {bytes: 50MB/s}, receive: {packets: 6000/m}}\n"
	"  lab: {interfaces: [{vlan: 20, name: lan0}, lab0], subnets: [10.20.30.0/24], dhcp: true}\n"
	"  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}\n"
	"  uplink: {kind: hosts, interfaces: [wan0], subnets: [0.0.0.0/0, \"::/0\"], "
	"router-advertisements: true}\n"
	"peers:\n"
	"  broker: [10.1.0.10, 10.1.0.11]\n"
	"  cloud: [203.0.113.0/24, \"2001:db8:77::/48\"]\n"
	"roles:\n"
	"  base: {connect: [{to: gateway, ports: [udp/53, udp/123]}]}\n"
	"  maintenance:\n"
	"  thermometer:\n"
	"    extends: [base]\n"
	"    connect:\n"
	"      - {to: [broker, cloud, 192.0.2.1, any], ports: [tcp/8883, tcp/1-7, sctp, icmp, proto/47, any]}\n"
	"      - {to: Therm-18}\n"
	"    accept:\n"
	"      - {from: [servers, base], ports: [tcp/22]}\n"
	"    limit:\n"
	"      send: {packets: 50/s, bytes: 64KiB/s, flows: 20/h}\n"
	"      receive: {packets: 100/s, burst: 200, burst-bytes: 2MB, bytes: 1MB/s, flows: 30/m}\n"
	"devices:\n"
	"  therm-17:\n"
	"    role: thermometer\n"
	"    mac: 02:00:5E:10:00:17\n"
	"    ip: [10.20.0.17, \"fe80::17\", \"fd00:20::17\"]\n"
	"    space: hq/floor-2/room-210\n"
	"    dhcp-server: true\n"
	"    valid-until: 2027-01-31T00:00:00Z\n"
	"    limit: {receive: {}}\n"
	"  probe: {roles: [base, thermometer], ip: 10.20.30.5, router: true}\n"
	"device-files: [inventory.csv]\n"
	"assignments:\n"
	"  - {role: maintenance, space: hq, valid-from: 2026-12-01T08:00:00+01:00, valid-until: "
	"2026-12-01T18:00:00.5Z}\n"
	"conduits:\n"
	"  - {from: sensors, to: [servers, uplink], ports: [tcp/8883]}\n"
	"  - {from: [servers, lab], to: sensors}\n";

static const char INVENTORY[] =
	"ip,name,mac,role,segment,space,valid-from,valid-until\r\n"
	"10.20.0.18|fd00:20::18,Therm-18,02-00-5e-10-00-18,thermometer|base,,hq,,\r\n"
	",\"silent\",02:00:5e:10:00:19,,lab,,1970-01-01T00:00:01Z,2000-02-29T12:00:00-00:30\r\n";

static int load(const char *site, size_t site_len, const char *csv, struct diag **diag,
		struct policy **policy)
{
	const struct source_file files[] = {
		{ "conf/site.yaml", site, site_len },
		{ "inventory.csv", csv, strlen(csv) },
	};

	*diag = diag_new();
	assert_non_null(*diag);
	*policy = NULL;
	return policy_load_sources(files, 2, *diag, policy);
}

static struct policy *load_site(void)
{
	struct policy *policy;
	struct diag *diag;
	int err = load(SITE, strlen(SITE), INVENTORY, &diag, &policy);

	if (err)
		diag_print(diag, stderr);
	assert_int_equal(err, 0);
	diag_free(diag);
	return policy;
}

static struct picket_addr addr_of(const char *text)
{
	struct picket_addr addr = { { 0, 0, htonl(0xffff), 0 } };

	if (inet_pton(AF_INET, text, &addr.w[3]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, addr.w), 1);
	return addr;
}

static void assert_addr(const struct picket_addr *addr, const char *text)
{
	struct picket_addr wanted = addr_of(text);

	assert_memory_equal(addr, &wanted, sizeof(wanted));
}

static void assert_rate(const struct rate *rate, uint64_t count, int64_t seconds, uint64_t burst)
{
	assert_int_equal(rate->count, count);
	assert_int_equal(rate->period, seconds * NSEC_PER_SEC);
	assert_int_equal(rate->burst, burst);
}

static void test_segments(void **state)
{
	struct policy *policy = load_site();
	const struct segment *sensors = &policy->segments[0], *uplink = &policy->segments[3];

	assert_string_equal(policy->name, "site");
	assert_true(policy->audit);
	assert_int_equal(policy->ngateway, 3);
	assert_addr(&policy->gateway[2], "fd00:20::1");
	assert_int_equal(policy->nsegments, 4);
	assert_string_equal(sensors->name, "sensors");
	assert_int_equal(sensors->loc.line, 5);
	assert_int_equal(sensors->loc.col, 3);
	assert_false(sensors->hosts);
	assert_false(sensors->audit);
	assert_true(policy->segments[1].audit);
	assert_true(sensors->dhcp && sensors->track_fragments && !sensors->router_advertisements);
	assert_int_equal(sensors->nethertypes, 3);
	assert_int_equal(sensors->ethertypes[0], 0x888e);
	assert_int_equal(sensors->ethertypes[2], 0x1234);
	assert_true(uplink->hosts && uplink->router_advertisements);
	assert_int_equal(uplink->subnets[0].prefix.len, 96);
	assert_int_equal(uplink->subnets[1].prefix.len, 0);
	assert_int_equal(sensors->subnets[0].prefix.len, 112);
	policy_free(policy);
}

static void test_ports(void **state)
{
	struct policy *policy = load_site();
	const struct port *tagged = &policy->ports[1];

	assert_int_equal(policy->nports, 5);
	assert_string_equal(policy->ports[0].interface, "lan0");
	assert_int_equal(policy->ports[0].vlan, 0);
	assert_int_equal(policy->ports[0].nsegments, 1);
	assert_int_equal(tagged->vlan, 20);
	assert_int_equal(tagged->nsegments, 2);
	assert_int_equal(tagged->segments[0], 0);
	assert_int_equal(tagged->segments[1], 1);
	assert_int_equal(policy->segments[1].ports[0], 1);
	assert_int_equal(policy->segments[1].ports[1], 2);
	assert_string_equal(policy->ports[4].interface, "wan0");
	policy_free(policy);
}

static void test_roles(void **state)
{
	struct policy *policy = load_site();
	const struct role *role = &policy->roles[2];
	const struct rule *rule = &role->connect[0];

	assert_int_equal(policy->nroles, 3);
	assert_int_equal(role->nextends, 1);
	assert_int_equal(role->extends[0], 0);
	assert_int_equal(role->nconnect, 2);
	assert_int_equal(rule->ntargets, 4);
	assert_int_equal(rule->targets[0].kind, TARGET_PEER);
	assert_int_equal(rule->targets[1].index, 1);
	assert_int_equal(rule->targets[2].kind, TARGET_PREFIX);
	assert_int_equal(rule->targets[2].prefix.len, 128);
	assert_int_equal(rule->targets[3].kind, TARGET_ANY);
	assert_int_equal(rule->nservices, 6);
	assert_int_equal(rule->services[1].lo, 1);
	assert_int_equal(rule->services[1].hi, 7);
	assert_int_equal(rule->services[2].proto, 132);
	assert_int_equal(rule->services[2].hi, 65535);
	assert_int_equal(rule->services[3].kind, SERVICE_ECHO);
	assert_int_equal(rule->services[4].proto, 47);
	assert_int_equal(rule->services[5].kind, SERVICE_ANY);
	assert_int_equal(role->connect[1].targets[0].kind, TARGET_DEVICE);
	assert_string_equal(policy->devices[role->connect[1].targets[0].index].name, "Therm-18");
	assert_int_equal(role->connect[1].nservices, 1);
	assert_int_equal(role->connect[1].services[0].kind, SERVICE_ANY);
	assert_int_equal(role->accept[0].targets[1].kind, TARGET_ROLE);
	assert_int_equal(policy->conduits[0].nto, 2);
	assert_int_equal(policy->conduits[1].from[1], 1);
	assert_int_equal(policy->conduits[1].services[0].kind, SERVICE_ANY);
	policy_free(policy);
}

static void test_limits(void **state)
{
	struct policy *policy = load_site();
	const struct limit *limit = policy->roles[2].limit, *segment = policy->segments[0].limit;

	assert_true(limit[DIR_SEND].present && limit[DIR_RECEIVE].present);
	assert_false(policy->roles[0].limit[DIR_SEND].present);
	assert_rate(&limit[DIR_SEND].rate[LIMIT_PACKETS], 50, 1, 50);
	assert_rate(&limit[DIR_SEND].rate[LIMIT_BYTES], 65536, 1, 65536);
	assert_rate(&limit[DIR_SEND].rate[LIMIT_FLOWS], 20, 3600, 10);
	assert_rate(&limit[DIR_RECEIVE].rate[LIMIT_PACKETS], 100, 1, 200);
	assert_rate(&limit[DIR_RECEIVE].rate[LIMIT_BYTES], 1000000, 1, 2000000);
	assert_rate(&limit[DIR_RECEIVE].rate[LIMIT_FLOWS], 30, 60, 10);
	assert_rate(&segment[DIR_SEND].rate[LIMIT_BYTES], 50000000, 1, 50000000);
	assert_rate(&segment[DIR_RECEIVE].rate[LIMIT_PACKETS], 6000, 60, 100);
	assert_non_null(policy->devices[0].limit);
	assert_true(policy->devices[0].limit[DIR_RECEIVE].present);
	assert_false(policy->devices[0].limit[DIR_SEND].present);
	assert_int_equal(policy->devices[0].limit[DIR_RECEIVE].rate[LIMIT_FLOWS].count, 0);
	assert_null(policy->devices[1].limit);
	policy_free(policy);
}

static void test_devices(void **state)
{
	static const uint8_t mac[6] = { 0x02, 0x00, 0x5e, 0x10, 0x00, 0x17 };
	struct policy *policy = load_site();
	const struct device *therm = &policy->devices[0], *probe = &policy->devices[1];
	const struct device *listed = &policy->devices[2], *silent = &policy->devices[3];

	assert_int_equal(policy->ndevices, 4);
	assert_int_equal(therm->segment, 0);
	assert_true(therm->has_mac && therm->dhcp_server && !therm->router);
	assert_memory_equal(therm->mac, mac, 6);
	assert_int_equal(therm->naddrs, 3);
	assert_addr(&therm->addrs[0], "10.20.0.17");
	assert_string_equal(therm->space, "hq/floor-2/room-210");
	assert_int_equal(therm->valid_from, TIME_ALWAYS_FROM);
	assert_int_equal(therm->valid_until, 1801353600 * NSEC_PER_SEC);
	assert_int_equal(probe->segment, 1); /* the longer subnet */
	assert_true(probe->router && !probe->has_mac);
	assert_int_equal(probe->nroles, 2);
	assert_string_equal(listed->name, "Therm-18");
	assert_int_equal(listed->loc.file, 1);
	assert_int_equal(listed->loc.line, 2);
	assert_int_equal(listed->loc.col, 24);
	assert_int_equal(listed->nroles, 2);
	assert_int_equal(listed->roles[1], 0);
	assert_int_equal(listed->naddrs, 2);
	assert_int_equal(silent->segment, 1);
	assert_null(silent->space);
	assert_int_equal(silent->valid_from, NSEC_PER_SEC);
	assert_int_equal(silent->valid_until, 951827400 * NSEC_PER_SEC);
	assert_int_equal(policy->assignments[0].valid_from, 1796108400 * NSEC_PER_SEC);
	assert_int_equal(policy->assignments[0].valid_until,
			 1796148000 * NSEC_PER_SEC + NSEC_PER_SEC / 2);
	policy_free(policy);
}

static void test_find(void **state)
{
	struct policy *policy = load_site();

	assert_int_equal(policy_find_device(policy, "Therm-18"), 2);
	assert_int_equal(policy_find_device(policy, "therm-18"), INDEX_NONE);
	assert_int_equal(policy_find_device(policy, "sensors"), INDEX_NONE);
	assert_int_equal(policy_find_segment(policy, "uplink"), 3);
	assert_int_equal(policy_find_segment(policy, "broker"), INDEX_NONE);
	assert_int_equal(policy_find_segment(policy, ""), INDEX_NONE);
	policy_free(policy);
}

static void test_space_within(void **state)
{
	assert_true(space_within("hq", "hq"));
	assert_true(space_within("hq/floor-2", "hq"));
	assert_true(space_within("hq/floor-2/room", "hq/floor-2"));
	assert_false(space_within("hq2", "hq"));
	assert_false(space_within("hq", "hq/floor-2"));
	assert_false(space_within("hq/floor-22", "hq/floor-2"));
}

static void test_prefix_holds(void **state)
{
	static const struct {
		const char *addr;
		uint8_t len;
		const char *other;
		bool holds;
	} cases[] = {
		{ "10.0.0.0", 96 + 8, "10.255.0.1", true },
		{ "10.0.0.0", 96 + 8, "11.0.0.0", false },
		{ "0.0.0.0", 96, "255.255.255.255", true },
		{ "0.0.0.0", 96, "::1", false },
		{ "::", 0, "2001:db8::1", true },
		{ "::", 0, "10.0.0.1", false },
		{ "10.0.0.1", 128, "10.0.0.1", true },
		{ "10.0.0.1", 128, "10.0.0.0", false },
		{ "10.0.0.0", 127, "10.0.0.1", true },
		{ "fd00:20::", 64, "fd00:20::ffff:0:0:1", true },
		{ "fd00:20::", 64, "fd00:20:0:1::1", false },
		{ "fd00:20::", 33, "fd00:20:7fff::", true },
		{ "fd00:20::", 33, "fd00:20:8000::", false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct prefix prefix = { addr_of(cases[i].addr), cases[i].len };
		struct picket_addr other = addr_of(cases[i].other);

		assert_int_equal(prefix_holds(&prefix, &other), cases[i].holds);
	}
}

static void test_missing_files(void **state)
{
	static const char site[] = "picket: 1\ndevice-files: [inventory.csv, elsewhere.csv]\n";
	struct policy *policy, *untouched = (struct policy *)site;
	struct diag *diag;

	assert_int_equal(load(site, strlen(site), "name,ip\n", &diag, &policy), -ENOENT);
	assert_int_equal(diag->nerrors, 1);
	assert_int_equal(diag->items[0].loc.line, 2);
	assert_int_equal(diag->items[0].loc.col, 31);
	diag_free(diag);

	diag = diag_new();
	policy = untouched;
	assert_int_equal(policy_load("/nonexistent/policy.yaml", diag, &policy), -ENOENT);
	assert_int_equal(diag->nerrors, 1);
	assert_ptr_equal(policy, untouched);
	diag_free(diag);
}

/* Diagnostics keep the text that they quote, whichever is freed first. */
static void test_lifetimes(void **state)
{
	static const char site[] = "picket: 1\npeers: {unused: [10.0.0.1]}\n";
	char *printed = NULL;
	struct policy *policy;
	struct diag *diag;
	size_t len = 0;
	FILE *stream;

	assert_int_equal(load(site, strlen(site), "", &diag, &policy), 0);
	policy_free(policy);
	stream = open_memstream(&printed, &len);
	assert_non_null(stream);
	diag_print(diag, stream);
	fclose(stream);
	assert_string_equal(printed,
			    "conf/site.yaml:2:9: warning: the peer \"unused\" is unused: no rule names it\n"
			    "    peers: {unused: [10.0.0.1]}\n"
			    "            ^\n");
	free(printed);
	diag_free(diag);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Changes, swaps or removes a few pieces of a text. */
static size_t mutate(char *text, size_t len, uint32_t *seed)
{
	static const char pieces[] = "{}[]:,-&*!|>'\"%@`#? \n\t0129/az_.~\xff";
	unsigned int n = 1 + next_random(seed) % 2;
	size_t at, cut;

	while (n-- && len > 16) {
		at = next_random(seed) % (len - 1);
		switch (next_random(seed) % 3) {
		case 0:
			text[at] = pieces[next_random(seed) % (sizeof(pieces) - 1)];
			break;
		case 1:
			text[at] = text[next_random(seed) % len];
			break;
		default:
			cut = 1 + next_random(seed) % 8;
			cut = cut < len - at ? cut : len - at;
			memmove(text + at, text + at + cut, len - at - cut);
			len -= cut;
		}
	}
	return len;
}

static void test_mutations(void **state)
{
	char site[sizeof(SITE)], csv[sizeof(INVENTORY)];
	uint32_t seed = 20261123;
	size_t i, good = 0, len;

	for (i = 0; i < 4000; i++) {
		struct policy *policy;
		struct diag *diag;
		int err;

		memcpy(site, SITE, sizeof(SITE));
		memcpy(csv, INVENTORY, sizeof(INVENTORY));
		len = strlen(SITE);
		if (i % 4)
			len = mutate(site, len, &seed);
		else
			csv[mutate(csv, strlen(INVENTORY), &seed)] = 0;
		err = load(site, len, csv, &diag, &policy);
		assert_int_equal(err != 0, diag->nerrors != 0);
		assert_int_equal(err != 0, policy == NULL);
		good += !err;
		policy_free(policy);
		diag_free(diag);
	}
	print_message("# %zu of %zu mutations are good policies\n", good, i);
	assert_true(good > 0 && good < i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),      cmocka_unit_test(test_ports),
		cmocka_unit_test(test_roles),	      cmocka_unit_test(test_limits),
		cmocka_unit_test(test_devices),	      cmocka_unit_test(test_find),
		cmocka_unit_test(test_space_within),  cmocka_unit_test(test_prefix_holds),
		cmocka_unit_test(test_missing_files), cmocka_unit_test(test_lifetimes),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
