// SPDX-License-Identifier: GPL-2.0-only
#include "policy_rules.h"

static const char *const prefix_pool[] = {
	"10.20.0.0/16", "10.20.1.0/24", "10.20.0.2", "10.20.0.3/32", "10.0.0.0/8", "0.0.0.0/0",
	"10.1.0.10", "203.0.113.0/24", "224.0.0.0/4", "239.1.2.0/24", "255.255.255.255",
	"10.20.255.255", "10.20.0.0/30", "fd00:20::/64", "fd00:20::/48", "fd00:20::2",
	"2001:db8:77::/48", "::/0", "ff00::/8", "ff02::fb", "fe80::/10", "fe80::2",
};

static const char *const service_pool[] = {
	"tcp/80", "tcp/443", "tcp/8883", "tcp/80-90", "tcp/0-1000", "tcp", "tcp/0", "udp/53",
	"udp/123", "udp", "udp/50-600", "udp/65535", "sctp/5000", "sctp", "icmp", "icmp",
	"proto/47", "proto/0", "proto/50", "proto/2", "any", "any",
};

static void write_target(FILE *out, struct rng *r, const struct names *names)
{
	switch (rng_below(r, 9)) {
	case 0:
		fprintf(out, "any");
		break;
	case 1:
		fprintf(out, "gateway");
		break;
	case 2:
		if (names->npeers) {
			fprintf(out, "peer%u", rng_below(r, names->npeers));
			break;
		}
		/* fall through */
	case 3:
	case 4:
		fprintf(out, "\"%s\"", rng_pick(r, prefix_pool));
		break;
	case 5:
	case 6:
		fprintf(out, "seg%u", rng_below(r, names->nsegments));
		break;
	case 7:
		fprintf(out, "role%u", rng_below(r, names->nroles));
		break;
	default:
		fprintf(out, "dev%u", rng_below(r, names->ndevices));
	}
}

static void write_targets(FILE *out, struct rng *r, const struct names *names)
{
	if (rng_chance(r, 60)) {
		write_target(out, r, names);
		return;
	}
	fputc('[', out);
	for (int n = rng_range(r, 1, 3); n; n--) {
		write_target(out, r, names);
		fputs(n > 1 ? ", " : "]", out);
	}
}

static void write_services(FILE *out, struct rng *r)
{
	if (rng_chance(r, 40))
		return;
	fprintf(out, ", ports: [");
	for (int n = rng_range(r, 1, 4); n; n--)
		fprintf(out, "%s%s", rng_pick(r, service_pool), n > 1 ? ", " : "]");
}

static void write_rules(FILE *out, struct rng *r, const struct names *names, const char *key,
			const char *which)
{
	if (rng_chance(r, 15))
		return;
	fprintf(out, "    %s:\n", key);
	for (int n = rng_range(r, 1, 4); n; n--) {
		fprintf(out, "      - {%s: ", which);
		if (rng_chance(r, 25))
			fprintf(out, "any");
		else
			write_targets(out, r, names);
		write_services(out, r);
		fprintf(out, "}\n");
	}
}

void write_peers(FILE *out, struct rng *r, const struct names *names)
{
	if (names->npeers)
		fprintf(out, "peers:\n");
	for (size_t i = 0; i < names->npeers; i++) {
		fprintf(out, "  peer%zu: [", i);
		for (int n = rng_range(r, 1, 3); n; n--)
			fprintf(out, "\"%s\"%s", rng_pick(r, prefix_pool), n > 1 ? ", " : "]\n");
	}
}

static void write_rate(FILE *out, struct rng *r, const char **sep, const char *kind,
		       const char *burst, int most, int most_burst)
{
	static const char *const periods[] = { "s", "s", "s", "m" };
	int n = rng_range(r, 1, most);

	fprintf(out, "%s%s: %d/%s", *sep, kind, n, rng_pick(r, periods));
	if (rng_chance(r, 70))
		fprintf(out, ", %s: %d", burst, rng_range(r, 1, most_burst));
	*sep = ", ";
}

