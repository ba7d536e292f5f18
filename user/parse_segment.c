// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "parse.h"

#define VLAN_LAST 4094

void declare_segments(struct parse *parse, const struct node *section)
{
	struct policy *policy = parse->policy;
	uint32_t i;

	policy->segments = parse_array(parse, section->n, sizeof(*policy->segments));
	if (!policy->segments)
		return;
	for (i = 0; i < section->n; i++) {
		struct text name = node_text(&section->items[2 * i]);

		policy->segments[i] = (struct segment){ .name = parse_string(parse, &name),
							.loc = name.loc };
		policy->nsegments = i + 1;
		value_name(parse->diag, &name, "segment", false);
		declare_name(parse, NAME_SEGMENT, i);
		if (i == PICKET_MAX_SEGMENTS - 1)
			diag_error(parse->diag, name.loc, "too many segments: a policy has at most %d",
				   PICKET_MAX_SEGMENTS - 1);
	}
}

/* What a segment's body is read into. */
struct segment_draft {
	struct segment *segment;
	uint32_t index;
};

static void read_kind(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	static const char *const words[] = { "devices", "hosts" };
	struct segment_draft *draft = into;
	struct text text;
	size_t choice;

	if (parse_scalar(parse, key, value, &text) &&
	    value_choice(parse->diag, &text, words, 2, &choice))
		draft->segment->hosts = choice == 1;
}

static void read_fragments(struct parse *parse, const struct node *key, const struct node *value,
			   void *into)
{
	static const char *const words[] = { "drop", "track" };
	struct segment_draft *draft = into;
	struct text text;
	size_t choice;

	if (parse_scalar(parse, key, value, &text) &&
	    value_choice(parse->diag, &text, words, 2, &choice))
		draft->segment->track_fragments = choice == 1;
}

static void read_mode(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct segment_draft *draft = into;

	parse_mode(parse, key, value, &draft->segment->audit);
}

static void read_dhcp(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct segment_draft *draft = into;

	read_bool(parse, key, value, &draft->segment->dhcp);
}

static void read_router_advertisements(struct parse *parse, const struct node *key,
				       const struct node *value, void *into)
{
	struct segment_draft *draft = into;

	read_bool(parse, key, value, &draft->segment->router_advertisements);
}

static void read_limit(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct segment_draft *draft = into;

	parse_limits(parse, key, value, false, draft->segment->limit);
}

static void read_subnets(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	struct segment_draft *draft = into;
	struct segment *segment = draft->segment;
	struct subnet *subnets;
	struct text text;
	uint32_t i;

	if (!parse_list(parse, key, value))
		return;
	subnets = parse_array(parse, value->n, sizeof(*subnets));
	if (!subnets)
		return;
	for (i = 0; i < value->n; i++) {
		struct subnet *subnet = &subnets[segment->nsubnets];

		if (parse_scalar(parse, key, &value->items[i], &text) &&
		    value_prefix(parse->diag, &text, false, &subnet->prefix)) {
			subnet->loc = text.loc;
			segment->nsubnets++;
		}
	}
	segment->subnets = subnets;
}

static void read_ethertypes(struct parse *parse, const struct node *key, const struct node *value,
			    void *into)
{
	struct segment_draft *draft = into;
	struct segment *segment = draft->segment;
	uint8_t seen[(UINT16_MAX + 1) / 8] = { 0 };
	uint16_t *ethertypes, ethertype;
	struct text text;
	uint32_t i;

	if (!parse_list(parse, key, value))
		return;
	ethertypes = parse_array(parse, value->n, sizeof(*ethertypes));
	if (!ethertypes)
		return;
	for (i = 0; i < value->n; i++) {
		if (!parse_scalar(parse, key, &value->items[i], &text) ||
		    !value_ethertype(parse->diag, &text, &ethertype))
			continue;
		if (seen[ethertype / 8] & 1 << ethertype % 8) {
			diag_error(parse->diag, text.loc, "the EtherType \"%.*s\" is here twice: name it once",
				   QUOTED(&text));
			continue;
		}
		seen[ethertype / 8] |= 1 << ethertype % 8;
		ethertypes[segment->nethertypes++] = ethertype;
	}
	segment->ethertypes = ethertypes;
}

/* A port as it is written. */
struct port_draft {
	struct text interface;
	uint16_t vlan;
};

static void read_port_name(struct parse *parse, const struct node *key, const struct node *value,
			   void *into)
{
	struct port_draft *draft = into;

	parse_scalar(parse, key, value, &draft->interface);
}

static void read_port_vlan(struct parse *parse, const struct node *key, const struct node *value,
			   void *into)
{
	struct port_draft *draft = into;
	struct text text;
	uint64_t vlan;

	if (parse_scalar(parse, key, value, &text) &&
	    value_number(parse->diag, &text, 1, VLAN_LAST, &vlan))
		draft->vlan = vlan;
}

static bool parse_port(struct parse *parse, const struct node *key, const struct node *value,
		       struct port_draft *draft)
{
	static const struct field fields[] = {
		{ "name", read_port_name },
		{ "vlan", read_port_vlan },
	};
	size_t errors = parse->diag->nerrors;

