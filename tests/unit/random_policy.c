// SPDX-License-Identifier: GPL-2.0-only
#include "random_policy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#define SEGMENTS 4
#define PEERS 3
#define ROLES 6
#define DEVICES 12

static const char *const PREFIXES[] = {
	"10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.4/30", "10.1.2.6",
	"10.2.2.0/23", "0.0.0.0/0", "192.0.2.0/24", "192.0.2.7", "10.3.255.255", "::/0", "fd00::/16",
	"fd00:1::/64", "fd00:1::2", "fd00:2::/32", "2001:db8::/32", "10.1.2.255", "10.0.0.0/9",
	"224.0.0.0/4", "ff00::/8", "10.3.1.1",
};

static const char *const SERVICES[] = {
	"tcp/80", "tcp/79-81", "tcp/81", "tcp/82-90", "tcp", "udp/53", "udp/0-65535", "udp", "sctp/9",
	"icmp", "proto/47", "proto/2", "any", "tcp/0", "tcp/65535", "udp/0", "proto/255",
};

static const char *const LIMITS[] = {
	"{packets: 10/s}", "{packets: 600/m, burst: 5}", "{flows: 2/s}", "{bytes: 1MiB/s}",
	"{flows: 7/m, burst-flows: 3, packets: 20/s}", "{bytes: 100KB/h, burst-bytes: 1MB}",
};

#define PICK(seed, array) ((array)[random_below(seed, sizeof(array) / sizeof(*(array)))])

uint32_t random_below(uint64_t *seed, uint32_t n)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*seed >> 33) % n;
}

struct picket_addr random_addr(uint64_t *seed)
{
	static const char *const others[] = {
		"192.0.2.7", "192.0.2.8", "203.0.113.1", "224.0.0.1", "10.3.255.255", "10.1.255.255",
		"10.1.2.7", "10.1.2.6", "10.1.2.255", "fd00:1::2", "fd00:2::77", "2001:db8::1",
		"ff02::fb", "4000::1", "127.0.0.1", "10.128.0.1", "255.255.255.255",
	};
	struct picket_addr addr = { .w = { 0, 0, htonl(0xffff), 0 } };

	switch (random_below(seed, 3)) {
	case 0: {
		const char *text = PICK(seed, others);

		if (!inet_pton(AF_INET6, text, &addr))
			inet_pton(AF_INET, text, &addr.w[3]);
		return addr;
	}
	case 1:
		addr.w[3] = htonl(10U << 24 | random_below(seed, SEGMENTS + 1) << 16 |
				  random_below(seed, 3) << 8 | random_below(seed, 12));
		return addr;
	default:
		return (struct picket_addr){ .w = {
			htonl(0xfd000000 | random_below(seed, SEGMENTS)), 0, 0,
			htonl(random_below(seed, 12)) } };
	}
}

static void segments(uint64_t *seed, FILE *f)
{
	fputs("segments:\n", f);
	for (int i = 0; i < SEGMENTS; i++) {
		/* Devices live in the first two. */
		bool hosts = i >= 2 || !random_below(seed, 4);

		fprintf(f, "  s%d:\n    kind: %s\n    interfaces: [lan%d", i,
			hosts ? "hosts" : "devices", i);
		if (random_below(seed, 2))
			fprintf(f, ", {name: trunk, vlan: %d}", 1 + random_below(seed, 2));
		fprintf(f, "]\n    subnets: [10.%d.0.0/16", i);
		if (random_below(seed, 3))
			fprintf(f, ", \"fd00:%d::/64\"", i);
		if (i == 2)
			fputs(", 10.1.2.0/29", f);
		if (i == 3 && random_below(seed, 2))
			fputs(", 0.0.0.0/0", f);
		if (i == 3 && random_below(seed, 2))
			fputs(", \"::/0\"", f);
		fputs("]\n", f);
		if (!random_below(seed, 3))
			fprintf(f, "    fragments: track\n    ethertypes: [eapol, 0x88cc]\n");
		if (!random_below(seed, 3))
			fprintf(f, "    dhcp: true\n    mode: audit\n    ethertypes: [lldp]\n" +
				   (random_below(seed, 2) ? 0 : 15));
		if (!random_below(seed, 3))
			fprintf(f, "    limit: {send: {packets: 9/s}}\n");
	}
}

static void print_services(uint64_t *seed, FILE *f)
{
	uint32_t n = random_below(seed, 4);

	if (!n)
		return;
	fprintf(f, ", ports: [%s", PICK(seed, SERVICES));
	while (--n)
		fprintf(f, ", %s", PICK(seed, SERVICES));
	fputc(']', f);
}

static void print_target(uint64_t *seed, FILE *f)
{
	switch (random_below(seed, 7)) {
	case 0:
		fputs(random_below(seed, 3) ? "gateway" : "any", f);
		break;
	case 1:
		fprintf(f, "s%d", random_below(seed, SEGMENTS));
		break;
	case 2:
		fprintf(f, "d%d", random_below(seed, DEVICES));
		break;
	case 3:
		fprintf(f, "p%d", random_below(seed, PEERS));
		break;
	case 4:
		fprintf(f, "\"%s\"", PICK(seed, PREFIXES));
		break;
	default:
		fprintf(f, "r%d", random_below(seed, ROLES));
		break;
	}
}

