// SPDX-License-Identifier: GPL-2.0-only
#include "parse.h"

void services_default(struct parse *parse, struct loc loc, struct service **services, size_t *n)
{
	struct service *any = parse_array(parse, 1, sizeof(*any));

	if (!any)
		return;
	*any = (struct service){ .kind = SERVICE_ANY, .hi = 65535, .loc = loc };
	*services = any;
	*n = 1;
}

void parse_services(struct parse *parse, const struct node *key, const struct node *value,
		    struct service **services, size_t *n)
{
	struct service *array;
	struct text text;
	size_t used = 0;
	uint32_t i;

	if (!parse_list(parse, key, value)) {
		if (node_is_null(value))
			diag_error(parse->diag, node_loc(key),
				   "\"ports\" is empty: name at least one, or leave the key out for any");
		return;
	}
	if (!value->n)
		diag_error(parse->diag, node_loc(value),
			   "\"ports\" is empty: name at least one, or leave the key out for any");
	array = parse_array(parse, value->n, sizeof(*array));
	for (i = 0; array && i < value->n; i++)
		if (parse_scalar(parse, key, &value->items[i], &text) &&
		    value_service(parse->diag, &text, &array[used]))
			used++;
	*services = array;
	*n = used;
}

static bool parse_target(struct parse *parse, const struct text *text, struct target *target)
{
	static const enum target_kind kinds[] = {
		[NAME_SEGMENT] = TARGET_SEGMENT,
		[NAME_PEER] = TARGET_PEER,
		[NAME_ROLE] = TARGET_ROLE,
		[NAME_DEVICE] = TARGET_DEVICE,
	};
	struct name name;

	target->loc = text->loc;
	if (text_is(text, "any")) {
		target->kind = TARGET_ANY;
	} else if (text_is(text, "gateway")) {
		target->kind = TARGET_GATEWAY;
	} else if (text_is_address(text)) {
		target->kind = TARGET_PREFIX;
		return value_prefix(parse->diag, text, true, &target->prefix);
	} else if (namespace_find(parse->names, text->s, text->len, &name)) {
		target->kind = kinds[name.kind];
		target->index = name.index;
	} else {
		report_unknown_name(parse, text,
				    "a peer, segment, role or device, or be an address, gateway or any");
		return false;
	}
	return true;
}

/* One of connect or accept while it is read. */
struct rule_draft {
	struct rule *rule;
	bool targets, services; /* the key is there, right or wrong */
};

static void read_targets(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	struct rule_draft *draft = into;
	struct rule *rule = draft->rule;
	const struct node *items;
	struct text text;
	size_t n, i;

	draft->targets = true;
	if (!parse_some(parse, key, value, &items, &n))
		return;
	rule->targets = parse_array(parse, n, sizeof(*rule->targets));
	for (i = 0; rule->targets && i < n; i++)
		if (parse_scalar(parse, key, &items[i], &text) &&
		    parse_target(parse, &text, &rule->targets[rule->ntargets]))
			rule->ntargets++;
}

static void read_ports(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct rule_draft *draft = into;

	draft->services = true;
	parse_services(parse, key, value, &draft->rule->services, &draft->rule->nservices);
}

static void parse_rule(struct parse *parse, const struct node *key, const struct node *value,
		       struct rule *rule)
{
	const bool connect = key->text[0] == 'c';
	const struct field fields[] = {
		{ connect ? "to" : "from", read_targets },
		{ "ports", read_ports },
	};
	struct rule_draft draft = { .rule = rule };

	rule->loc = node_loc(value);
	if (node_is_null(value) || (value->kind != NODE_MAPPING && value->kind != NODE_BAD)) {
		diag_error(parse->diag, rule->loc, "a rule of \"%s\" is a mapping: write {%s: ..., ports: [...]}",
			   key->text, fields[0].key);
		return;
	}
	parse_fields(parse, key, value, fields, 2, &draft);
	if (!draft.targets && value->kind == NODE_MAPPING)
		diag_error(parse->diag, rule->loc, "the rule has no \"%s\": add it, or write %s: any",
			   fields[0].key, fields[0].key);
	if (!draft.services)
		services_default(parse, rule->loc, &rule->services, &rule->nservices);
}

void parse_rules(struct parse *parse, const struct node *key, const struct node *value,
		 struct rule **rules, size_t *nrules)
{
	uint32_t i;

	if (!parse_list(parse, key, value))
		return;
	*rules = parse_array(parse, value->n, sizeof(**rules));
	if (!*rules)
		return;
	for (i = 0; i < value->n; i++)
		parse_rule(parse, key, &value->items[i], &(*rules)[i]);
	*nrules = value->n;
}

struct conduit_draft {
	struct conduit *conduit;
	bool from, to, services; /* the key is there, right or wrong */
};

static void read_segments(struct parse *parse, const struct node *key, const struct node *value,
			  uint32_t **segments, size_t *nsegments)
{
	const struct node *items;
	struct text text;
	size_t n, i;

	if (!parse_some(parse, key, value, &items, &n))
		return;
	*segments = parse_array(parse, n, sizeof(**segments));
	for (i = 0; *segments && i < n; i++)
		if (parse_scalar(parse, key, &items[i], &text) &&
		    parse_reference(parse, &text, NAME_SEGMENT, &(*segments)[*nsegments]))
			++*nsegments;
}

static void read_conduit_from(struct parse *parse, const struct node *key, const struct node *value,
			      void *into)
{
	struct conduit_draft *draft = into;

	draft->from = true;
	read_segments(parse, key, value, &draft->conduit->from, &draft->conduit->nfrom);
}

static void read_conduit_to(struct parse *parse, const struct node *key, const struct node *value,
			    void *into)
{
	struct conduit_draft *draft = into;

	draft->to = true;
	read_segments(parse, key, value, &draft->conduit->to, &draft->conduit->nto);
}

static void read_conduit_ports(struct parse *parse, const struct node *key, const struct node *value,
			       void *into)
{
	struct conduit_draft *draft = into;

	draft->services = true;
	parse_services(parse, key, value, &draft->conduit->services, &draft->conduit->nservices);
}

static void parse_conduit(struct parse *parse, const struct node *section, const struct node *value,
			  struct conduit *conduit)
{
	static const struct field fields[] = {
		{ "from", read_conduit_from },
		{ "to", read_conduit_to },
		{ "ports", read_conduit_ports },
	};
	struct conduit_draft draft = { .conduit = conduit };

	conduit->loc = node_loc(value);
	parse_fields(parse, section, value, fields, sizeof(fields) / sizeof(fields[0]), &draft);
	if ((value->kind == NODE_MAPPING || node_is_null(value)) && (!draft.from || !draft.to))
		diag_error(parse->diag, conduit->loc, "the conduit has no \"%s\": name a segment",
			   draft.from ? "to" : "from");
	if (!draft.services)
		services_default(parse, conduit->loc, &conduit->services, &conduit->nservices);
}

void parse_conduits(struct parse *parse, const struct node *key, const struct node *value)
{
	struct policy *policy = parse->policy;
	uint32_t i;

	if (!parse_list(parse, key, value))
		return;
	policy->conduits = parse_array(parse, value->n, sizeof(*policy->conduits));
	if (!policy->conduits)
		return;
	for (i = 0; i < value->n; i++)
		parse_conduit(parse, key, &value->items[i], &policy->conduits[i]);
	policy->nconduits = value->n;
}
