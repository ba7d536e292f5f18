// SPDX-License-Identifier: GPL-2.0-only
/* A policy whose devices are who is in a capture. */
#include <stdlib.h>
#include <string.h>

#include "captured.h"
#include "names.h"
#include "policies.h"
#include "policy_writer.h"

#define SEGMENTS 3 /* seg0: devices; seg1: everybody else; seg2: either */
#define HOSTS 1
#define SUBNETS 12

struct world {
	FILE *out;
	struct rng *r;
	struct captured_facts *facts;
	struct names names;
	struct prefix subnets[SUBNETS];
	uint32_t owners[SUBNETS];
	size_t nsubnets;
};

/* One that a device may have, whatever the policy. */
static bool is_ordinary(const struct picket_addr *addr)
{
	const uint8_t *bytes = (const uint8_t *)addr;

	if (addr_is_ipv4(addr))
		return bytes[12] && bytes[12] != 127 && bytes[12] < 224 && bytes[15] && bytes[15] != 255;
	return (bytes[0] & 0xe0) == 0x20 || (bytes[0] & 0xfe) == 0xfc;
}

/* A rule may not name what no packet may carry. */
static bool may_be_named(const struct picket_addr *addr)
{
	return addr_is_ipv4(addr) || addr->w[0] || addr->w[1];
}

static struct prefix subnet_of(const struct picket_addr *addr)
{
	struct prefix subnet = { .addr = *addr, .len = addr_is_ipv4(addr) ? 120 : 64 };

	memset((uint8_t *)&subnet.addr + subnet.len / 8, 0, sizeof(subnet.addr) - subnet.len / 8);
	return subnet;
}

/* The segment where an address lives, by the subnet around it, which it may be the first in. */
static uint32_t place(struct world *w, const struct captured_addr *known)
{
	struct prefix subnet = subnet_of(&known->addr);

	for (size_t i = 0; i < w->nsubnets; i++)
		if (prefix_holds(&w->subnets[i], &known->addr))
			return w->owners[i];
	if (!is_ordinary(&known->addr) || known->mac == INDEX_NONE || w->nsubnets == SUBNETS)
		return HOSTS;
	w->subnets[w->nsubnets] = subnet;
	w->owners[w->nsubnets] = rng_chance(w->r, 70) ? 0 : rng_chance(w->r, 50) ? 2 : HOSTS;
	return w->owners[w->nsubnets++];
}

static void write_gateway(struct world *w)
{
	char text[POLICY_TEXT];
	const char *sep = "gateway:\n  addresses: [";
	int want = rng_below(w->r, 4);

	for (int n = 0; n < want && w->facts->naddrs; n++) {
		struct captured_addr *known = &w->facts->addrs[rng_below(w->r, w->facts->naddrs)];

		if (!is_ordinary(&known->addr) || known->gateway)
			continue;
		known->gateway = true;
		fprintf(w->out, "%s%s", sep, policy_addr(&known->addr, text));
		sep = ", ";
	}
	if (*sep == ',')
		fputs("]\n", w->out);
}

static void write_interfaces(struct world *w, uint32_t segment)
{
	static const char *const others[] = { "wan0", "lan1", "{name: lan0, vlan: 100}" };

	fprintf(w->out, "    interfaces: [%s", segment == 2 && rng_chance(w->r, 50) ? "lan1" : "lan0");
	if (segment != 2 && rng_chance(w->r, 50))
		fprintf(w->out, ", %s", rng_pick(w->r, others));
	for (size_t i = 0; i < w->facts->nvlans; i++)
		if (w->facts->vlans[i] != 100 && w->facts->vlans[i] <= 4094 && rng_chance(w->r, 60))
			fprintf(w->out, ", {name: lan0, vlan: %u}", w->facts->vlans[i]);
	fputs("]\n", w->out);
}

