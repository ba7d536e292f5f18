// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "parse.h"

static const char *const SECTION_NAMES[SECTIONS] = {
	[SECTION_VERSION] = "picket",
	[SECTION_MODE] = "mode",
	[SECTION_GATEWAY] = "gateway",
	[SECTION_SEGMENTS] = "segments",
	[SECTION_PEERS] = "peers",
	[SECTION_ROLES] = "roles",
	[SECTION_DEVICES] = "devices",
	[SECTION_DEVICE_FILES] = "device-files",
	[SECTION_ASSIGNMENTS] = "assignments",
	[SECTION_CONDUITS] = "conduits",
};

static void take_section(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	struct section *sections = into;
	size_t i;

	for (i = 0; i < SECTIONS; i++)
		if (!strcmp(SECTION_NAMES[i], key->text))
			sections[i] = (struct section){ key, value };
}

void parse_sections(struct parse *parse, const struct node *root, struct section sections[SECTIONS])
{
	const struct node top = { .text = "policy", .kind = NODE_SCALAR };
	struct field fields[SECTIONS];
	size_t i;

	for (i = 0; i < SECTIONS; i++)
		fields[i] = (struct field){ SECTION_NAMES[i], take_section };
	parse_fields(parse, &top, root, fields, SECTIONS, sections);
	if (!sections[SECTION_VERSION].key && root->kind != NODE_BAD)
		diag_error(parse->diag, node_loc(root),
			   "the policy does not say which version of the language it is in: add \"picket: 1\"");
}

static void parse_version(struct parse *parse, const struct section *section)
{
	struct text text;

	if (section->key && parse_scalar(parse, section->key, section->value, &text) &&
	    !text_is(&text, "1"))
		diag_error(parse->diag, text.loc,
			   "version \"%.*s\" of the policy language is not known: write picket: 1",
			   QUOTED(&text));
}

static void read_addresses(struct parse *parse, const struct node *key, const struct node *value,
			   void *into)
{
	struct policy *policy = parse->policy;
	struct text text;
	uint32_t i;

	if (!parse_list(parse, key, value))
		return;
	policy->gateway = parse_array(parse, value->n, sizeof(*policy->gateway));
	parse->gateway_locs = parse_array(parse, value->n, sizeof(*parse->gateway_locs));
	if (!policy->gateway || !parse->gateway_locs)
		return;
	for (i = 0; i < value->n; i++)
		if (parse_scalar(parse, key, &value->items[i], &text) &&
		    value_addr(parse->diag, &text, &policy->gateway[policy->ngateway]))
			parse->gateway_locs[policy->ngateway++] = text.loc;
}

/* Every line of a device file may be a device; nothing else is. */
static size_t count_devices(const struct policy *policy, const struct node *section)
{
	size_t n = section->n, i;

	for (i = 1; i < policy->nfiles; i++) {
		const char *at = policy->files[i].text, *end = at + policy->files[i].len;

		for (n++; at && at < end; n++) {
			at = memchr(at, '\n', end - at);
			at = at ? at + 1 : NULL;
		}
	}
	return n;
}

static void devices_room(struct parse *parse, size_t n)
{
	parse->policy->devices = parse_array(parse, n, sizeof(*parse->policy->devices));
	parse->places = calloc(n + 1, sizeof(*parse->places));
	parse->out_of_memory |= !parse->places || namespace_reserve(parse->names, n);
	if (!parse->out_of_memory)
		parse->device_room = n;
}

/* The section's mapping; an empty one when it is not there or wrong. */
static const struct node *section_mapping(struct parse *parse, const struct section *section)
{
	static const struct node empty = { .kind = NODE_MAPPING };

	return section->key && parse_mapping(parse, section->key, section->value) ? section->value :
										    &empty;
}

void parse_policy(struct parse *parse, const struct section sections[SECTIONS])
{
	static const struct field gateway[] = { { "addresses", read_addresses } };
	const struct section *section = &sections[SECTION_MODE];
	const struct node *segments = section_mapping(parse, &sections[SECTION_SEGMENTS]);
	const struct node *peers = section_mapping(parse, &sections[SECTION_PEERS]);
	const struct node *roles = section_mapping(parse, &sections[SECTION_ROLES]);
	const struct node *devices = section_mapping(parse, &sections[SECTION_DEVICES]);
	uint32_t i;

	parse_version(parse, &sections[SECTION_VERSION]);
	if (section->key)
		parse_mode(parse, section->key, section->value, &parse->policy->audit);
	section = &sections[SECTION_GATEWAY];
	if (section->key)
		parse_fields(parse, section->key, section->value, gateway, 1, NULL);

	/* Names first, each before whatever may refer to it. */
	declare_segments(parse, segments);
	declare_peers(parse, peers);
	declare_roles(parse, roles);
	parse_segments(parse, segments);
	parse_peers(parse, peers);
	devices_room(parse, count_devices(parse->policy, devices));
	parse_devices(parse, devices);
	for (i = 1; i < parse->policy->nfiles; i++)
		parse_device_file(parse, i);
	parse_roles_section(parse, roles);
	section = &sections[SECTION_ASSIGNMENTS];
	if (section->key)
		parse_assignments(parse, section->key, section->value);
	section = &sections[SECTION_CONDUITS];
	if (section->key)
		parse_conduits(parse, section->key, section->value);
}
