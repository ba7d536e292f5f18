// SPDX-License-Identifier: GPL-2.0-only
/* Random small policies: the map image must say what the policy says, read rule by rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile.h"
#include "diag.h"
#include "limit.h"
#include "linear_rules.h"
#include "random_policy.h"

#define POLICIES 300
#define QUESTIONS 400
#define ROW_GAP 3 /* rows are not indexes: index * ROW_GAP + 1 */

/* One policy and what became of it. */
struct built {
	char *text;
	struct policy *policy;
	struct ruleset *ruleset;
	struct mapimage *image;
	struct rows devices, segments;
	uint32_t *ifindexes; /* 0 for some */
};

static struct rows spread_rows(size_t n)
{
	struct rows rows = { .row = calloc(n + 1, sizeof(*rows.row)), .n = n };

	assert_non_null(rows.row);
	for (size_t i = 0; i < n; i++)
		rows.row[i] = (n - 1 - i) * ROW_GAP + 1;
	rows.end = n * ROW_GAP + 1;
	return rows;
}

static void build(uint64_t *seed, struct built *b)
{
	struct diag *diag = diag_new();

	b->devices = spread_rows(b->policy->ndevices);
	b->segments = spread_rows(b->policy->nsegments);
	b->ifindexes = calloc(b->policy->nports + 1, sizeof(*b->ifindexes));
	assert_non_null(b->ifindexes);
	/* VLANs of one interface share its index. */
	for (size_t i = 0; i < b->policy->nports; i++)
		if (random_below(seed, 5))
			b->ifindexes[i] = b->policy->ports[i].vlan ? 99 : 10 + i;
	assert_int_equal(compile(b->policy, diag, &b->ruleset), 0);
	assert_int_equal(mapimage_build(&(struct mapimage_input){
				.policy = b->policy, .ruleset = b->ruleset,
				.devices = &b->devices, .segments = &b->segments,
				.ifindexes = b->ifindexes }, &b->image), 0);
	diag_free(diag);
}

static void built_free(struct built *b)
{
	mapimage_free(b->image);
	ruleset_free(b->ruleset);
	rows_free(&b->devices);
	rows_free(&b->segments);
	free(b->ifindexes);
	policy_free(b->policy);
	free(b->text);
}

static uint32_t segment_row(const struct built *b, uint32_t index)
{
	return index == INDEX_NONE ? 0 : b->segments.row[index];
}

/* ---- who and where ---- */

/* What the pages say of an IPv4 address that is no device's is what the prefixes say. */
static void check_place(const struct built *b, const struct picket_addr *addr)
{
	uint32_t entry = addr_is_ipv4(addr) ? image_entry(b->image, addr) : 0;
	struct prefix_info info = image_prefix(b->image, addr);
	const struct place_info *place;

	if (!addr_is_ipv4(addr) || (entry && !(entry & PICKET_ENTRY_PLACE)))
		return;
	if (!entry) {
		assert_int_equal(info.segment, 0);
		assert_int_equal(info.flags, 0);
		return;
	}
	place = image_at(b->image, MAPIMAGE_places, entry & PICKET_ENTRY_NUMBER);
	assert_int_equal(place->segment, info.segment);
	assert_int_equal(place->flags & ~PREFIX_GATEWAY, info.flags);
	assert_int_equal(place->broadcast_segment, info.broadcast_segment);
	assert_int_equal(!!(place->flags & PREFIX_GATEWAY), image_find(b->image, MAPIMAGE_gateway, addr) != NULL);
}

static void check_addr(const struct built *b, const struct picket_addr *addr)
{
	struct prefix_info info = image_prefix(b->image, addr);
	uint32_t device = linear_device(b->policy, addr), segment;
	uint8_t len = 0;

	segment = linear_segment(b->policy, addr, &len);
	assert_int_equal(image_device(b->image, addr),
			 device == INDEX_NONE ? 0 : b->devices.row[device]);
	assert_int_equal(info.segment, segment_row(b, segment));
	assert_int_equal(info.flags & PREFIX_DEFAULT ? 1 : 0,
			 segment != INDEX_NONE && len == (addr_is_ipv4(addr) ? 96 : 0));
	check_place(b, addr);
}