static void print_rules(uint64_t *seed, FILE *f, const char *side, const char *key)
{
	uint32_t n = random_below(seed, 4);

	if (n)
		fprintf(f, "    %s:\n", side);
	while (n--) {
		fprintf(f, "      - {%s: [", key);
		print_target(seed, f);
		for (uint32_t more = random_below(seed, 3); more; more--) {
			fputs(", ", f);
			print_target(seed, f);
		}
		fputc(']', f);
		print_services(seed, f);
		fputs("}\n", f);
	}
}

static void print_limit(uint64_t *seed, FILE *f)
{
	if (!random_below(seed, 3))
		fprintf(f, "    limit: {send: %s, receive: %s}\n", PICK(seed, LIMITS),
			PICK(seed, LIMITS));
	else if (!random_below(seed, 3))
		fprintf(f, "    limit: {send: %s}\n", PICK(seed, LIMITS));
}

static void peers_and_roles(uint64_t *seed, FILE *f)
{
	fputs("peers:\n", f);
	for (int i = 0; i < PEERS; i++)
		fprintf(f, "  p%d: [\"%s\", \"%s\"]\n", i, PREFIXES[7 * i + random_below(seed, 3)],
			PREFIXES[7 * i + 3 + random_below(seed, 4)]);
	fputs("roles:\n", f);
	for (uint32_t i = 0; i < ROLES; i++) {
		fprintf(f, "  r%d:\n", i);
		if (i > 1 && random_below(seed, 2))
			fprintf(f, "    extends: [r%d]\n", random_below(seed, i));
		else if (i > 2 && random_below(seed, 2))
			fprintf(f, "    extends: [r0, r%d]\n", 1 + random_below(seed, i - 1));
		else
			fputs("    extends: []\n", f);
		print_limit(seed, f);
		print_rules(seed, f, "connect", "to");
		print_rules(seed, f, "accept", "from");
	}
}

static void print_times(uint64_t *seed, FILE *f, const char *before)
{
	uint32_t from = random_below(seed, RANDOM_HOURS - 2);
	uint32_t until = from + 1 + random_below(seed, RANDOM_HOURS - from - 1);

	if (random_below(seed, 3))
		fprintf(f, "%svalid-from: 2026-01-01T%02u:00:00Z", before, from);
	if (random_below(seed, 3))
		fprintf(f, "%svalid-until: 2026-01-01T%02u:00:00Z", before, until);
}

static void devices(uint64_t *seed, FILE *f)
{
	fputs("devices:\n", f);
	for (int i = 0; i < DEVICES; i++) {
		uint32_t segment = random_below(seed, 2), kind = random_below(seed, 4);

		fprintf(f, "  d%d:\n    segment: s%d\n    space: a/b%d%s\n", i, segment,
			random_below(seed, 3), random_below(seed, 2) ? "/c" : "");
		if (!random_below(seed, 8))
			fputs("    roles: []\n", f);
		else if (random_below(seed, 2))
			fprintf(f, "    role: r%d\n", random_below(seed, ROLES));
		else
			fprintf(f, "    roles: [r%d, r%d]\n", random_below(seed, 3),
				3 + random_below(seed, 3));
		if (kind != 1)
			fprintf(f, "    mac: 02:00:00:00:00:%02x\n", i);
		if (kind == 1 || kind == 2)
			fprintf(f, "    ip: 10.%d.%d.%d\n", segment, random_below(seed, 2) * 2,
				8 + i);
		if (kind == 3)
			fprintf(f, "    ip: [10.%d.1.%d, 10.%d.1.%d]\n", segment, i + 1, segment,
				i + 100);
		print_limit(seed, f);
		if (!random_below(seed, 3))
			print_times(seed, f, "\n    ");
		fputc('\n', f);
	}
}

static void assignments_and_conduits(uint64_t *seed, FILE *f)
{
	static const char *const spaces[] = { "a", "a/b0", "a/b1", "a/b2", "a/b1/c", "a/b" };

	fputs("assignments:\n", f);
	for (int i = 0; i < 6; i++) {
		fprintf(f, "  - {role: r%d, space: %s", random_below(seed, ROLES), PICK(seed, spaces));
		print_times(seed, f, ", ");
		fputs("}\n", f);
	}
	fputs("conduits:\n", f);
	for (int i = 0; i < 6; i++) {
		fprintf(f, "  - {from: [s%d], to: [s%d, s%d]", random_below(seed, SEGMENTS),
			random_below(seed, 2), 2 + random_below(seed, 2));
		print_services(seed, f);
		fputs("}\n", f);
	}
}

struct policy *random_policy(uint64_t *seed, char **text)
{
	struct policy *policy = NULL;
	struct source_file source = { .name = "random.yaml" };
	struct diag *diag = diag_new();
	FILE *f = open_memstream(text, &source.len);

	fputs("picket: 1\ngateway: {addresses: [10.0.0.1, 10.1.0.1]}\n", f);
	segments(seed, f);
	peers_and_roles(seed, f);
	devices(seed, f);
	assignments_and_conduits(seed, f);
	fclose(f);
	source.text = *text;
	if (policy_load_sources(&source, 1, diag, &policy) && getenv("PICKET_SHOW"))
		diag_print(diag, stderr);
	diag_free(diag);
	return policy;
}
