// SPDX-License-Identifier: GPL-2.0-only
/*
 * The book of what passed as audit: its rows, bounds and order, and what it says to a later reader; and the lines
 * that a policy lacks for it, which are a policy whatever the network's names were.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "audit.h"
#include "auditbook_parts.h"
#include "diag.h"
#include "names.h"

#define SECOND 1000000000LL
#define T0 (1795748408LL * SECOND)

static const char policy_head[] =
	"picket: 1\n"
	"mode: audit\n"
	"gateway: {addresses: [10.20.0.1]}\n"
	"segments:\n"
	"  sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}\n"
	"  enforced: {interfaces: [lan1], subnets: [10.21.0.0/16], mode: enforce}\n"
	"  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}\n"
	"peers: {broker: [10.1.0.10], all: [10.1.0.0/24], role-of-lonely: [10.1.0.99]}\n"
	"roles:\n"
	"  thermometer: {connect: [{to: broker, ports: [tcp/8883]}]}\n"
	"  common: {}\n"
	"devices:\n"
	"  therm-17: {roles: [common, thermometer], mac: \"02:00:5e:10:00:17\", ip: 10.20.0.17}\n"
	"  camera: {role: common, mac: \"02:00:5e:10:00:18\", ip: 10.20.0.18}\n"
	"  Lonely: {mac: \"02:00:5e:10:00:19\", segment: sensors}\n"
	"  strict: {role: common, mac: \"02:00:5e:10:00:20\", ip: 10.21.0.20}\n"
	"conduits:\n"
	"  - {from: sensors, to: servers, ports: [tcp/8883]}\n";

/* ---- events ---- */

static struct event event_of(uint8_t reason, const char *src, const char *dst, uint8_t protocol, uint16_t port)
{
	struct event event = {
		.count = 1, .bytes = 60, .ethertype = ETH_P_IP, .sport = 40000, .dport = port,
		.mac = { 2, 0, 0x5e, 0x10, 0, 0x17 }, .verdict = VERDICT_AUDIT, .reason = reason,
		.protocol = protocol, .flags = EVENT_IP | EVENT_OPENS,
	};

	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)
		event.flags |= EVENT_PORTS;
	parse_addr(src, &event.src);
	parse_addr(dst, &event.dst);
	return event;
}

static void add(struct auditbook *book, const struct event *event, const char *device, int64_t time)
{
	const struct event_names names = {
		.device = device, .roles = "", .segment = "sensors", .interface = "lan0", .time = time,
	};

	auditbook_add(book, event, &names);
}

static struct auditbook *new_book(void)
{
	struct auditbook *book;

	assert_int_equal(auditbook_new(T0, &book), 0);
	return book;
}

/* The row of a service; NULL: there is none. */
static const struct audit_row *row_at(const struct auditbook *book, const char *device, uint16_t port)
{
	for (size_t i = 0; i < book->n; i++) {
		for (uint32_t k = 0; k < book->owners[i].n; k++) {
			if (!strcmp(book->owners[i].device, device) && book->owners[i].rows[k].key.port == port)
				return &book->owners[i].rows[k];
		}
	}
	return NULL;
}

/* ---- the book ---- */

static void test_counts(void **state)
{
	struct auditbook *book = new_book();
	struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);
	const struct audit_row *row;

	add(book, &event, "therm-17", T0);
	event.sport = 40001; /* another connection to the same service */
	event.count = 3;
	add(book, &event, "therm-17", T0 + 5 * SECOND);
	event.flags &= ~EVENT_OPENS; /* what comes after an opening counts, and opens nothing */
	event.count = 10;
	add(book, &event, "therm-17", T0 + 6 * SECOND);
	event.verdict = VERDICT_DROP;
	add(book, &event, "therm-17", T0 + 7 * SECOND);
	assert_int_equal(book->nrows, 1);
	row = row_at(book, "therm-17", 443);
	assert_non_null(row);
	assert_int_equal(row->packets, 14);
	assert_int_equal(row->opened, 4);
	assert_true(row->first == T0 && row->last == T0 + 6 * SECOND);
	auditbook_free(book);
}

/* An answer, as an event of the same device tells it. */
static struct event answer_of(const struct event *event)
{
	struct event answer = *event;

