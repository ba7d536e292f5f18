// SPDX-License-Identifier: GPL-2.0-only
/* Segments: which ports they have, which addresses live there, and whose each is. */
#include "draft_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eval_place.h"
#include "lists.h"
#include "subnets.h"

#define SUBNETS_MOST 64UL /* of a port */

static int add_segment(struct drafting *d, const char *name, bool hosts, uint32_t *index)
{
	struct draft *draft = d->draft;

	if (array_reserve((void **)&draft->segments, &d->cap_segments, draft->nsegments + 1,
			  sizeof(*draft->segments)))
		return -ENOMEM;
	draft->segments[draft->nsegments] = (struct draft_segment){
		.name = name,
		.hosts = hosts,
		.ports = arena_array(&draft->arena, d->observer->nports + 1, sizeof(struct draft_port)),
		.subnets = arena_array(&draft->arena,
				       SUBNETS_MOST * d->observer->nports + d->options->nsubnets + 2,
				       sizeof(struct prefix)),
	};
	if (!name || draft->arena.failed)
		return -ENOMEM;
	*index = draft->nsegments++;
	return 0;
}

static void add_port(struct draft_segment *segment, const char *interface, uint16_t vlan)
{
	struct draft_port *port = &segment->ports[segment->nports++];

	snprintf(port->interface, sizeof(port->interface), "%s", interface);
	port->vlan = vlan;
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && addr_equal(&a->addr, &b->addr);
}

/* The segment that has the subnet, INDEX_NONE: none. */
static uint32_t segment_with(const struct draft *draft, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < draft->nsegments; i++) {
		for (size_t j = 0; j < draft->segments[i].nsubnets; j++) {
			if (same_prefix(&draft->segments[i].subnets[j], prefix))
				return i;
		}
	}
	return INDEX_NONE;
}

static void add_subnet(struct drafting *d, uint32_t segment, const struct prefix *prefix)
{
	struct draft_segment *s = &d->draft->segments[segment];

	if (segment_with(d->draft, prefix) == INDEX_NONE)
		s->subnets[s->nsubnets++] = *prefix;
}

uint32_t draft_place(const struct drafting *d, const struct picket_addr *addr)
{
	const struct draft *draft = d->draft;
	uint32_t place = INDEX_NONE;
	int longest = -1;

	for (uint32_t i = 0; i < draft->nsegments; i++) {
		for (size_t j = 0; j < draft->segments[i].nsubnets; j++) {
			const struct prefix *prefix = &draft->segments[i].subnets[j];

			if (prefix->len > longest && prefix_holds(prefix, addr)) {
				longest = prefix->len;
				place = i;
			}
		}
	}
	return place;
}

/* ---- ports ---- */

static const struct draft_named *told_segment(const struct drafting *d, size_t port)
{
	const struct port_seen *seen = &d->observer->ports[port];
	char name[IF_NAMESIZE + 8];

	snprintf(name, sizeof(name), seen->vlan ? "%s.%u" : "%s", seen->interface, seen->vlan);
	for (size_t i = 0; i < d->options->nsegments; i++) {
		if (!strcmp(d->options->segments[i].port, name))
			return &d->options->segments[i];
	}
	return NULL;
}

/* The first and last of the members on a port. */
static struct member *members_on(const struct drafting *d, size_t port, struct member **end)
{
	struct member *first = d->members;

	while (first < d->members + d->nmembers && first->station->key.port < port)
		first++;
	for (*end = first; *end < d->members + d->nmembers && (*end)->station->key.port == port;)
		(*end)++;
	return first;
}

static bool port_has(const struct drafting *d, size_t port, bool router)
{
	struct member *end, *member = members_on(d, port, &end);

	for (; member < end; member++) {
		if (member->who == WHO_DEVICE && (!router || member->router))
			return true;
	}
	return false;
}

/* On a gateway the port with a router is the way out; elsewhere devices may live on it too. */
static bool port_is_uplink(const struct drafting *d, size_t port)
{
	return d->on_gateway && port_has(d, port, true);
}

static void port_name(const struct port_seen *port, char name[2 * IF_NAMESIZE])
{
	if (port->vlan)
		snprintf(name, 2 * IF_NAMESIZE, "%s-%u", port->interface, port->vlan);
	else
		snprintf(name, 2 * IF_NAMESIZE, "%s", port->interface);
}

/* The segment of this name, made unless it is there. */
static int named_segment(struct drafting *d, const char *name, bool hosts, uint32_t *segment)
{
	for (*segment = 0; *segment < d->draft->nsegments; ++*segment) {
		if (!strcmp(d->draft->segments[*segment].name, name))
			return 0;
	}
	return add_segment(d, draft_name(d, name, "segment"), hosts, segment);
}

