// SPDX-License-Identifier: GPL-2.0-only
#include "policies.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy_rules.h"

#define MAX_SEGMENTS 6
#define MAX_DEVICES 12
#define PORTS 6

/* Nested on purpose: the longest match decides. */
static const char *const subnet_pool[] = {
	"10.20.0.0/16", "10.20.1.0/24", "10.20.1.16/28", "10.20.2.0/31", "10.20.0.5/32",
	"10.1.0.0/24", "192.168.7.0/30", "10.0.0.0/8", "0.0.0.0/0", "fd00:20::/64",
	"fd00:20::/48", "fd00:20::100/120", "fd00:20:0:1::/64", "2001:db8::/32", "::/0",
};
#define SUBNETS (sizeof(subnet_pool) / sizeof(subnet_pool[0]))

const char *const address_pool[] = {
	"10.20.0.1", "10.20.0.2", "10.20.0.3", "10.20.0.4", "10.20.0.5", "10.20.0.6",
	"10.20.0.200", "10.20.1.1", "10.20.1.2", "10.20.1.17", "10.20.1.18", "10.20.1.20",
	"10.20.2.0", "10.20.2.1", "10.1.0.1", "10.1.0.10", "10.1.0.11", "192.168.7.1",
	"192.168.7.2", "10.77.0.1", "203.0.113.5", "198.51.100.7", "fd00:20::1", "fd00:20::2",
	"fd00:20::3", "fd00:20::101", "fd00:20::102", "fd00:20:0:1::2", "fd00:20:0:1::3",
	"2001:db8::5", "2001:db8:77::1", "2a00::1",
};
const size_t address_pool_size = sizeof(address_pool) / sizeof(address_pool[0]);
#define ADDRESSES (sizeof(address_pool) / sizeof(address_pool[0]))

static const char *const port_pool[PORTS] = {
	"lan0", "lan1", "{name: lan0, vlan: 20}", "wan0", "{name: wan0, vlan: 10}", "srv0",
};

static const char *const space_pool[] = {
	"hq", "hq/floor-2", "hq/floor-2/room-210", "hq/floor-1", "hq2", "site.b/x",
};

static const char *const mac_pool[] = {
	"02:00:5e:10:00:01", "02:00:5e:10:00:02", "02:00:5e:10:00:03", "02:00:5e:10:00:04",
	"02:00:5e:10:00:05", "02:00:5e:10:00:06", "02:00:5e:10:00:07", "02:00:5e:10:00:08",
};
#define MACS (sizeof(mac_pool) / sizeof(mac_pool[0]))

struct parsed {
	struct in6_addr addr;
	bool ipv6;
	int len;
};

struct world {
	struct names names;
	uint32_t ports[MAX_SEGMENTS]; /* a bit per port_pool */
	int subnet_owner[SUBNETS]; /* segment, -1: none */
	bool address_used[ADDRESSES]; /* the gateway's or a device's */
	uint32_t mac_ports[MACS]; /* where a device with it lives */
};

static struct parsed parse(const char *text)
{
	struct parsed p = { .ipv6 = strchr(text, ':') };
	char addr[64];
	const char *slash = strchrnul(text, '/');

	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - text), text);
	p.len = *slash ? atoi(slash + 1) : p.ipv6 ? 128 : 32;
	if (inet_pton(p.ipv6 ? AF_INET6 : AF_INET, addr, &p.addr) != 1)
		abort();
	return p;
}

