// SPDX-License-Identifier: GPL-2.0-only
/*
 * The book of what passed as audit held against a policy: the lines that it lacks, which are a policy whatever the
 * network's names were.
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
#include "audit_events.h"
#include "auditbook_parts.h"
#include "diag.h"
#include "names.h"

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
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_fragment),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