static void check_device(const struct built *b, uint32_t index)
{
	const struct device *device = &b->policy->devices[index];
	const struct segment *segment = &b->policy->segments[device->segment];
	const struct ident *ident = image_at(b->image, MAPIMAGE_idents, b->devices.row[index]);

	assert_true(ident->flags & IDENT_PRESENT);
	assert_int_equal(ident->segment, b->segments.row[device->segment]);
	assert_int_equal(!!(ident->flags & IDENT_MAC), device->has_mac);
	assert_true(ident->valid_from == device->valid_from);
	assert_true(ident->valid_until == device->valid_until);
	for (size_t i = 0; i < device->naddrs; i++)
		check_addr(b, &device->addrs[i]);
	for (size_t i = 0; i < segment->nports && device->has_mac; i++) {
		assert_int_equal(image_mac(b->image, device->mac, segment->ports[i] + 1),
				 b->ifindexes[segment->ports[i]] ? b->devices.row[index] : 0);
	}
}

static void check_port(const struct built *b, uint32_t index)
{
	const struct port *port = &b->policy->ports[index];
	struct port_key key = { .ifindex = b->ifindexes[index], .vlan = port->vlan };
	const struct port_info *info = image_find(b->image, MAPIMAGE_ports, &key);
	uint64_t segments[PICKET_MAX_SEGMENTS / 64] = {};

	if (!key.ifindex) {
		assert_null(info);
		return;
	}
	assert_non_null(info);
	assert_int_equal(info->id, index + 1);
	assert_int_equal(info->first_segment, b->segments.row[port->segments[0]]);
	for (size_t i = 0; i < port->nsegments; i++) {
		const struct segment *segment = &b->policy->segments[port->segments[i]];
		uint32_t row = b->segments.row[port->segments[i]];

		segments[row / 64] |= 1ULL << row % 64;
		for (size_t j = 0; j < segment->nethertypes; j++)
			assert_non_null(image_find(b->image, MAPIMAGE_ethertypes,
						   &(struct ethertype_key){ index + 1,
							segment->ethertypes[j] }));
	}
	assert_memory_equal(info->segments, segments, sizeof(segments));
}

/* ---- what devices may do ---- */

/* At an hour's change, just before it, or in between. */
static int64_t random_time(uint64_t *seed)
{
	int64_t hour = RANDOM_TIME_BASE + random_below(seed, RANDOM_HOURS + 1) * 3600;

	return hour * NSEC_PER_SEC + (int64_t)random_below(seed, 3) - 1;
}

static void check_limits(const struct built *b, uint32_t device, int64_t time)
{
	struct grants grants = image_grants(b->image, b->devices.row[device], time);
	const struct profile *profile = image_at(b->image, MAPIMAGE_profiles, grants.profile);

	for (int bucket = 0; bucket < BUCKETS; bucket++) {
		enum direction direction = bucket / LIMIT_KINDS;
		enum limit_kind kind = bucket % LIMIT_KINDS;
		struct limit limit = linear_limit(b->policy, device, direction, time);
		struct gcra gcra;

		assert_int_equal(gcra_from_rate(&limit.rate[kind], kind, &gcra), 0);
		assert_true(profile->mult[bucket] == gcra.mult);
		assert_true(profile->burst[bucket] == gcra.burst);
		assert_int_equal(profile->shift[bucket], gcra.shift);
	}
}

static bool is_group(const struct picket_addr *addr)
{
	const uint8_t *bytes = (const uint8_t *)addr;

	return addr_is_ipv4(addr) ? bytes[12] >= 224 : bytes[0] == 0xff;
}

