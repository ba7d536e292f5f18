// SPDX-License-Identifier: GPL-2.0-only
#include "plan_fields.h"

#include "names.h"
#include "plan_words.h"
#include "value.h"

#define FIELD(name_, usual_, write_) { .name = name_, .usual = usual_, .write = write_ }
#define FIELDS_END { .name = NULL }

static const char *yes_no(bool value)
{
	return value ? "true" : "false";
}

/* ---- limits ---- */

#define LIMIT(name_, rate_, direction_, kind_)                                                             \
	{ .name = name_, .write = write_limit, .rate = rate_, .direction = direction_, .kind = kind_ }
#define LIMITS(rate_)                                                                                      \
	LIMIT("limit send flows", rate_, DIR_SEND, LIMIT_FLOWS),                                           \
	LIMIT("limit send packets", rate_, DIR_SEND, LIMIT_PACKETS),                                       \
	LIMIT("limit send bytes", rate_, DIR_SEND, LIMIT_BYTES),                                           \
	LIMIT("limit receive flows", rate_, DIR_RECEIVE, LIMIT_FLOWS),                                     \
	LIMIT("limit receive packets", rate_, DIR_RECEIVE, LIMIT_PACKETS),                                 \
	LIMIT("limit receive bytes", rate_, DIR_RECEIVE, LIMIT_BYTES)

static void write_limit(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct rate *rate = field->rate(element, field);
	char word[WORD_LEN];

	if (rate && rate->count)
		items_add(out, "%s", write_rate(rate, field->kind, word));
}

static const struct rate *segment_rate(const struct element *element, const struct plan_field *field)
{
	const struct segment *segment = element->object;

	return &segment->limit[field->direction].rate[field->kind];
}

static const struct rate *role_rate(const struct element *element, const struct plan_field *field)
{
	const struct role *role = element->object;

	return &role->limit[field->direction].rate[field->kind];
}

static const struct rate *device_rate(const struct element *element, const struct plan_field *field)
{
	const struct device *device = element->object;

	return device->limit ? &device->limit[field->direction].rate[field->kind] : NULL;
}

/* ---- the policy, segments, ports, peers ---- */

static void write_policy_mode(const struct element *element, const struct plan_field *field,
			      struct items *out)
{
	items_add(out, "%s", element->policy->audit ? "audit" : "enforce");
}

static void write_kind(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct segment *segment = element->object;

	items_add(out, "%s", segment->hosts ? "hosts" : "devices");
}

static void write_interfaces(const struct element *element, const struct plan_field *field,
			     struct items *out)
{
	const struct segment *segment = element->object;
	char word[WORD_LEN];

	for (size_t i = 0; i < segment->nports; i++)
		items_add(out, "%s", write_port(&element->policy->ports[segment->ports[i]], word));
}

static void write_subnets(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct segment *segment = element->object;
	char word[WORD_LEN];

	for (size_t i = 0; i < segment->nsubnets; i++)
		items_add(out, "%s", write_prefix(&segment->subnets[i].prefix, word));
}

static void write_dhcp(const struct element *element, const struct plan_field *field, struct items *out)
{
	items_add(out, "%s", yes_no(((const struct segment *)element->object)->dhcp));
}

static void write_fragments(const struct element *element, const struct plan_field *field,
			    struct items *out)
{
	const struct segment *segment = element->object;

	items_add(out, "%s", segment->track_fragments ? "track" : "drop");
}

static void write_ethertypes(const struct element *element, const struct plan_field *field,
			     struct items *out)
{
	const struct segment *segment = element->object;

	for (size_t i = 0; i < segment->nethertypes; i++) {
		const char *name = ethertype_name(segment->ethertypes[i]);

		if (name)
			items_add(out, "%s", name);
		else
			items_add(out, "0x%04x", segment->ethertypes[i]);
	}
}

static void write_advertisements(const struct element *element, const struct plan_field *field,
				 struct items *out)
{
	items_add(out, "%s", yes_no(((const struct segment *)element->object)->router_advertisements));
}

static void write_segment_mode(const struct element *element, const struct plan_field *field,
			       struct items *out)
{
	const struct segment *segment = element->object;

	items_add(out, "%s", segment->audit ? "audit" : "enforce");
}

static void write_port_segments(const struct element *element, const struct plan_field *field,
				struct items *out)
{
	const struct port *port = element->object;

	for (size_t i = 0; i < port->nsegments; i++)
		items_add(out, "%s", element->policy->segments[port->segments[i]].name);
}

static void write_addresses(const struct element *element, const struct plan_field *field,
			    struct items *out)
{
	const struct peer *peer = element->object;
	char word[WORD_LEN];

	for (size_t i = 0; i < peer->nprefixes; i++)
		items_add(out, "%s", write_prefix(&peer->prefixes[i], word));
}

const struct plan_field no_fields[] = { FIELDS_END };
const struct plan_field policy_fields[] = { FIELD("mode", "enforce", write_policy_mode), FIELDS_END };
const struct plan_field port_fields[] = { FIELD("segments", NULL, write_port_segments), FIELDS_END };
const struct plan_field peer_fields[] = { FIELD("addresses", NULL, write_addresses), FIELDS_END };
const struct plan_field segment_fields[] = {
	FIELD("kind", "devices", write_kind),
	FIELD("interfaces", NULL, write_interfaces),
	FIELD("subnets", NULL, write_subnets),
	FIELD("dhcp", "false", write_dhcp),
	FIELD("fragments", "drop", write_fragments),
	FIELD("ethertypes", NULL, write_ethertypes),
	FIELD("router-advertisements", "false", write_advertisements),
	FIELD("mode", "enforce", write_segment_mode),
	LIMITS(segment_rate),
	FIELDS_END,
};

/* ---- roles ---- */