/* ---- subnets ---- */

/* The only address of its version that the member used: its own, though it never said so on the link. */
static bool only_address(const struct member *member, const struct claim *claim)
{
	bool ipv4 = addr_is_ipv4(&claim->key.addr);
	size_t n = 0;

	for (size_t i = 0; i < member->nclaims && n < 2; i++)
		n += member->claims[i]->used.frames && addr_is_ipv4(&member->claims[i]->key.addr) == ipv4 &&
		     !addr_is_link_local(&member->claims[i]->key.addr);
	return claim->used.frames && n == 1;
}

/* An address that lives on its port: not carried, not invented. */
static bool lives_here(const struct member *member, const struct claim *claim)
{
	if (member->who == WHO_STRANGER || addr_is_link_local(&claim->key.addr))
		return false;
	if (member->who == WHO_GATEWAY) /* which forwards for everybody */
		return claim->flags & CLAIM_ANNOUNCED;
	return member_speaks_for(claim) || (!member->router && only_address(member, claim));
}

struct prefixes {
	struct prefix prefixes[SUBNETS_MOST];
	size_t n;
};

static bool prefixes_hold(const struct prefixes *list, const struct picket_addr *addr)
{
	for (size_t i = 0; i < list->n; i++) {
		if (prefix_holds(&list->prefixes[i], addr))
			return true;
	}
	return false;
}

static bool told_of_version(const struct draft_options *options, bool ipv4)
{
	for (size_t i = 0; i < options->nsubnets; i++) {
		if (addr_is_ipv4(&options->subnets[i].addr) == ipv4)
			return true;
	}
	return false;
}

/* The subnet that a port was told of, NULL: none holds the address. */
static const struct told_subnet *find_told(const struct port_seen *port, const struct picket_addr *addr)
{
	for (size_t i = 0; i < port->ntold; i++) {
		if (prefix_holds(&port->told[i].prefix, addr))
			return &port->told[i];
	}
	return NULL;
}

/* This host knows that the address lives on another of its ports. */
static bool is_elsewhere(const struct drafting *d, const struct port_seen *port, const struct picket_addr *addr)
{
	for (size_t i = 0; i < d->observer->nports; i++) {
		const struct told_subnet *told = find_told(&d->observer->ports[i], addr);

		if (told && told->own && &d->observer->ports[i] != port)
			return true;
	}
	return false;
}

/* The subnet of one address: what the admin said, else what the network said, else what is around it. */
static void find_subnet(const struct drafting *d, const struct port_seen *port, const struct picket_addr *addr,
			struct prefixes *list)
{
	const struct draft_options *options = d->options;
	const struct told_subnet *told = find_told(port, addr);

	if (prefixes_hold(list, addr) || is_elsewhere(d, port, addr))
		return;
	for (size_t i = 0; i < options->nsubnets; i++) {
		if (prefix_holds(&options->subnets[i], addr)) {
			list->prefixes[list->n++] = options->subnets[i];
			return;
		}
	}
	if (told_of_version(options, addr_is_ipv4(addr)))
		return;
	if (told)
		list->prefixes[list->n++] = told->prefix;
	else if (addr_is_private(addr))
		list->prefixes[list->n++] = addr_home(addr);
}

static void find_subnets(const struct drafting *d, size_t port, struct prefixes *list)
{
	struct member *end, *member = members_on(d, port, &end);

	for (; member < end; member++) {
		for (size_t i = 0; i < member->nclaims && list->n < SUBNETS_MOST; i++) {
			if (lives_here(member, member->claims[i]))
				find_subnet(d, &d->observer->ports[port], &member->claims[i]->key.addr, list);
		}
	}
}

/* ---- segments ---- */

/* Ports on which the same subnets live are one segment. */
static uint32_t segment_of_subnets(const struct draft *draft, const struct prefixes *list)
{
	uint32_t segment = INDEX_NONE;

	for (size_t i = 0; i < list->n && segment == INDEX_NONE; i++)
		segment = segment_with(draft, &list->prefixes[i]);
	return segment != INDEX_NONE && !draft->segments[segment].hosts ? segment : INDEX_NONE;
}

static struct prefix all_addresses(bool ipv4)
{
	return (struct prefix){ .addr.w[2] = ipv4 ? htonl(0xffff) : 0, .len = ipv4 ? IPV4_BITS : 0 };
}