static bool holds(const struct parsed *subnet, const struct parsed *addr)
{
	if (subnet->ipv6 != addr->ipv6)
		return false;
	for (int i = 0; i < subnet->len; i++)
		if ((subnet->addr.s6_addr[i / 8] ^ addr->addr.s6_addr[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

static int segment_of(const struct world *w, const char *address)
{
	struct parsed addr = parse(address);
	int longest = -1, segment = -1;

	for (size_t i = 0; i < SUBNETS; i++) {
		struct parsed subnet = parse(subnet_pool[i]);

		if (w->subnet_owner[i] >= 0 && subnet.len > longest && holds(&subnet, &addr)) {
			longest = subnet.len;
			segment = w->subnet_owner[i];
		}
	}
	return segment;
}

static void write_gateway(FILE *out, struct rng *r, struct world *w)
{
	static const char *const usual[] = { "10.20.0.1", "10.1.0.1", "fd00:20::1", "10.20.1.1" };
	const char *sep = "gateway:\n  addresses: [";

	if (rng_chance(r, 10))
		return;
	for (size_t i = 0; i < ADDRESSES; i++) {
		bool likely = false;

		for (size_t k = 0; k < 4; k++)
			likely |= !strcmp(address_pool[i], usual[k]);
		if (!rng_chance(r, likely ? 75 : 2))
			continue;
		fprintf(out, "%s\"%s\"", sep, address_pool[i]);
		w->address_used[i] = true;
		sep = ", ";
	}
	if (*sep == ',' && rng_chance(r, 50))
		fprintf(out, ", \"fe80::1\"");
	if (*sep == ',')
		fprintf(out, "]\n");
}

static void write_ports(FILE *out, struct rng *r, struct world *w, size_t segment)
{
	int n = rng_range(r, 1, 2);
	const char *sep = "";

	fprintf(out, "    interfaces: [");
	while (n--) {
		uint32_t port = rng_chance(r, 60) ? segment % 3 : rng_below(r, PORTS);

		if (w->ports[segment] & 1U << port)
			continue;
		fprintf(out, "%s%s", sep, port_pool[port]);
		w->ports[segment] |= 1U << port;
		sep = ", ";
	}
	fprintf(out, "]\n");
}

static void write_subnets(FILE *out, struct rng *r, struct world *w, size_t segment)
{
	const char *sep = "    subnets: [";

	for (int tries = rng_range(r, 2, 5); tries; tries--) {
		size_t subnet = rng_below(r, SUBNETS);

		/* The default routes are for hosts, as a rule. */
		if (w->subnet_owner[subnet] >= 0 ||
		    (strstr(subnet_pool[subnet], "/0") && rng_chance(r, 60)))
			continue;
		fprintf(out, "%s\"%s\"", sep, subnet_pool[subnet]);
		w->subnet_owner[subnet] = segment;
		sep = ", ";
	}
	fprintf(out, "%s", *sep == ',' ? "]\n" : "    subnets: []\n");
}

static void write_ethertypes(FILE *out, struct rng *r)
{
	static const char *const sets[] = {
		"[eapol, lldp]", "[0x88cc]", "[profinet, goose, ethercat]", "[ptp, wol]",
		"[0x9000, eapol]",
	};

	if (rng_chance(r, 40))
		fprintf(out, "    ethertypes: %s\n", rng_pick(r, sets));
}

static void write_segments(FILE *out, struct rng *r, struct world *w)
{
	fprintf(out, "segments:\n");
	for (size_t i = 0; i < w->names.nsegments; i++) {
		bool hosts = rng_chance(r, 35);

		fprintf(out, "  seg%zu:\n", i);
		if (hosts)
			fprintf(out, "    kind: hosts\n");
		write_ports(out, r, w, i);
		write_subnets(out, r, w, i);
		if (rng_chance(r, 50))
			fprintf(out, "    dhcp: true\n");
		if (rng_chance(r, 60))
			fprintf(out, "    fragments: track\n");
		if (rng_chance(r, 30))
			fprintf(out, "    router-advertisements: true\n");
		if (rng_chance(r, 15))
			fprintf(out, "    mode: %s\n", rng_chance(r, 70) ? "audit" : "enforce");
		write_ethertypes(out, r);
		if (rng_chance(r, 30))
			write_limits(out, r, "    ", false);
	}
}

static void write_time(FILE *out, struct rng *r, const char *key)
{
	static const int around[] = { -86400, -3600, -1, 0, 1, 2, 5, 30, 60, 600, 3600, 7200, 86400 };
	time_t t = RUN_EPOCH + rng_pick(r, around);
	bool east = rng_chance(r, 20);
	struct tm tm;
	char text[32];

	if (east)
		t += 7200;
	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(out, "%s: \"%s%s\"", key, text, east ? "+02:00" : "Z");
}

static void write_addresses(FILE *out, struct rng *r, struct world *w, int segment, bool needed)
{
	const char *sep = "    ip: [";
	int want = needed ? rng_range(r, 1, 3) : rng_chance(r, 70) ? rng_range(r, 1, 3) : 0;
	size_t start = rng_below(r, ADDRESSES);

	for (size_t k = 0; k < ADDRESSES && want; k++) {
		size_t i = (start + k * 7) % ADDRESSES; /* 7 is coprime: a walk over all of them */

		if (w->address_used[i] || segment_of(w, address_pool[i]) != segment)
			continue;
		fprintf(out, "%s\"%s\"", sep, address_pool[i]);
		w->address_used[i] = true;
		sep = ", ";
		want--;
	}
	if (*sep == ',')
		fprintf(out, "]\n");
}

static bool any_address_left(const struct world *w, int segment)
{
	for (size_t i = 0; i < ADDRESSES; i++)
		if (!w->address_used[i] && segment_of(w, address_pool[i]) == segment)
			return true;
	return false;
}

/* False: every MAC of the pool is taken on one of the segment's ports. */
static bool write_mac(FILE *out, struct rng *r, struct world *w, int segment)
{
	size_t start = rng_below(r, MACS);

	for (size_t k = 0; k < MACS; k++) {
		size_t i = (start + k) % MACS;

		if (w->mac_ports[i] & w->ports[segment])
			continue;
		w->mac_ports[i] |= w->ports[segment];
		fprintf(out, "    mac: %s\n", mac_pool[i]);
		return true;
	}
	return false;
}

static void write_roles_of_device(FILE *out, struct rng *r, const struct world *w)
{
	uint32_t first = rng_below(r, w->names.nroles);

	if (rng_chance(r, 7))
		return;
	if (rng_chance(r, 70) || w->names.nroles < 2)
		fprintf(out, "    role: role%u\n", first);
	else
		fprintf(out, "    roles: [role%u, role%zu]\n", first, (first + 1) % w->names.nroles);
}

static void write_device(FILE *out, struct rng *r, struct world *w, size_t i)
{
	int segment = rng_below(r, w->names.nsegments);
	bool addressable = any_address_left(w, segment);
	bool mac;

	fprintf(out, "  dev%zu:\n    segment: seg%d\n", i, segment);
	mac = (!addressable || rng_chance(r, 85)) && write_mac(out, r, w, segment);
	if (!mac && !addressable) /* it needs something: a MAC that no other has */
		fprintf(out, "    mac: 02:00:5e:20:00:%02zx\n", i);
	write_addresses(out, r, w, segment, !mac);
	write_roles_of_device(out, r, w);
	if (rng_chance(r, 40))
		fprintf(out, "    space: %s\n", rng_pick(r, space_pool));
	if (rng_chance(r, 12))
		fprintf(out, "    router: true\n");
	if (rng_chance(r, 20))
		fprintf(out, "    dhcp-server: true\n");
	if (rng_chance(r, 8))
		write_time(out, r, "    valid-from"), fputc('\n', out);
	else if (rng_chance(r, 12))
		write_time(out, r, "    valid-until"), fputc('\n', out);
	if (rng_chance(r, 30))
		write_limits(out, r, "    ", true);
}

/* Others who say nothing: with them the table of MACs has many buckets. */
static void write_crowd(FILE *out, struct rng *r, const struct world *w)
{
	uint32_t n = rng_chance(r, 10) ? rng_range(r, 100, 600) : 0;

	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "  crowd%u: {segment: seg%u, mac: 02:00:5e:30:%02x:%02x}\n", i,
			rng_below(r, w->names.nsegments), i >> 8, i & 255);
}

static void write_assignments(FILE *out, struct rng *r, const struct world *w)
{
	int n = rng_range(r, 1, 3);

	if (rng_chance(r, 50))
		return;
	fprintf(out, "assignments:\n");
	while (n--) {
		fprintf(out, "  - {role: role%u, space: %s", rng_below(r, w->names.nroles),
			rng_pick(r, space_pool));
		if (rng_chance(r, 50))
			write_time(out, r, ", valid-from");
		else if (rng_chance(r, 50))
			write_time(out, r, ", valid-until");
		fprintf(out, "}\n");
	}
}

char *random_policy(struct rng *r)
{
	struct world w = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	for (size_t i = 0; i < SUBNETS; i++)
		w.subnet_owner[i] = -1;
	w.names = (struct names){ .nsegments = rng_range(r, 1, MAX_SEGMENTS - 1),
				  .nroles = rng_range(r, 1, 5), .npeers = rng_range(r, 0, 3),
				  .ndevices = rng_range(r, 1, MAX_DEVICES) };
	fprintf(out, "picket: 1\n");
	if (rng_chance(r, 8))
		fprintf(out, "mode: audit\n");
	write_gateway(out, r, &w);
	write_segments(out, r, &w);
	write_peers(out, r, &w.names);
	write_roles(out, r, &w.names);
	fprintf(out, "devices:\n");
	for (size_t i = 0; i < w.names.ndevices; i++)
		write_device(out, r, &w, i);
	write_crowd(out, r, &w);
	write_assignments(out, r, &w);
	write_conduits(out, r, &w.names);
	if (fclose(out))
		abort();
	return text;
}
