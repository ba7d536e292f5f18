// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define IPV4_BITS 96

static bool subnet_is_default(const struct subnet *subnet)
{
	return subnet->prefix.len == (addr_is_ipv4(&subnet->prefix.addr) ? IPV4_BITS : 0);
}

/* A subnet of the segment that is 0.0.0.0/0 or ::/0, or NULL. */
static const struct subnet *default_subnet(const struct segment *segment)
{
	size_t i;

	for (i = 0; i < segment->nsubnets; i++)
		if (subnet_is_default(&segment->subnets[i]))
			return &segment->subnets[i];
	return NULL;
}

static bool holds_gateway(const struct policy *policy, const struct segment *segment)
{
	size_t i, j;

	for (i = 0; i < segment->nsubnets; i++)
		for (j = 0; j < policy->ngateway; j++)
			if (prefix_holds(&segment->subnets[i].prefix, &policy->gateway[j]))
				return true;
	return false;
}

static void warn_shared_port(struct check *check, const struct segment *segment)
{
	const struct policy *policy = check->policy;
	size_t i, j;

	for (i = 0; i < segment->nports; i++) {
		const struct port *port = &policy->ports[segment->ports[i]];

		for (j = 0; j < port->nsegments; j++) {
			const struct segment *other = &policy->segments[port->segments[j]];
			const struct subnet *subnet = other->hosts ? default_subnet(other) : NULL;

			if (!subnet)
				continue;
			diag_warning(check->diag, segment->loc,
				     "the segment \"%s\" shares the port %s with \"%s\", where any address may "
				     "send: an unlisted device passes as a host there; give them ports of "
				     "their own",
				     segment->name, port->interface, other->name);
			diag_other(check->diag, subnet->loc, "any address is here");
			return;
		}
	}
}

static void warn_router(struct check *check, const struct segment *segment)
{
	size_t i;

	if (segment->router_advertisements)
		return;
	for (i = 0; i < segment->nsubnets; i++)
		if (segment->subnets[i].prefix.len == 0)
			diag_warning(check->diag, segment->subnets[i].loc,
				     "a router lives in \"%s\" when it is ::/0, but its advertisements are "
				     "dropped: add router-advertisements: true",
				     segment->name);
}

void warn_segments(struct check *check)
{
	const struct policy *policy = check->policy;
	size_t i;

	for (i = 0; i < policy->nsegments; i++) {
		const struct segment *segment = &policy->segments[i];

		if (segment->hosts) {
			warn_router(check, segment);
			continue;
		}
		if (segment->nsubnets && !holds_gateway(policy, segment))
			diag_warning(check->diag, segment->loc,
				     "no address of the gateway is in the subnets of \"%s\": add it to "
				     "gateway: addresses, so that no device can pose as the gateway",
				     segment->name);
		warn_shared_port(check, segment);
	}
}

/* Segments that have subnets of IPv4 and of IPv6. */
struct versions {
	struct segment_set ipv4, ipv6;
};

static void find_versions(const struct policy *policy, struct versions *versions)
{
	size_t i, j;

	for (i = 0; i < policy->nsegments; i++)
		for (j = 0; j < policy->segments[i].nsubnets; j++) {
			bool ipv4 = addr_is_ipv4(&policy->segments[i].subnets[j].prefix.addr);

			segment_set_add(ipv4 ? &versions->ipv4 : &versions->ipv6, i);
		}
}

/* A MAC may use any address of a version that its device lists none of. */
static void warn_version(struct check *check, const struct versions *versions, size_t d)
{
	const struct device *device = &check->policy->devices[d];
	bool ipv4 = false, ipv6 = false;
	size_t a;

	for (a = 0; a < device->naddrs; a++)
		*(addr_is_ipv4(&device->addrs[a]) ? &ipv4 : &ipv6) = true;
	if (ipv4 == ipv6 || device->router ||
	    !segment_set_has(ipv4 ? &versions->ipv6 : &versions->ipv4, device->segment))
		return;
	diag_warning(check->diag, device_loc(device, check->places[d].addrs[0]),
		     "\"%s\" lists IPv%d addresses alone: by its MAC it may use any IPv%d address of "
		     "\"%s\"; list its own",
		     device->name, ipv4 ? 4 : 6, ipv4 ? 6 : 4,
		     check->policy->segments[device->segment].name);
}

void warn_devices(struct check *check)
{
	const struct policy *policy = check->policy;
	struct versions versions = { 0 };
	size_t d;

	find_versions(policy, &versions);
	for (d = 0; d < policy->ndevices; d++) {
		const struct device *device = &policy->devices[d];
		const struct segment *segment = &policy->segments[device->segment];

		if (!device->has_mac)
			diag_warning(check->diag, device_loc(device, check->places[d].addrs[0]),
				     "\"%s\" is known by its address alone: anyone on the port can be it; add "
				     "its MAC",
				     device->name);
		else if (device->naddrs)
			warn_version(check, &versions, d);
		else if (!segment->dhcp)
			diag_warning(check->diag, device_loc(device, check->places[d].mac),
				     "\"%s\" is known by its MAC alone, but \"%s\" passes no DHCP from which "
				     "it could have an address: add dhcp: true there, or its ip here",
				     device->name, segment->name);
	}
}

/* What rules, conduits and devices name. */
struct uses {
	bool *peers, *segments;
};

static void use_rules(const struct uses *uses, const struct rule *rules, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < rules[i].ntargets; j++) {
			const struct target *target = &rules[i].targets[j];

			if (target->kind == TARGET_PEER)
				uses->peers[target->index] = true;
			else if (target->kind == TARGET_SEGMENT)
				uses->segments[target->index] = true;
		}
}

static void use_all(const struct uses *uses, const struct policy *policy)
{
	size_t i, j;

	for (i = 0; i < policy->nroles; i++) {
		use_rules(uses, policy->roles[i].connect, policy->roles[i].nconnect);
		use_rules(uses, policy->roles[i].accept, policy->roles[i].naccept);
	}
	for (i = 0; i < policy->ndevices; i++)
		uses->segments[policy->devices[i].segment] = true;
	for (i = 0; i < policy->nconduits; i++) {
		const struct conduit *conduit = &policy->conduits[i];

		for (j = 0; j < conduit->nfrom; j++)
			uses->segments[conduit->from[j]] = true;
		for (j = 0; j < conduit->nto; j++)
			uses->segments[conduit->to[j]] = true;
	}
}

int warn_unused(struct check *check, const struct role_map *map)
{
	const struct policy *policy = check->policy;
	struct uses uses = {
		.peers = calloc(policy->npeers + 1, sizeof(bool)),
		.segments = calloc(policy->nsegments + 1, sizeof(bool)),
	};
	int err = uses.peers && uses.segments ? 0 : -ENOMEM;
	size_t i;

	if (!err)
		use_all(&uses, policy);
	for (i = 0; i < policy->nroles && !err; i++)
		if (!map->used[i])
			diag_warning(check->diag, policy->roles[i].loc,
				     "the role \"%s\" is unused: no device has it", policy->roles[i].name);
	for (i = 0; i < policy->npeers && !err; i++)
		if (!uses.peers[i])
			diag_warning(check->diag, policy->peers[i].loc,
				     "the peer \"%s\" is unused: no rule names it", policy->peers[i].name);
	for (i = 0; i < policy->nsegments && !err; i++)
		if (!uses.segments[i])
			diag_warning(check->diag, policy->segments[i].loc,
				     "the segment \"%s\" is unused: it has no device, and no rule or conduit "
				     "names it",
				     policy->segments[i].name);
	free(uses.peers);
	free(uses.segments);
	return err;
}