/* Which segment a port is of: what it is called, and whether anybody may send there. */
struct place_of_port {
	const char *name;
	bool hosts, joins; /* joins: another port's segment, where that has the same subnets */
};

static struct place_of_port judge_port(const struct drafting *d, size_t port, char name[2 * IF_NAMESIZE])
{
	const struct draft_named *told = told_segment(d, port);

	if (told)
		return (struct place_of_port){ .name = told->name, .hosts = told->hosts };
	if (port_is_uplink(d, port))
		return (struct place_of_port){ .name = "uplink", .hosts = true };
	port_name(&d->observer->ports[port], name);
	return (struct place_of_port){ .name = name, .joins = true };
}

static int lay_port(struct drafting *d, size_t port)
{
	struct prefixes list = { .n = 0 };
	const struct port_seen *seen = &d->observer->ports[port];
	char name[2 * IF_NAMESIZE];
	struct place_of_port place = judge_port(d, port, name);
	uint32_t segment = INDEX_NONE;
	int err = 0;

	if (place.joins && !port_has(d, port, false))
		return 0;
	if (place.hosts && port_has(d, port, true))
		list.prefixes[list.n++] = all_addresses(true);
	else
		find_subnets(d, port, &list);
	if (place.joins)
		segment = segment_of_subnets(d->draft, &list);
	if (segment == INDEX_NONE)
		err = named_segment(d, place.name, place.hosts, &segment);
	if (err)
		return err;
	add_port(&d->draft->segments[segment], seen->interface, seen->vlan);
	for (size_t i = 0; i < list.n; i++)
		add_subnet(d, segment, &list.prefixes[i]);
	(place.hosts ? d->hosts_of : d->devices_of)[port] = segment;
	return 0;
}

/* Everybody on a port of hosts alone is one. */
static void mark_hosts(struct drafting *d)
{
	for (size_t i = 0; i < d->nmembers; i++) {
		if (d->members[i].who == WHO_DEVICE && d->devices_of[d->members[i].station->key.port] == INDEX_NONE)
			d->members[i].who = WHO_HOST;
	}
}

/* A segment of hosts that holds the rest of the world, as far as anything does yet. */
static uint32_t find_uplink(const struct draft *draft)
{
	for (uint32_t i = 0; i < draft->nsegments; i++) {
		for (size_t j = 0; j < draft->segments[i].nsubnets; j++) {
			uint8_t len = draft->segments[i].subnets[j].len;

			if (draft->segments[i].hosts && (!len || len == IPV4_BITS))
				return i;
		}
	}
	return INDEX_NONE;
}

int draft_uplink(struct drafting *d, const struct picket_addr *addr, uint32_t *segment)
{
	struct prefix all = all_addresses(addr_is_ipv4(addr));
	struct draft_segment *s;
	int err = 0;

	*segment = find_uplink(d->draft);
	if (*segment == INDEX_NONE)
		err = named_segment(d, "uplink", true, segment);
	if (err)
		return err;
	s = &d->draft->segments[*segment];
	for (size_t i = 0; !s->nports && i < d->observer->nports; i++) {
		if (port_has(d, i, true)) {
			add_port(s, d->observer->ports[i].interface, d->observer->ports[i].vlan);
			d->hosts_of[i] = *segment;
		}
	}
	if (!s->nports) {
		s->guessed = !d->options->uplink;
		add_port(s, d->options->uplink ? d->options->uplink : "wan0", 0);
	}
	add_subnet(d, *segment, &all);
	return 0;
}

/* What the admin said lives here, though nobody was seen with an address of it. */
static void place_told_subnets(struct drafting *d)
{
	for (size_t i = 0; i < d->options->nsubnets && d->draft->nsegments; i++)
		add_subnet(d, 0, &d->options->subnets[i]);
}

int draft_segments(struct drafting *d)
{
	struct picket_addr some = { .w[2] = htonl(0xffff) };
	uint32_t uplink;
	int err = 0;

	for (size_t i = 0; i < OBSERVE_PORTS; i++)
		d->devices_of[i] = d->hosts_of[i] = INDEX_NONE;
	for (size_t i = 0; i < d->observer->nports && !err; i++)
		err = lay_port(d, i);
	if (err)
		return err;
	place_told_subnets(d);
	mark_hosts(d);
	for (size_t i = 0; i < d->observer->nports && !err; i++) {
		if (d->devices_of[i] != INDEX_NONE && port_has(d, i, true) && find_uplink(d->draft) == INDEX_NONE)
			err = draft_uplink(d, &some, &uplink);
	}
	return err;
}
