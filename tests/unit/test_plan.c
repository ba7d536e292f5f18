// SPDX-License-Identifier: GPL-2.0-only
/* Words of the policy language, pairs of devices, lists of changes, single flows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "effects_scene.h"
#include "names.h"
#include "plan.h"
#include "plan_flow.h"
#include "plan_items.h"
#include "plan_words.h"
#include "policy_mix.h"
#include "random_policy.h"

#define SCENES 120

/* ---- words ---- */

static void test_rates(void **state)
{
	static const struct {
		struct rate rate;
		enum limit_kind kind;
		const char *words;
	} cases[] = {
		{ { .count = 0 }, LIMIT_BYTES, "none" },
		{ { 50, NSEC_PER_SEC, 50, {} }, LIMIT_PACKETS, "50/s" },
		{ { 50, NSEC_PER_SEC, 200, {} }, LIMIT_PACKETS, "50/s, burst: 200" },
		{ { 5, NSEC_PER_SEC, 10, {} }, LIMIT_PACKETS, "5/s" },
		{ { 7, 60 * NSEC_PER_SEC, 10, {} }, LIMIT_FLOWS, "7/m" },
		{ { 7, 60 * NSEC_PER_SEC, 3, {} }, LIMIT_FLOWS, "7/m, burst-flows: 3" },
		{ { 65536, NSEC_PER_SEC, 65536, {} }, LIMIT_BYTES, "64KiB/s" },
		{ { 50000000, 3600 * NSEC_PER_SEC, 16384, {} }, LIMIT_BYTES, "50MB/h" },
		{ { 1000000000, NSEC_PER_SEC, 1000000, {} }, LIMIT_BYTES, "1GB/s, burst-bytes: 1MB" },
		{ { 1073741824, NSEC_PER_SEC, 1073741824, {} }, LIMIT_BYTES, "1GiB/s" },
		{ { 1234567, NSEC_PER_SEC, 1234567, {} }, LIMIT_BYTES, "1234567B/s" },
	};
	char word[WORD_LEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(write_rate(&cases[i].rate, cases[i].kind, word), cases[i].words);
}

static void test_limits(void **state)
{
	static const struct {
		struct rate before, after;
		int order; /* below 0: stricter */
	} cases[] = {
		{ { .count = 0 }, { .count = 0 }, 0 },
		{ { .count = 0 }, { 5, NSEC_PER_SEC, 5, {} }, -1 },
		{ { 5, NSEC_PER_SEC, 5, {} }, { .count = 0 }, 1 },
		{ { 5, NSEC_PER_SEC, 5, {} }, { 300, 60 * NSEC_PER_SEC, 5, {} }, 0 },
		{ { 5, NSEC_PER_SEC, 5, {} }, { 299, 60 * NSEC_PER_SEC, 50, {} }, -1 },
		{ { 5, NSEC_PER_SEC, 5, {} }, { 5, NSEC_PER_SEC, 6, {} }, 1 },
		{ { 5, NSEC_PER_SEC, 7, {} }, { 5, NSEC_PER_SEC, 6, {} }, -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(compare_limits(&cases[i].before, &cases[i].after), cases[i].order);
}

static void add_words(struct items *items, const char *words)
{
	char word[32];
	int len;

	for (; sscanf(words, "%31s%n", word, &len) == 1; words += len)
		items_add(items, "%s", word);
	items_sort(items);
}

static void test_items(void **state)
{
	struct items a = {}, b = {}, out = {};
	char longer[600];

	add_words(&a, "d b a b c");
	add_words(&b, "e c a x a");
	assert_int_equal(a.n, 4);
	assert_false(items_equal(&a, &b));
	items_without(&a, &b, &out);
	assert_int_equal(out.n, 2);
	assert_string_equal(item(&out, 0), "b");
	assert_string_equal(item(&out, 1), "d");
	items_clear(&out);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	items_append(&out, "%s", "one");
	items_append(&out, "%s", longer);
	items_append(&out, "%s", "two");
	assert_int_equal(out.n, 1);
	assert_int_equal(strlen(item(&out, 0)), 6 + strlen(longer));
	assert_false(out.failed);
	items_free(&a);
	items_free(&b);
	items_free(&out);
}

/* ---- pairs ---- */

#define HEAD "picket: 1\nsegments: {s: {interfaces: [lan0], subnets: [10.0.0.0/8], dhcp: true}}\ndevices:\n"

static void test_pairs(void **state)
{
	static const struct {
		const char *after, *before; /* names; NULL: there is none */
	} expected[] = {
		{ "same", "same" }, { "new-name", "old-name" }, { "moved", "by-addr" }, { "fresh", NULL },
		{ "swapped", "swapped" },
	};
	struct policy *before = load_text(HEAD
		"  same: {mac: '02:00:00:00:00:01', ip: 10.0.0.1}\n"
		"  old-name: {mac: '02:00:00:00:00:02', ip: 10.0.0.2}\n"
		"  by-addr: {mac: '02:00:00:00:00:03', ip: 10.0.0.3}\n"
		"  gone: {mac: '02:00:00:00:00:04', ip: 10.0.0.4}\n"
		"  swapped: {mac: '02:00:00:00:00:05', ip: 10.0.0.5}\n");
	struct policy *after = load_text(HEAD
		"  swapped: {mac: '02:00:00:00:00:99', ip: 10.0.0.99}\n"
		"  fresh: {mac: '02:00:00:00:00:05', ip: 10.0.0.5}\n"
		"  same: {mac: '02:00:00:00:00:01', ip: 10.0.0.1}\n"
		"  new-name: {mac: '02:00:00:00:00:02', ip: 10.0.0.22}\n"
		"  moved: {mac: '02:00:00:00:00:33', ip: 10.0.0.3}\n");
	struct pairs pairs;

	assert_non_null(before);
	assert_non_null(after);
	assert_int_equal(pairs_init(before, after, &pairs), 0);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		uint32_t index = policy_find_device(after, expected[i].after);
		uint32_t found = pairs.before[index];

		assert_int_not_equal(index, INDEX_NONE);
		if (expected[i].before) {
			assert_int_equal(found, policy_find_device(before, expected[i].before));
			assert_int_equal(pairs.after[found], index);
		} else {
			assert_int_equal(found, INDEX_NONE);
		}
	}
	assert_int_equal(pairs.after[policy_find_device(before, "gone")], INDEX_NONE);
	pairs_free(&pairs);
	policy_free(before);
	policy_free(after);
}

/* ---- changes ---- */

static json_t *planned(const struct scene *s, size_t *changes)
{
	struct plan plan = { .policies = { s->policies[BEFORE], s->policies[AFTER] }, .pairs = &s->pairs };
	struct plan_count counts[PLAN_KINDS];
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	struct output *out = output_new(stream, true);
	json_t *json;

	output_begin_object(out, NULL);
	assert_int_equal(plan_print(&plan, out, counts), 0);
	output_end_object(out);
	assert_int_equal(output_close(out), 0);
	fclose(stream);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	free(text);
	*changes = 0;
	for (size_t i = 0; i < PLAN_KINDS; i++) {
		size_t n = counts[i].marks[MARK_ADDED] + counts[i].marks[MARK_REMOVED] +
			   counts[i].marks[MARK_CHANGED];

		assert_int_equal(json_array_size(json_object_get(json, counts[i].kind)), n);
		*changes += n;
	}
	return json;
}

/* What is changed says how; what is the same is not there; an effect has a change. */
static void test_changes(void **state)
{
	size_t scenes = 0;

	for (uint64_t i = 0; i < SCENES; i++) {
		uint64_t seed = first_seed() + i * 977;
		struct scene s __attribute__((cleanup(scene_free))) = {};
		const char *kind;
		json_t *json, *list, *line;
		size_t changes, at;

		if (!random_scene(&s, &seed))
			continue;
		scenes++;
		json = planned(&s, &changes);
		json_object_foreach(json, kind, list) {
			json_array_foreach(list, at, line) {
				const char *change = json_string_value(json_object_get(line, "change"));
				size_t fields = json_array_size(json_object_get(line, "fields"));

				if (!strcmp(change, "changed"))
					assert_true(fields > 0);
				if (!strcmp(change, "removed"))
					assert_int_equal(fields, 0);
			}
		}
		if (!effects_none(s.effects))
			assert_true(changes > 0);
		json_decref(json);
	}
	assert_true(scenes > SCENES / 3);
}

static void test_no_changes(void **state)
{
	size_t scenes = 0, changes;

	for (uint64_t i = 0; i < SCENES; i++) {
		uint64_t seed = first_seed() + i * 991;
		struct scene s __attribute__((cleanup(scene_free))) = { .seed = &seed };

		policy_free(random_policy(&seed, &s.texts[BEFORE]));
		s.texts[AFTER] = strdup(s.texts[BEFORE]);
		if (!scene_make(&s))
			continue;
		scenes++;
		json_decref(planned(&s, &changes));
		assert_int_equal(changes, 0);
	}
	assert_true(scenes > SCENES / 3);
}

/* ---- one flow ---- */

#define SITE                                                                                               \
	"picket: 1\n"                                                                                      \
	"gateway: {addresses: [10.20.0.1, 10.1.0.1]}\n"                                                    \
	"segments:\n"                                                                                      \
	"  sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}\n"                                       \
	"  servers: {kind: hosts, interfaces: [{name: srv0, vlan: 7}], subnets: [10.1.0.0/24]%s}\n"        \
	"roles:\n"                                                                                         \
	"  admin:\n"                                                                                        \
	"    connect: [{to: gateway, ports: [%s]}]\n"                                                       \
	"    accept: [{from: [gateway, servers], ports: [tcp/22]}]\n"                                       \
	"devices:\n"                                                                                       \
	"  laptop: {role: admin, mac: '02:00:00:00:00:01', ip: 10.20.0.5}\n"                               \
	"  phone: {role: admin, mac: '02:00:00:00:00:02', segment: sensors}\n"                             \
	"conduits: [{from: servers, to: sensors%s}]\n"

static struct policy *site(const char *segment, const char *ports, const char *conduit)
{
	char text[2048];

	snprintf(text, sizeof(text), SITE, segment, ports, conduit);
	return load_text(text);
}

static const struct flow_case {
	const char *interface;
	uint16_t vlan;
	bool out;
	const char *src, *dst;
	uint8_t protocol;
	uint16_t dport;
	const char *device; /* whose the source is, where its address does not say */
	bool lost;
	enum reason before, after;
} flows[] = {
	/* the laptop's own session, which the policy after no longer allows */
	{ "lan0", 0, false, "10.20.0.5", "10.20.0.1", 6, 22, NULL, true, REASON_NONE, REASON_ROLE_CONNECT },
	{ "lan0", 0, false, "10.20.0.5", "10.20.0.1", 6, 80, NULL, false, REASON_NONE, REASON_NONE },
	{ "lan0", 0, false, "10.20.0.5", "10.20.0.1", 6, 81, NULL, false, REASON_ROLE_CONNECT,
	  REASON_ROLE_CONNECT },
	{ "lan0", 0, false, "10.20.0.7", "10.20.0.1", 6, 22, "phone", true, REASON_NONE,
	  REASON_ROLE_CONNECT },
	/* a host's to the gateway is the host firewall's business */
	{ "srv0", 7, false, "10.1.0.9", "10.1.0.1", 6, 22, NULL, false, REASON_NONE, REASON_NONE },
	{ "srv0", 7, false, "10.1.0.9", "10.20.0.5", 6, 22, NULL, true, REASON_NONE, REASON_SEGMENT },
	{ "srv0", 0, false, "10.1.0.9", "10.20.0.5", 6, 22, NULL, false, REASON_UNBOUND, REASON_UNBOUND },
	/* what the gateway opens */
	{ "lan0", 0, true, "10.20.0.1", "10.20.0.5", 6, 22, NULL, false, REASON_NONE, REASON_NONE },
	{ "lan0", 0, true, "10.20.0.1", "10.20.0.5", 17, 22, NULL, false, REASON_ROLE_ACCEPT,
	  REASON_ROLE_ACCEPT },
	/* an address of the gateway's that no policy lists */
	{ "lan0", 0, false, "10.20.0.5", "10.20.0.254", 6, 22, NULL, true, REASON_NONE,
	  REASON_ROLE_CONNECT },
	{ "lan0", 0, false, "10.20.0.5", "10.20.0.1", 1, 0, NULL, true, REASON_NONE, REASON_ROLE_CONNECT },
};

static void test_flows(void **state)
{
	struct policy *before = site("", "tcp/22, tcp/80, icmp", "");
	struct policy *after = site("", "tcp/80", ", ports: [tcp/443]");
	const struct policy *policies[POLICIES] = { before, after };
	struct picket_addr unlisted;

	assert_non_null(before);
	assert_non_null(after);
	parse_addr("10.20.0.254", &unlisted);
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		const struct flow_case *c = &flows[i];
		struct plan_flow flow = {
			.interface = c->interface, .vlan = c->vlan, .out = c->out, .protocol = c->protocol,
			.sport = 50000, .dport = c->dport,
			.device = c->device ? policy_find_device(before, c->device) : INDEX_NONE,
		};
		struct flow_change change;

		assert_int_equal(parse_addr(c->src, &flow.src), 0);
		assert_int_equal(parse_addr(c->dst, &flow.dst), 0);
		assert_int_equal(plan_flow_compare(policies, &flow, &unlisted, 1, 0, &change), 0);
		print_message("%s to %s, %u/%u\n", c->src, c->dst, c->protocol, c->dport);
		assert_int_equal(change.opinions[BEFORE].reason, c->before);
		assert_int_equal(change.opinions[AFTER].reason, c->after);
		assert_int_equal(change.lost, c->lost);
		if (c->lost)
			assert_true(change.opinions[AFTER].loc.line > 0);
	}
	policy_free(before);
	policy_free(after);
}

/* In audit mode nothing is lost; two versions make no flow. */
static void test_odd_flows(void **state)
{
	struct policy *before = site("", "tcp/22", ""), *after;
	const struct policy *policies[POLICIES] = { before, NULL };
	struct plan_flow flow = { .interface = "srv0", .vlan = 7, .protocol = 6, .sport = 50000,
				  .dport = 22, .device = INDEX_NONE };
	struct flow_change change;

	policies[AFTER] = after = site(", mode: audit", "tcp/22", ", ports: [tcp/443]");
	assert_non_null(after);
	parse_addr("10.1.0.9", &flow.src);
	parse_addr("10.20.0.5", &flow.dst);
	assert_int_equal(plan_flow_compare(policies, &flow, NULL, 0, 0, &change), 0);
	assert_int_equal(change.opinions[AFTER].verdict, VERDICT_AUDIT);
	assert_int_equal(change.opinions[AFTER].reason, REASON_SEGMENT);
	assert_false(change.lost);
	parse_addr("fd00::1", &flow.dst);
	assert_int_equal(plan_flow_compare(policies, &flow, NULL, 0, 0, &change), -EINVAL);
	policy_free(before);
	policy_free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),	cmocka_unit_test(test_limits),
		cmocka_unit_test(test_items),	cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_no_changes),
		cmocka_unit_test(test_flows),	cmocka_unit_test(test_odd_flows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
