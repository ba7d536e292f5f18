// SPDX-License-Identifier: GPL-2.0-only
#include "parse_device.h"

static struct place place_of(struct loc loc)
{
	return (struct place){ loc.line, loc.col };
}

bool device_begin(struct parse *parse, const struct text *name, struct device_draft *draft)
{
	struct policy *policy = parse->policy;
	uint32_t index = policy->ndevices;

	if (index >= parse->device_room)
		return false;
	*draft = (struct device_draft){ .device = &policy->devices[index],
					.places = &parse->places[index] };
	*draft->device = (struct device){ .name = parse_string(parse, name),
					  .loc = name->loc,
					  .valid_from = TIME_ALWAYS_FROM,
					  .valid_until = TIME_NEVER_UNTIL,
					  .segment = INDEX_NONE };
	policy->ndevices++;
	value_name(parse->diag, name, "device", true);
	declare_name(parse, NAME_DEVICE, index);
	return true;
}

void device_set_mac(struct parse *parse, struct device_draft *draft, const struct text *text)
{
	draft->places->mac = place_of(text->loc);
	draft->device->has_mac = value_mac(parse->diag, text, draft->device->mac);
}

void device_set_segment(struct parse *parse, struct device_draft *draft, const struct text *text)
{
	draft->places->segment = place_of(text->loc);
	parse_reference(parse, text, NAME_SEGMENT, &draft->device->segment);
}

void device_set_addrs(struct parse *parse, struct device_draft *draft, const struct text *texts,
		      size_t n)
{
	struct device *device = draft->device;
	size_t i;

	device->addrs = parse_array(parse, n, sizeof(*device->addrs));
	draft->places->addrs = parse_array(parse, n, sizeof(*draft->places->addrs));
	if (!device->addrs || !draft->places->addrs)
		return;
	for (i = 0; i < n; i++) {
		if (!value_addr(parse->diag, &texts[i], &device->addrs[device->naddrs]))
			continue;
		draft->places->addrs[device->naddrs++] = place_of(texts[i].loc);
	}
}

void device_end(struct parse *parse, struct device_draft *draft)
{
	const struct device *device = draft->device;

	if (!draft->places->mac.line && !draft->places->addrs)
		diag_error(parse->diag, device->loc,
			   "the device \"%s\" has neither \"mac\" nor \"ip\": give at least one",
			   device->name);
	else if (!draft->places->addrs && !draft->places->segment.line)
		diag_error(parse->diag, device->loc,
			   "the device \"%s\" has no address that says where it lives: add \"segment\"",
			   device->name);
	check_validity(parse, draft->until, device->valid_from, device->valid_until);
}

static void read_role(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct device_draft *draft = into;
	struct text text;

	if (draft->roles)
		diag_error(parse->diag, node_loc(key), "\"role\" beside \"roles\": put all of them into \"roles\"");
	draft->role = true;
	if (parse_scalar(parse, key, value, &text))
		draft->device->roles = parse_roles(parse, &text, 1, &draft->device->nroles);
}

static void read_roles(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct device_draft *draft = into;
	const struct text *texts;
	size_t n;

	if (draft->role)
		diag_error(parse->diag, node_loc(key), "\"roles\" beside \"role\": put all of them into \"roles\"");
	draft->roles = true;
	if (parse_list(parse, key, value) && value->n && parse_texts(parse, key, value, &texts, &n))
		draft->device->roles = parse_roles(parse, texts, n, &draft->device->nroles);
}

static void read_mac(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct device_draft *draft = into;
	struct text text;

	draft->places->mac = place_of(node_loc(value));
	if (parse_scalar(parse, key, value, &text))
		device_set_mac(parse, draft, &text);
}

static void read_ip(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	static struct place none;
	struct device_draft *draft = into;
	const struct text *texts;
	size_t n;

	draft->places->addrs = &none;
	if (parse_texts(parse, key, value, &texts, &n))
		device_set_addrs(parse, draft, texts, n);
}

static void read_segment(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	struct device_draft *draft = into;
	struct text text;

	draft->places->segment = place_of(node_loc(value));
	if (parse_scalar(parse, key, value, &text))
		device_set_segment(parse, draft, &text);
}

static void read_space(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct device_draft *draft = into;
	struct text text;

	if (parse_scalar(parse, key, value, &text))
		draft->device->space = parse_space(parse, &text);
}

static void read_router(struct parse *parse, const struct node *key, const struct node *value,
			void *into)
{
	struct device_draft *draft = into;

	read_bool(parse, key, value, &draft->device->router);
}

static void read_dhcp_server(struct parse *parse, const struct node *key, const struct node *value,
			     void *into)
{
	struct device_draft *draft = into;

	read_bool(parse, key, value, &draft->device->dhcp_server);
}

static void read_from(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct device_draft *draft = into;

	read_time(parse, key, value, &draft->device->valid_from);
}

static void read_until(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct device_draft *draft = into;

	draft->until = node_loc(value);
	read_time(parse, key, value, &draft->device->valid_until);
}

static void read_limit(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct device_draft *draft = into;
	struct limit *limit = parse_array(parse, DIRECTIONS, sizeof(*limit));

	if (!limit)
		return;
	draft->device->limit = limit;
	parse_limits(parse, key, value, true, limit);
}

static const struct field DEVICE_FIELDS[] = {
	{ "role", read_role },
	{ "roles", read_roles },
	{ "mac", read_mac },
	{ "ip", read_ip },
	{ "segment", read_segment },
	{ "space", read_space },
	{ "router", read_router },
	{ "dhcp-server", read_dhcp_server },
	{ "valid-from", read_from },
	{ "valid-until", read_until },
	{ "limit", read_limit },
};

void parse_devices(struct parse *parse, const struct node *section)
{
	struct device_draft draft;
	uint32_t i;

	for (i = 0; i < section->n; i++) {
		struct text name = node_text(&section->items[2 * i]);

		if (!device_begin(parse, &name, &draft))
			return;
		parse_fields(parse, &section->items[2 * i], &section->items[2 * i + 1], DEVICE_FIELDS,
			     sizeof(DEVICE_FIELDS) / sizeof(DEVICE_FIELDS[0]), &draft);
		device_end(parse, &draft);
	}
}
