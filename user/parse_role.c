// SPDX-License-Identifier: GPL-2.0-only
#include "parse.h"

void declare_peers(struct parse *parse, const struct node *section)
{
	struct policy *policy = parse->policy;
	uint32_t i;

	policy->peers = parse_array(parse, section->n, sizeof(*policy->peers));
	for (i = 0; policy->peers && i < section->n; i++) {
		struct text name = node_text(&section->items[2 * i]);

		policy->peers[i].name = parse_string(parse, &name);
		policy->peers[i].loc = name.loc;
		policy->npeers = i + 1;
		value_name(parse->diag, &name, "peer", false);
		declare_name(parse, NAME_PEER, i);
	}
}

void declare_roles(struct parse *parse, const struct node *section)
{
	struct policy *policy = parse->policy;
	uint32_t i;

	policy->roles = parse_array(parse, section->n, sizeof(*policy->roles));
	parse->role_stamps = parse_array(parse, section->n, sizeof(*parse->role_stamps));
	if (!parse->role_stamps)
		return;
	for (i = 0; policy->roles && i < section->n; i++) {
		struct text name = node_text(&section->items[2 * i]);

		policy->roles[i].name = parse_string(parse, &name);
		policy->roles[i].loc = name.loc;
		policy->nroles = i + 1;
		value_name(parse->diag, &name, "role", false);
		declare_name(parse, NAME_ROLE, i);
	}
}

static void parse_peer(struct parse *parse, const struct node *key, const struct node *value,
		       struct peer *peer)
{
	const struct node *items;
	struct text text;
	size_t n, i;

	if (!parse_some(parse, key, value, &items, &n))
		return;
	peer->prefixes = parse_array(parse, n, sizeof(*peer->prefixes));
	for (i = 0; peer->prefixes && i < n; i++)
		if (parse_scalar(parse, key, &items[i], &text) &&
		    value_prefix(parse->diag, &text, true, &peer->prefixes[peer->nprefixes]))
			peer->nprefixes++;
}

void parse_peers(struct parse *parse, const struct node *section)
{
	uint32_t i;

	for (i = 0; i < parse->policy->npeers; i++)
		parse_peer(parse, &section->items[2 * i], &section->items[2 * i + 1],
			   &parse->policy->peers[i]);
}

bool parse_texts(struct parse *parse, const struct node *key, const struct node *value,
		 const struct text **texts, size_t *n)
{
	const struct node *items;
	struct text *array;
	size_t nitems, i, used = 0;

	if (!parse_some(parse, key, value, &items, &nitems))
		return false;
	array = parse_array(parse, nitems, sizeof(*array));
	for (i = 0; array && i < nitems; i++)
		used += parse_scalar(parse, key, &items[i], &array[used]);
	*texts = array;
	*n = used;
	return array;
}

static void read_extends(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	struct role *role = into;
	const struct text *texts;
	size_t n;

	if (parse_list(parse, key, value) && value->n && parse_texts(parse, key, value, &texts, &n))
		role->extends = parse_roles(parse, texts, n, &role->nextends);
}

static void read_connect(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	struct role *role = into;

	parse_rules(parse, key, value, &role->connect, &role->nconnect);
}

static void read_accept(struct parse *parse, const struct node *key, const struct node *value,
			void *into)
{
	struct role *role = into;

	parse_rules(parse, key, value, &role->accept, &role->naccept);
}

static void read_limit(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct role *role = into;

	parse_limits(parse, key, value, true, role->limit);
}

void parse_roles_section(struct parse *parse, const struct node *section)
{
	static const struct field fields[] = {
		{ "extends", read_extends },
		{ "connect", read_connect },
		{ "accept", read_accept },
		{ "limit", read_limit },
	};
	uint32_t i;

	for (i = 0; i < parse->policy->nroles; i++)
		parse_fields(parse, &section->items[2 * i], &section->items[2 * i + 1], fields,
			     sizeof(fields) / sizeof(fields[0]), &parse->policy->roles[i]);
}

/* One assignment while it is read. */
struct assignment_draft {
	struct assignment *assignment;
	struct loc until;
	bool role, space; /* the key is there, right or wrong */
};

static void read_role(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct assignment_draft *draft = into;
	struct text text;

	draft->role = true;
	if (parse_scalar(parse, key, value, &text))
		parse_reference(parse, &text, NAME_ROLE, &draft->assignment->role);
}

static void read_space(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct assignment_draft *draft = into;
	struct text text;

	draft->space = true;
	if (parse_scalar(parse, key, value, &text))
		draft->assignment->space = parse_space(parse, &text);
}

static void read_from(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct assignment_draft *draft = into;

	read_time(parse, key, value, &draft->assignment->valid_from);
}

static void read_until(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	struct assignment_draft *draft = into;

	draft->until = node_loc(value);
	read_time(parse, key, value, &draft->assignment->valid_until);
}

static void parse_assignment(struct parse *parse, const struct node *section, const struct node *value,
			     struct assignment *assignment)
{
	static const struct field fields[] = {
		{ "role", read_role },
		{ "space", read_space },
		{ "valid-from", read_from },
		{ "valid-until", read_until },
	};
	struct assignment_draft draft = { .assignment = assignment };

	*assignment = (struct assignment){ .valid_from = TIME_ALWAYS_FROM,
					   .valid_until = TIME_NEVER_UNTIL,
					   .loc = node_loc(value) };
	parse_fields(parse, section, value, fields, sizeof(fields) / sizeof(fields[0]), &draft);
	if ((value->kind == NODE_MAPPING || node_is_null(value)) && (!draft.role || !draft.space))
		diag_error(parse->diag, assignment->loc, "the assignment has no \"%s\": add it",
			   draft.role ? "space" : "role");
	check_validity(parse, draft.until, assignment->valid_from, assignment->valid_until);
}

void parse_assignments(struct parse *parse, const struct node *key, const struct node *value)
{
	struct policy *policy = parse->policy;
	uint32_t i;

	if (!parse_list(parse, key, value))
		return;
	policy->assignments = parse_array(parse, value->n, sizeof(*policy->assignments));
	if (!policy->assignments)
		return;
	for (i = 0; i < value->n; i++)
		parse_assignment(parse, key, &value->items[i], &policy->assignments[i]);
	policy->nassignments = value->n;
}