	*draft = (struct port_draft){ .interface.loc = node_loc(value) };
	if (value->kind == NODE_SCALAR)
		parse_scalar(parse, key, value, &draft->interface);
	else
		parse_fields(parse, key, value, fields, sizeof(fields) / sizeof(fields[0]), draft);
	if (parse->diag->nerrors != errors || value->kind == NODE_BAD)
		return false;
	if (!draft->interface.s) {
		diag_error(parse->diag, node_loc(value), "the port has no interface: add \"name\"");
		return false;
	}
	return value_interface(parse->diag, &draft->interface);
}

static bool port_same(const void *owner, uint32_t index, const void *key)
{
	const struct policy *policy = owner;
	const struct port_draft *draft = key;

	return policy->ports[index].vlan == draft->vlan &&
	       text_is(&draft->interface, policy->ports[index].interface);
}

/* The policy's port that is this one; added when it is new. */
static uint32_t port_find(struct parse *parse, const struct port_draft *draft)
{
	struct policy *policy = parse->policy;
	uint32_t found = UINT32_MAX, index = policy->nports;
	uint64_t hash = hash_bytes(draft->interface.s, draft->interface.len) + draft->vlan *
			0x9e3779b97f4a7c15ULL;

	parse->ports.same = port_same;
	parse->ports.owner = policy;
	if (table_add(&parse->ports, hash, draft, index, &found)) {
		parse->out_of_memory = true;
		return UINT32_MAX;
	}
	if (found != UINT32_MAX)
		return found;
	policy->ports[index] = (struct port){ .interface = parse_string(parse, &draft->interface),
					      .vlan = draft->vlan,
					      .loc = draft->interface.loc };
	policy->nports++;
	return index;
}

static void read_interfaces(struct parse *parse, const struct node *key, const struct node *value,
			    void *into)
{
	struct segment_draft *draft = into;
	struct segment *segment = draft->segment;
	struct port_draft port;
	uint32_t i, index;

	if (!parse_list(parse, key, value))
		return;
	segment->ports = parse_array(parse, value->n, sizeof(*segment->ports));
	for (i = 0; i < value->n && segment->ports; i++) {
		if (!parse_port(parse, key, &value->items[i], &port))
			continue;
		index = port_find(parse, &port);
		if (index == UINT32_MAX)
			return;
		/* nsegments counts for now; the list comes when all are known. */
		if (parse->port_owner[index] == draft->index + 1) {
			diag_error(parse->diag, node_loc(&value->items[i]),
				   "this port is here twice: name it once");
			continue;
		}
		parse->port_owner[index] = draft->index + 1;
		parse->policy->ports[index].nsegments++;
		segment->ports[segment->nports++] = index;
	}
}

static const struct field SEGMENT_FIELDS[] = {
	{ "kind", read_kind },
	{ "interfaces", read_interfaces },
	{ "subnets", read_subnets },
	{ "dhcp", read_dhcp },
	{ "fragments", read_fragments },
	{ "ethertypes", read_ethertypes },
	{ "router-advertisements", read_router_advertisements },
	{ "mode", read_mode },
	{ "limit", read_limit },
};

static size_t count_interfaces(const struct node *section)
{
	size_t n = 0;
	uint32_t i, j;

	for (i = 0; i < section->n; i++) {
		const struct node *body = &section->items[2 * i + 1];

		for (j = 0; body->kind == NODE_MAPPING && j < body->n; j++)
			if (!strcmp(body->items[2 * j].text, "interfaces") &&
			    body->items[2 * j + 1].kind == NODE_SEQUENCE)
				n += body->items[2 * j + 1].n;
	}
	return n;
}

/* Each port learns its segments, in file order. */
static void ports_finish(struct parse *parse)
{
	struct policy *policy = parse->policy;
	size_t i, j;

	for (i = 0; i < policy->nports; i++) {
		struct port *port = &policy->ports[i];

		port->segments = parse_array(parse, port->nsegments, sizeof(*port->segments));
		if (!port->segments)
			return;
		port->nsegments = 0;
	}
	for (i = 0; i < policy->nsegments; i++)
		for (j = 0; j < policy->segments[i].nports; j++) {
			struct port *port = &policy->ports[policy->segments[i].ports[j]];

			port->segments[port->nsegments++] = i;
		}
}

void parse_segments(struct parse *parse, const struct node *section)
{
	struct policy *policy = parse->policy;
	size_t most = count_interfaces(section);
	uint32_t i;

	policy->ports = parse_array(parse, most, sizeof(*policy->ports));
	parse->port_owner = parse_array(parse, most, sizeof(*parse->port_owner));
	if (!policy->ports || !parse->port_owner)
		return;
	for (i = 0; i < policy->nsegments; i++) {
		struct segment_draft draft = { .segment = &policy->segments[i], .index = i };

		policy->segments[i].audit = policy->audit;
		parse_fields(parse, &section->items[2 * i], &section->items[2 * i + 1], SEGMENT_FIELDS,
			     sizeof(SEGMENT_FIELDS) / sizeof(SEGMENT_FIELDS[0]), &draft);
	}
	ports_finish(parse);
	table_free(&parse->ports);
}