	answer.flags &= ~EVENT_OPENS;
	answer.src = event->dst;
	answer.dst = event->src;
	answer.sport = event->dport;
	answer.dport = event->sport;
	return answer;
}

static void test_answers(void **state)
{
	struct auditbook *book = new_book();
	struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_UDP, 50000);
	struct event known = answer_of(&event), unknown;
	const struct audit_row *row;

	add(book, &event, "therm-17", T0);
	add(book, &known, "therm-17", T0);
	assert_int_equal(book->nrows, 1);
	assert_int_equal(row_at(book, "therm-17", 50000)->packets, 2);
	/* of a connection that is older than the book: the lower port is the service's */
	event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 22);
	unknown = answer_of(&event);
	add(book, &unknown, "therm-17", T0);
	row = row_at(book, "therm-17", 22);
	assert_non_null(row);
	assert_memory_equal(&row->key.src, &event.src, sizeof(event.src));
	assert_memory_equal(&row->key.dst, &event.dst, sizeof(event.dst));
	assert_int_equal(row->opened, 0);
	auditbook_free(book);
}

static void scan(struct auditbook *book, const char *device, unsigned int from, unsigned int to, int64_t time)
{
	for (unsigned int port = from; port < to; port++) {
		struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.18", "10.1.0.20", IPPROTO_TCP, port);

		add(book, &event, device, time + port);
	}
}

static void test_scan(void **state)
{
	struct auditbook *book = new_book();
	struct event own = event_of(REASON_ROLE_CONNECT, "10.20.0.18", "10.1.0.20", IPPROTO_TCP, 9);
	struct event other = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);

	add(book, &other, "therm-17", T0);
	add(book, &own, "camera", T0);
	add(book, &own, "camera", T0);
	scan(book, "camera", 1000, 60000, T0);
	assert_int_equal(book->nrows, 1 + OWNER_ROWS);
	assert_non_null(row_at(book, "therm-17", 443));
	assert_non_null(row_at(book, "camera", 9)); /* it came twice */
	assert_non_null(row_at(book, "camera", 59999)); /* the latest */
	assert_null(row_at(book, "camera", 1000));
	assert_int_equal(book->owners[1].gone, 59000 + 1 - OWNER_ROWS);
	assert_int_equal(book->owners[1].gone_packets, 59000 + 1 - OWNER_ROWS);
	assert_int_equal(auditbook_sum(book).left_out, 0);
	auditbook_free(book);
}

/* Of equally many packets the one that came longest ago makes room. */
static void test_least_goes(void **state)
{
	struct auditbook *book = new_book();
	struct event late = event_of(REASON_ROLE_CONNECT, "10.20.0.18", "10.1.0.20", IPPROTO_TCP, 1000);

	scan(book, "camera", 1000, 1000 + OWNER_ROWS, T0);
	late.count = 0; /* seen again, and no more packets */
	add(book, &late, "camera", T0 + SECOND);
	scan(book, "camera", 2000, 2001, T0 + SECOND);
	assert_non_null(row_at(book, "camera", 1000));
	assert_null(row_at(book, "camera", 1001));
	assert_non_null(row_at(book, "camera", 1002));
	auditbook_free(book);
}

static void test_many_devices(void **state)
{
	struct auditbook *book = new_book();
	struct event event = event_of(REASON_ROLE_CONNECT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);
	char device[16];

	for (int i = 0; i < OWNERS_MOST + 5; i++) {
		snprintf(device, sizeof(device), "d%d", i);
		add(book, &event, device, T0);
	}
	assert_int_equal(book->n, OWNERS_MOST);
	assert_int_equal(auditbook_sum(book).left_out, 5);
	auditbook_free(book);
}

/* Where it is not about a service, one row is all that there is of it. */
static void test_sources(void **state)
{
	struct auditbook *book = new_book();

	for (unsigned int port = 1; port < 50; port++) {
		struct event event = event_of(REASON_MAC_MISMATCH, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, port);

		event.flags &= ~EVENT_OPENS;
		add(book, &event, NULL, T0);
	}
	assert_int_equal(book->nrows, 1);
	assert_int_equal(book->owners[0].rows[0].packets, 49);
	for (unsigned int mac = 0; mac < UNLISTED_ROWS + 20; mac++) {
		struct event event = event_of(REASON_UNKNOWN_DEVICE, "10.20.7.7", "10.1.0.20", IPPROTO_TCP, 80);

		event.flags &= ~EVENT_OPENS;
		event.mac[4] = mac >> 8;
		event.mac[5] = mac;
		add(book, &event, NULL, T0);
	}
	assert_int_equal(book->nrows, 1 + UNLISTED_ROWS);
	auditbook_free(book);
}