static void write_extends(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct role *role = element->object;

	for (size_t i = 0; i < role->nextends; i++)
		items_add(out, "%s", element->policy->roles[role->extends[i]].name);
}

/* A target and a service each, so that no other way to write the same rules is a change. */
static void write_rules(const struct policy *policy, const struct rule *rules, size_t n,
			struct items *out)
{
	char target[WORD_LEN], service[WORD_LEN];

	for (const struct rule *rule = rules; rule < rules + n; rule++)
		for (size_t i = 0; i < rule->ntargets; i++)
			for (size_t k = 0; k < rule->nservices; k++)
				items_add(out, "%s %s", write_target(policy, &rule->targets[i], target),
					  write_service(&rule->services[k], service));
}

static void write_connect(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct role *role = element->object;

	write_rules(element->policy, role->connect, role->nconnect, out);
}

static void write_accept(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct role *role = element->object;

	write_rules(element->policy, role->accept, role->naccept, out);
}

const struct plan_field role_fields[] = {
	{ .name = "extends", .write = write_extends, .ordered = true },
	FIELD("connect", NULL, write_connect),
	FIELD("accept", NULL, write_accept),
	LIMITS(role_rate),
	FIELDS_END,
};

/* ---- devices ---- */

static void write_name(const struct element *element, const struct plan_field *field, struct items *out)
{
	items_add(out, "%s", ((const struct device *)element->object)->name);
}

static void write_roles(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct device *device = element->object;

	for (size_t i = 0; i < device->nroles; i++)
		items_add(out, "%s", element->policy->roles[device->roles[i]].name);
}

static void write_segment(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct device *device = element->object;

	items_add(out, "%s", element->policy->segments[device->segment].name);
}

static void write_mac(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct device *device = element->object;
	char mac[MAC_LEN];

	if (device->has_mac)
		items_add(out, "%s", format_mac(device->mac, mac));
}

static void write_ip(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct device *device = element->object;
	char addr[ADDR_LEN];

	for (size_t i = 0; i < device->naddrs; i++)
		items_add(out, "%s", format_addr(&device->addrs[i], addr));
}

static void write_space(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct device *device = element->object;

	if (device->space)
		items_add(out, "%s", device->space);
}

static void write_router(const struct element *element, const struct plan_field *field, struct items *out)
{
	items_add(out, "%s", yes_no(((const struct device *)element->object)->router));
}

static void write_dhcp_server(const struct element *element, const struct plan_field *field,
			      struct items *out)
{
	items_add(out, "%s", yes_no(((const struct device *)element->object)->dhcp_server));
}

static void write_time(int64_t time, struct items *out)
{
	char text[TIME_LEN];

	if (time != TIME_ALWAYS_FROM && time != TIME_NEVER_UNTIL)
		items_add(out, "%s", format_time(time, text));
}

static void write_valid_from(const struct element *element, const struct plan_field *field,
			     struct items *out)
{
	write_time(((const struct device *)element->object)->valid_from, out);
}

static void write_valid_until(const struct element *element, const struct plan_field *field,
			      struct items *out)
{
	write_time(((const struct device *)element->object)->valid_until, out);
}

const struct plan_field device_fields[] = {
	FIELD("name", "", write_name),
	FIELD("role", NULL, write_roles),
	FIELD("segment", NULL, write_segment),
	FIELD("mac", NULL, write_mac),
	FIELD("ip", NULL, write_ip),
	FIELD("space", NULL, write_space),
	FIELD("router", "false", write_router),
	FIELD("dhcp-server", "false", write_dhcp_server),
	FIELD("valid-from", NULL, write_valid_from),
	FIELD("valid-until", NULL, write_valid_until),
	LIMITS(device_rate),
	FIELDS_END,
};

/* ---- assignments, conduits ---- */

static void write_validity(const struct element *element, const struct plan_field *field,
			   struct items *out)
{
	const struct element_group *group = element->object;
	char from[TIME_LEN], until[TIME_LEN];

	for (size_t i = 0; i < group->n; i++) {
		const struct assignment *a = group->members[i];
		bool begins = a->valid_from != TIME_ALWAYS_FROM, ends = a->valid_until != TIME_NEVER_UNTIL;

		items_add(out, "%s", begins || ends ? "" : "always");
		if (begins)
			items_append(out, "from %s", format_time(a->valid_from, from));
		if (ends)
			items_append(out, "%suntil %s", begins ? " " : "",
				     format_time(a->valid_until, until));
	}
}

static void write_ports(const struct element *element, const struct plan_field *field, struct items *out)
{
	const struct element_group *group = element->object;
	char word[WORD_LEN];

	for (size_t i = 0; i < group->n; i++) {
		const struct conduit *conduit = group->members[i];

		for (size_t k = 0; k < conduit->nservices; k++)
			items_add(out, "%s", write_service(&conduit->services[k], word));
	}
}

const struct plan_field assignment_fields[] = { FIELD("valid", "always", write_validity), FIELDS_END };
const struct plan_field conduit_fields[] = { FIELD("ports", NULL, write_ports), FIELDS_END };

/* ---- comparing ---- */

void field_values(const struct element *element, const struct plan_field *field, struct items *out)
{
	items_clear(out);
	if (!element->object)
		return;
	field->write(element, field, out);
	if (!field->ordered)
		items_sort(out);
}

const char *field_tendency(const struct element *before, const struct element *after,
			   const struct plan_field *field)
{
	static const struct rate none;
	const struct rate *old, *new;
	int order;

	if (!field->rate || !before->object || !after->object)
		return NULL;
	old = field->rate(before, field);
	new = field->rate(after, field);
	order = compare_limits(old ? old : &none, new ? new : &none);
	return order < 0 ? "stricter" : order > 0 ? "looser" : NULL;
}