/* Some end that packets can have; false: nobody lives there. */
static bool random_end(const struct built *b, uint64_t *seed, bool group, struct linear_end *end)
{
	uint32_t kind = random_below(seed, 6);
	uint8_t len;

	*end = (struct linear_end){ .addr = random_addr(seed), .device = INDEX_NONE,
				    .segment = INDEX_NONE };
	if (kind == 0) {
		end->kind = LOOKUP_GATEWAY;
		end->addr = b->policy->gateway[random_below(seed, b->policy->ngateway)];
		return true;
	}
	if (is_group(&end->addr)) {
		end->kind = LOOKUP_GROUP;
		return group;
	}
	end->device = linear_device(b->policy, &end->addr);
	if (kind < 4 && b->policy->ndevices) {
		end->device = random_below(seed, b->policy->ndevices);
		/* Or one it has learned. */
		if (b->policy->devices[end->device].naddrs)
			end->addr = b->policy->devices[end->device].addrs[0];
	}
	end->kind = end->device == INDEX_NONE ? LOOKUP_HOST : LOOKUP_DEVICE;
	end->segment = end->device == INDEX_NONE ? linear_segment(b->policy, &end->addr, &len) :
						   b->policy->devices[end->device].segment;
	return end->segment != INDEX_NONE;
}

static struct lookup_end by_row(const struct built *b, const struct linear_end *end)
{
	return (struct lookup_end){
		.kind = end->kind,
		.addr = end->addr,
		.row = end->device == INDEX_NONE ? 0 : b->devices.row[end->device],
		.segment = segment_row(b, end->segment),
	};
}

static struct traffic random_traffic(uint64_t *seed)
{
	static const uint8_t protos[] = { 6, 6, 6, 6, 17, 17, 132, 47, 2, 255, 0, 50 };
	static const uint16_t ports[] = { 0, 53, 78, 79, 80, 81, 82, 90, 91, 9, 65535, 1000 };
	struct traffic traffic = {};

	if (!random_below(seed, 8))
		traffic.echo = true;
	else if (!random_below(seed, 8))
		traffic.odd = true;
	else
		traffic.proto = protos[random_below(seed, sizeof(protos))];
	if (traffic.proto == 6 || traffic.proto == 17 || traffic.proto == 132)
		traffic.port = ports[random_below(seed, sizeof(ports) / sizeof(*ports))];
	return traffic;
}

static uint32_t service_number(const struct traffic *traffic)
{
	if (traffic->echo)
		return PICKET_SERVICE_ECHO;
	return traffic->odd ? PICKET_SERVICE_ODD : (uint32_t)traffic->proto << 16 | traffic->port;
}

/* Counts the answers, so that a test that only ever sees one of them does not pass. */
static void ask(const struct built *b, uint64_t *seed, size_t answers[REASON_COUNT])
{
	struct traffic traffic = random_traffic(seed);
	int64_t time = random_time(seed);
	struct linear_end from, to;
	struct lookup_end from_row, to_row;
	enum reason expected;

	if (!random_end(b, seed, false, &from) || !random_end(b, seed, true, &to))
		return;
	from_row = by_row(b, &from);
	to_row = by_row(b, &to);
	expected = linear_rules(b->policy, &from, &to, &traffic, time);
	assert_int_equal(image_rules(b->image, &from_row, &to_row, service_number(&traffic), time),
			 expected);
	answers[expected]++;
}

static void test_random_policies(void **state)
{
	size_t answers[REASON_COUNT] = {}, built = 0;

	for (uint64_t number = 1; number <= POLICIES; number++) {
		uint64_t seed = number;
		struct built b = {};

		b.policy = random_policy(&seed, &b.text);
		if (b.policy) {
			built++;
			build(&seed, &b);
			for (size_t i = 0; i < b.policy->ndevices; i++) {
				check_device(&b, i);
				check_limits(&b, i, random_time(&seed));
			}
			for (size_t i = 0; i < b.policy->nports; i++)
				check_port(&b, i);
			for (int i = 0; i < QUESTIONS; i++) {
				struct picket_addr addr = random_addr(&seed);

				check_addr(&b, &addr);
				ask(&b, &seed, answers);
			}
		}
		built_free(&b);
	}
	print_message("# %zu policies: %zu pass, %zu segment, %zu role-connect, %zu role-accept\n",
		      built, answers[REASON_NONE], answers[REASON_SEGMENT],
		      answers[REASON_ROLE_CONNECT], answers[REASON_ROLE_ACCEPT]);
	assert_true(built > POLICIES / 2);
	assert_true(answers[REASON_NONE] > POLICIES && answers[REASON_SEGMENT] > POLICIES &&
		    answers[REASON_ROLE_CONNECT] > POLICIES && answers[REASON_ROLE_ACCEPT] > POLICIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_policies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