/* ---- as JSON ---- */

static char *json_text(struct auditbook *book)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	struct output *out = output_new(to, true);

	auditbook_print(book, out);
	assert_int_equal(output_close(out), 0);
	fclose(to);
	return text;
}

static void test_back_from_json(void **state)
{
	struct auditbook *book = new_book(), *again;
	struct event event = event_of(REASON_SEGMENT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443);
	char *text, *text_again;
	json_t *json;

	event.captured = 128;
	memset(event.frame, 0xa5, sizeof(event.frame));
	add(book, &event, "therm-17", T0);
	event.flags = EVENT_OUT | EVENT_IP;
	event.reason = REASON_UNKNOWN_DEVICE;
	add(book, &event, NULL, T0 + 1);
	scan(book, "camera", 1000, 1100, T0);
	auditbook_lose(book, 7);
	text = json_text(book);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	assert_int_equal(auditbook_parse(json, &again), 0);
	text_again = json_text(again);
	assert_string_equal(text, text_again);
	json_decref(json);
	free(text);
	free(text_again);
	auditbook_free(book);
	auditbook_free(again);
}

static void test_bad_json(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "{\"format\": 2, \"owners\": []}", "{\"format\": 1}",
		"{\"format\": 1, \"owners\": [1]}",
		"{\"format\": 1, \"owners\": [{\"device\": \"a\", \"reason\": \"whim\", \"rows\": []}]}",
		"{\"format\": 1, \"owners\": [{\"device\": \"a\", \"reason\": \"segment\", \"rows\": [{}]}]}",
		"{\"format\": 1, \"owners\": [{\"device\": \"a2345678901234567890123456789012345678901234567890123456789012345\","
		" \"reason\": \"segment\", \"rows\": []}]}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *json = json_loads(bad[i], 0, NULL);
		struct auditbook *book;

		assert_non_null(json);
		assert_int_equal(auditbook_parse(json, &book), -EINVAL);
		json_decref(json);
	}
}

/* ---- held against a policy ---- */

struct scene {
	struct diag *diag;
	struct policy *policy;
	struct auditbook *book;
	struct audit audit;
};

static struct policy *load(const char *text, struct diag *diag)
{
	const struct source_file source = { .name = "policy.yaml", .text = text, .len = strlen(text) };
	struct policy *policy = NULL;

	if (policy_load_sources(&source, 1, diag, &policy))
		diag_print(diag, stderr);
	assert_non_null(policy);
	return policy;
}

static void begin(struct scene *scene)
{
	scene->diag = diag_new();
	scene->policy = load(policy_head, scene->diag);
	scene->book = new_book();
}

static void judge(struct scene *scene, bool candidate)
{
	assert_int_equal(audit_init(&scene->audit, NULL, scene->policy, candidate), 0);
	assert_int_equal(audit_judge(&scene->audit, scene->book), 0);
}

static void end(struct scene *scene)
{
	audit_free(&scene->audit);
	auditbook_free(scene->book);
	policy_free(scene->policy);
	diag_free(scene->diag);
}

/* "source destination service reason packets" of each, a line each. */
static void expect(const struct scene *scene, const char *expected)
{
	char got[4096] = "";

	for (size_t i = 0; i < scene->audit.n; i++) {
		const struct audit_finding *f = &scene->audit.findings[i];

		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s %s %s %s %llu\n", f->source,
			 f->destination ? f->destination : "-", f->service_text ? f->service_text : "-",
			 reason_name(f->reason), (unsigned long long)f->packets);
	}
	assert_string_equal(got, expected);
}

static void see(struct scene *scene, const char *device, uint8_t reason, const char *src, const char *dst,
		uint8_t protocol, uint16_t port, uint64_t count)
{
	struct event event = event_of(reason, src, dst, protocol, port);

	event.count = count;
	if (protocol == IPPROTO_ICMP) {
		event.flags &= ~EVENT_PORTS;
		event.icmp_type = port;
	}
	add(scene->book, &event, device, T0);
}

