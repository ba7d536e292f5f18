// SPDX-License-Identifier: GPL-2.0-only
/* What one device may do, as the policy's files say it. */
#include <stdlib.h>

#include "device_view.h"
#include "quote.h"

#define RULES_SHOWN 100

/* Rules of one kind. */
struct grant {
	const char *kind;
	const struct rule *rules;
	size_t n;
};

static struct grant grant_of(const struct role *role, bool accept)
{
	return accept ? (struct grant){ "accept", role->accept, role->naccept } :
			(struct grant){ "connect", role->connect, role->nconnect };
}

static size_t count_rules(const struct policy *policy, const struct role_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		n += policy->roles[set->roles[i]].nconnect + policy->roles[set->roles[i]].naccept;
	return n;
}

static void print_rule(struct output *out, const char *kind, const struct role *role,
		       const struct rule *rule, struct quoter *quoter)
{
	char *text = quote_mapping(quoter, &rule->loc);
	char place[PLACE_LEN];

	output_begin_object(out, NULL);
	output_string(out, "kind", kind);
	output_string(out, "role", role->name);
	output_string(out, "place", format_place(quoter->policy, &rule->loc, place));
	output_string(out, "rule", text);
	output_end_object(out);
	free(text);
}

void view_rules(const struct view *view)
{
	const struct role_set set = eval_roles(view->eval, view->index, view->now);
	struct quoter quoter = { .policy = view->policy };
	size_t n = count_rules(view->policy, &set), left = view->all_rules ? n : RULES_SHOWN;

	output_number(view->out, "rule_count", n);
	output_begin_list(view->out, "rules");
	for (int accept = 0; accept < 2; accept++) {
		for (size_t i = 0; i < set.n; i++) {
			const struct role *role = &view->policy->roles[set.roles[i]];
			const struct grant grant = grant_of(role, accept);

			for (size_t k = 0; k < grant.n && left; k++, left--)
				print_rule(view->out, grant.kind, role, &grant.rules[k], &quoter);
		}
	}
	output_end_list(view->out);
}