static void write_subnets(struct world *w, uint32_t segment)
{
	/* where there was no room for more subnets, hosts live in the world */
	bool world = segment == HOSTS && (rng_chance(w->r, 85) || w->nsubnets == SUBNETS);
	const char *sep = world ? ", " : "";
	char text[POLICY_TEXT];

	fprintf(w->out, "    subnets: [%s", world ? "0.0.0.0/0, \"::/0\"" : "");
	for (size_t i = 0; i < w->nsubnets; i++) {
		if (w->owners[i] != segment)
			continue;
		fprintf(w->out, "%s%s", sep, policy_prefix(&w->subnets[i], text));
		sep = ", ";
	}
	fputs("]\n", w->out);
}

static void write_segment(struct world *w, uint32_t segment)
{
	fprintf(w->out, "  seg%u:\n", segment);
	if (segment == HOSTS || (segment == 2 && rng_chance(w->r, 40)))
		fputs("    kind: hosts\n", w->out);
	write_interfaces(w, segment);
	write_subnets(w, segment);
	if (rng_chance(w->r, 60))
		fputs("    dhcp: true\n", w->out);
	if (rng_chance(w->r, 65))
		fputs("    fragments: track\n", w->out);
	if (rng_chance(w->r, 35))
		fputs("    router-advertisements: true\n", w->out);
	if (rng_chance(w->r, 15))
		fprintf(w->out, "    mode: %s\n", rng_chance(w->r, 75) ? "audit" : "enforce");
	if (rng_chance(w->r, 25))
		write_limits(w->out, w->r, "    ", false);
	if (!w->facts->nethertypes || rng_chance(w->r, 40))
		return;
	fputs("    ethertypes: [eapol", w->out);
	for (size_t i = 0; i < w->facts->nethertypes; i++)
		if (w->facts->ethertypes[i] >= 0x600 && w->facts->ethertypes[i] != 0x888e && rng_chance(w->r, 60))
			fprintf(w->out, ", 0x%04x", w->facts->ethertypes[i]);
	fputs("]\n", w->out);
}

/* ---- rules ---- */

static void write_target(struct world *w)
{
	const struct captured_addr *known =
		w->facts->naddrs ? &w->facts->addrs[rng_below(w->r, w->facts->naddrs)] : NULL;
	uint32_t what = rng_below(w->r, 100);
	char text[POLICY_TEXT];

	if (what < 30 || (what < 60 && !(known && may_be_named(&known->addr))))
		fputs("any", w->out);
	else if (what < 60)
		fputs(policy_addr(&known->addr, text), w->out);
	else if (what < 70)
		fputs("gateway", w->out);
	else if (what < 85)
		fprintf(w->out, "seg%u", rng_below(w->r, SEGMENTS));
	else if (what < 92)
		fprintf(w->out, "role%u", rng_below(w->r, w->names.nroles));
	else
		fputs(what < 96 ? "\"224.0.0.0/4\"" : "\"ff00::/8\"", w->out);
}

static void write_rules(struct world *w, const char *key, const char *which)
{
	char text[POLICY_TEXT];

	if (rng_chance(w->r, 8))
		return;
	fprintf(w->out, "    %s:\n", key);
	for (int n = rng_range(w->r, 1, 5); n; n--) {
		fprintf(w->out, "      - {%s: ", which);
		write_target(w);
		if (w->facts->nservices && rng_chance(w->r, 45)) {
			fputs(", ports: [icmp", w->out);
			for (int k = rng_range(w->r, 1, 5); k; k--)
				fprintf(w->out, ", %s", policy_service(&w->facts->services[
					rng_below(w->r, w->facts->nservices)], text));
			fputc(']', w->out);
		}
		fputs("}\n", w->out);
	}
}

static void write_captured_roles(struct world *w)
{
	fputs("roles:\n", w->out);
	for (size_t i = 0; i < w->names.nroles; i++) {
		fprintf(w->out, "  role%zu:\n", i);
		write_rules(w, "connect", "to");
		write_rules(w, "accept", "from");
		if (rng_chance(w->r, 15))
			write_limits(w->out, w->r, "    ", true);
		else
			fputs("    limit: {}\n", w->out);
	}
}