static void see_all(struct scene *scene)
{
	see(scene, "therm-17", REASON_SEGMENT, "10.20.0.17", "10.1.0.20", IPPROTO_TCP, 443, 5);
	see(scene, "therm-17", REASON_SEGMENT, "10.20.0.17", "10.1.0.10", IPPROTO_TCP, 8883, 9); /* allowed by now */
	see(scene, "therm-17", REASON_SEGMENT, "10.20.0.17", "10.1.0.10", IPPROTO_ICMP, 8, 5);
	see(scene, "therm-17", REASON_SEGMENT, "10.20.0.17", "10.1.0.10", IPPROTO_ICMP, 3, 1);
	see(scene, "camera", REASON_ROLE_CONNECT, "10.20.0.18", "10.20.0.1", IPPROTO_UDP, 53, 7);
	see(scene, "camera", REASON_ROLE_CONNECT, "10.20.0.18", "10.20.0.17", 47, 0, 2);
	see(scene, "therm-17", REASON_SEGMENT, "10.20.0.17", "198.51.100.7", IPPROTO_UDP, 123, 4);
	see(scene, "therm-17", REASON_UNKNOWN_DEVICE, "10.20.0.17", "10.20.9.9", IPPROTO_UDP, 99, 3);
	see(scene, "strict", REASON_ROLE_CONNECT, "10.21.0.20", "10.1.0.10", IPPROTO_UDP, 5, 8); /* dropped by now */
	see(scene, "gone", REASON_ROLE_CONNECT, "10.20.0.200", "10.20.0.1", IPPROTO_UDP, 5, 8); /* nobody's by now */
}

static void test_findings(void **state)
{
	struct scene scene = {};

	begin(&scene);
	see_all(&scene);
	judge(&scene, false);
	expect(&scene, "strict broker udp/5 segment 8\n" /* goes to a segment in audit mode */
	       "camera gateway udp/53 role-connect 7\n"
	       "therm-17 10.1.0.20 tcp/443 segment 5\n"
	       "therm-17 broker icmp segment 5\n"
	       "therm-17 198.51.100.7 udp/123 segment 4\n"
	       "therm-17 10.20.9.9 - unknown-device 3\n"
	       "camera therm-17 proto/47 segment 2\n"
	       "therm-17 broker icmp type 3 segment 1\n");
	end(&scene);
}

static void test_lines(void **state)
{
	struct scene scene = {};
	const struct audit_finding *f;

	begin(&scene);
	see(&scene, "camera", REASON_SEGMENT, "10.20.0.18", "10.20.0.17", IPPROTO_TCP, 80, 2);
	judge(&scene, false);
	assert_int_equal(scene.audit.n, 1);
	f = scene.audit.findings;
	assert_int_equal(f->missing, MISSING_CONDUIT | MISSING_CONNECT | MISSING_ACCEPT);
	assert_string_equal(audit_line(&scene.audit, f, MISSING_CONDUIT),
			    "conduits: {from: sensors, to: sensors, ports: [tcp/80]}");
	assert_string_equal(audit_line(&scene.audit, f, MISSING_CONNECT),
			    "role common (policy.yaml:11), connect: {to: therm-17, ports: [tcp/80]}");
	/* the role that fewest others have */
	assert_string_equal(audit_line(&scene.audit, f, MISSING_ACCEPT),
			    "role thermometer (policy.yaml:10), accept: {from: camera, ports: [tcp/80]}");
	assert_null(audit_note(&scene.audit, f));
	end(&scene);
}

/* Equally many packets: by source, destination, service. */
static void test_ties(void **state)
{
	struct scene scene = {};

	begin(&scene);
	see(&scene, "therm-17", REASON_ROLE_CONNECT, "10.20.0.17", "10.20.0.1", IPPROTO_UDP, 53, 1);
	see(&scene, "therm-17", REASON_ROLE_CONNECT, "10.20.0.17", "10.20.0.1", IPPROTO_UDP, 123, 1);
	see(&scene, "camera", REASON_ROLE_CONNECT, "10.20.0.18", "10.20.0.1", IPPROTO_UDP, 99, 1);
	judge(&scene, false);
	expect(&scene, "camera gateway udp/99 role-connect 1\n"
	       "therm-17 gateway udp/123 role-connect 1\n"
	       "therm-17 gateway udp/53 role-connect 1\n");
	end(&scene);
}