static void write_bytes(FILE *out, struct rng *r, const char **sep)
{
	static const char *const units[] = { "", "B", "KB", "KiB" };

	fprintf(out, "%sbytes: %d%s/s", *sep, rng_range(r, 60, 3000), rng_pick(r, units));
	if (rng_chance(r, 80))
		fprintf(out, ", burst-bytes: %d", rng_range(r, 60, 3000));
	*sep = ", ";
}

static void write_direction(FILE *out, struct rng *r, const char *direction, bool flows)
{
	const char *sep = "";

	fprintf(out, "%s: {", direction);
	if (rng_chance(r, 60))
		write_rate(out, r, &sep, "packets", "burst", 6, 5);
	if (flows && rng_chance(r, 50))
		write_rate(out, r, &sep, "flows", "burst-flows", 5, 3);
	if (!*sep || rng_chance(r, 50))
		write_bytes(out, r, &sep);
	fprintf(out, "}");
}

void write_limits(FILE *out, struct rng *r, const char *indent, bool flows)
{
	bool send = rng_chance(r, 65);

	fprintf(out, "%slimit: {", indent);
	if (send)
		write_direction(out, r, "send", flows);
	if (!send || rng_chance(r, 50)) {
		fputs(send ? ", " : "", out);
		write_direction(out, r, "receive", flows);
	}
	fprintf(out, "}\n");
}

/* Parents come later in the file, so that there is no cycle and names are used before defined. */
static void write_extends(FILE *out, struct rng *r, const struct names *names, size_t role)
{
	uint32_t above = names->nroles - 1 - role;
	uint32_t first;

	if (!above || rng_chance(r, 55))
		return;
	first = role + 1 + rng_below(r, above);
	fprintf(out, "    extends: [role%u", first);
	if (first > role + 1 && rng_chance(r, 50))
		fprintf(out, ", role%zu", role + 1);
	fprintf(out, "]\n");
}

void write_roles(FILE *out, struct rng *r, const struct names *names)
{
	fprintf(out, "roles:\n");
	for (size_t i = 0; i < names->nroles; i++) {
		fprintf(out, "  role%zu:\n", i);
		write_extends(out, r, names, i);
		write_rules(out, r, names, "connect", "to");
		write_rules(out, r, names, "accept", "from");
		/* Never nothing at all: an empty mapping would be a null. */
		if (rng_chance(r, 35))
			write_limits(out, r, "    ", true);
		else
			fprintf(out, "    limit: {}\n");
	}
}

static void write_side(FILE *out, struct rng *r, const struct names *names)
{
	uint32_t first = rng_below(r, names->nsegments);

	if (names->nsegments < 2 || rng_chance(r, 50))
		fprintf(out, "seg%u", first);
	else
		fprintf(out, "[seg%u, seg%zu]", first, (first + 1) % names->nsegments);
}

static void write_all(FILE *out, const struct names *names)
{
	for (size_t i = 0; i < names->nsegments; i++)
		fprintf(out, "%sseg%zu", i ? ", " : "[", i);
	fputc(']', out);
}

void write_conduits(FILE *out, struct rng *r, const struct names *names)
{
	if (rng_chance(r, 10))
		return;
	fprintf(out, "conduits:\n");
	if (rng_chance(r, 55)) {
		fprintf(out, "  - {from: ");
		write_all(out, names);
		fprintf(out, ", to: ");
		write_all(out, names);
		fprintf(out, "}\n");
		return;
	}
	for (int n = rng_range(r, 1, 4); n; n--) {
		fprintf(out, "  - {from: ");
		write_side(out, r, names);
		fprintf(out, ", to: ");
		write_side(out, r, names);
		write_services(out, r);
		fprintf(out, "}\n");
	}
}