/* ---- devices ---- */

/* What the MAC sent from, as far as it lives in the segment. Returns how many were written. */
static size_t write_addresses(struct world *w, uint32_t mac, uint32_t segment)
{
	const char *sep = "    ip: [";
	char text[POLICY_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < w->facts->naddrs && n < 6; i++) {
		struct captured_addr *known = &w->facts->addrs[i];

		if (known->mac != mac || known->segment != segment || known->gateway || known->device ||
		    !is_ordinary(&known->addr) || rng_chance(w->r, 30))
			continue;
		known->device = true;
		fprintf(w->out, "%s%s", sep, policy_addr(&known->addr, text));
		sep = ", ";
		n++;
	}
	if (n)
		fputs("]\n", w->out);
	return n;
}

static uint32_t segment_of(const struct world *w, uint32_t mac)
{
	for (size_t i = 0; i < w->facts->naddrs; i++)
		if (w->facts->addrs[i].mac == mac && is_ordinary(&w->facts->addrs[i].addr))
			return w->facts->addrs[i].segment;
	return rng_chance(w->r, 80) ? 0 : 2;
}

static void write_validity(struct world *w)
{
	static const char *const around[] = {
		"valid-until: 2026-12-01T12:00:00Z", "valid-until: 2026-12-01T12:05:00Z", "valid-from: 2026-12-01T12:01:00Z",
		"valid-from: 2026-11-30T00:00:00Z",
	};

	if (rng_chance(w->r, 8))
		fprintf(w->out, "    %s\n", rng_pick(w->r, around));
}

static void write_device(struct world *w, uint32_t mac)
{
	uint32_t segment = segment_of(w, mac);
	bool by_mac = rng_chance(w->r, 85);
	char text[POLICY_TEXT];
	size_t addrs = 0;

	if (rng_chance(w->r, 12)) /* a stranger */
		return;
	fprintf(w->out, "  dev%zu:\n    segment: seg%u\n", w->names.ndevices++, segment);
	if (!by_mac || rng_chance(w->r, 65))
		addrs = write_addresses(w, mac, segment);
	if (by_mac || !addrs)
		fprintf(w->out, "    mac: %s\n", policy_mac(w->facts->macs[mac], text));
	if (rng_chance(w->r, 92))
		fprintf(w->out, "    role: role%u\n", rng_below(w->r, w->names.nroles));
	if (rng_chance(w->r, 20))
		fputs("    router: true\n", w->out);
	if (rng_chance(w->r, 30))
		fputs("    dhcp-server: true\n", w->out);
	write_validity(w);
	if (rng_chance(w->r, 12))
		write_limits(w->out, w->r, "    ", true);
}

static void write_devices(struct world *w)
{
	fputs("devices:\n", w->out);
	for (uint32_t mac = 0; mac < w->facts->nmacs; mac++)
		write_device(w, mac);
	/* So that there is one. */
	fputs("  spare: {segment: seg0, mac: 02:00:5e:ff:ff:01}\n", w->out);
}

char *captured_policy(struct captured *captured, struct rng *r)
{
	char *text = NULL;
	size_t len = 0;
	struct world w = {
		.out = open_memstream(&text, &len), .r = r, .facts = &captured->facts,
		.names = { .nsegments = SEGMENTS, .nroles = rng_range(r, 1, 4) },
	};

	if (!w.out)
		abort();
	fputs("picket: 1\n", w.out);
	if (rng_chance(r, 8))
		fputs("mode: audit\n", w.out);
	write_gateway(&w);
	for (size_t i = 0; i < captured->facts.naddrs; i++)
		captured->facts.addrs[i].segment = place(&w, &captured->facts.addrs[i]);
	fputs("segments:\n", w.out);
	for (uint32_t segment = 0; segment < SEGMENTS; segment++)
		write_segment(&w, segment);
	write_captured_roles(&w);
	write_devices(&w);
	write_conduits(w.out, r, &w.names);
	if (fclose(w.out))
		abort();
	return text;
}