static char *fragment_of(struct scene *scene)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_int_equal(audit_accept(&scene->audit, T0, to), 0);
	fclose(to);
	return text;
}

/* Lines that are no comment. */
static void without_comments(char *text)
{
	char *to = text, *line = text;

	while (*line) {
		char *newline = strchr(line, '\n');
		size_t len = newline - line + 1;

		assert_non_null(newline);
		if (*line != '#' && *line != '\n') {
			char *comment = memmem(line, len, "  #", 3);

			memmove(to, line, comment ? (size_t)(comment - line) : len);
			to += comment ? (size_t)(comment - line) : len;
			if (comment)
				*to++ = '\n';
		}
		line = newline + 1;
	}
	*to = '\0';
}

static void test_fragment(void **state)
{
	struct scene scene = {};
	char *text;

	begin(&scene);
	see_all(&scene);
	see(&scene, "Lonely", REASON_ROLE_CONNECT, "10.20.4.4", "10.20.0.1", IPPROTO_UDP, 53, 7);
	see(&scene, "Lonely", REASON_ROLE_CONNECT, "10.20.4.4", "10.20.0.1", IPPROTO_UDP, 123, 7);
	scene.book->owners[scene.book->n - 1].rows[0].mac[5] = 0x19;
	scene.book->owners[scene.book->n - 1].rows[1].mac[5] = 0x19;
	judge(&scene, false);
	text = fragment_of(&scene);
	without_comments(text);
	assert_string_equal(text,
			    "roles:\n"
			    "  common:\n"
			    "    connect:\n"
			    "      - {to: broker, ports: [udp/5]}\n"
			    "      - {to: gateway, ports: [udp/53]}\n"
			    "      - {to: therm-17, ports: [proto/47]}\n"
			    "  role-of-lonely-2:\n"
			    "    connect:\n"
			    "      - {to: gateway, ports: [udp/123, udp/53]}\n"
			    "  thermometer:\n"
			    "    connect:\n"
			    "      - {to: 10.1.0.20, ports: [tcp/443]}\n"
			    "      - {to: broker, ports: [icmp]}\n"
			    "    accept:\n"
			    "      - {from: camera, ports: [proto/47]}\n"
			    "devices:\n"
			    "  Lonely: {role: role-of-lonely-2}\n"
			    "conduits:\n"
			    "  - {from: enforced, to: servers, ports: [udp/5]}\n"
			    "  - {from: sensors, to: sensors, ports: [proto/47]}\n"
			    "  - {from: sensors, to: servers, ports: [icmp, tcp/443]}\n");
	free(text);
	end(&scene);
}

/* What an interface or a file may be called ends no comment and begins no line. */
static void test_hostile_names(void **state)
{
	struct event event = {
		.count = 1, .bytes = 14, .ethertype = 0x88cc, .verdict = VERDICT_AUDIT, .reason = REASON_ETHERTYPE,
		.captured = 14, .frame = { [12] = 0x88, 0xcc },
	};
	const struct event_names names = { .segment = "sensors", .interface = "\n}]: &\"'\x1b[", .time = T0 };
	struct scene scene = {};
	char *text;

	begin(&scene);
	scene.policy->name = "a\nmode: enforce\nb";
	event.captured = 0; /* judged by its reason: the interface is none of the policy's */
	auditbook_add(scene.book, &event, &names);
	judge(&scene, false);
	assert_int_equal(scene.audit.n, 1);
	text = fragment_of(&scene);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "0x88cc"));
	without_comments(text);
	assert_string_equal(text, "");
	free(text);
	end(&scene);
}

/* Another policy, whatever its modes. */
static void test_candidate(void **state)
{
	struct scene scene = {};

	begin(&scene);
	see(&scene, "strict", REASON_ROLE_CONNECT, "10.21.0.20", "10.21.0.20", IPPROTO_UDP, 5, 8);
	judge(&scene, false);
	assert_int_equal(scene.audit.n, 0);
	audit_free(&scene.audit);
	judge(&scene, true);
	expect(&scene, "strict strict udp/5 segment 8\n");
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_least_goes),
		cmocka_unit_test(test_many_devices),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_back_from_json),
		cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
