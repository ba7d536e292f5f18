// SPDX-License-Identifier: GPL-2.0-only
/* Steps 12 and 13: conduits between segments, and what roles connect to and accept. */
#include "eval_step.h"

#include <string.h>

#include "eval_ends.h"
#include "eval_place.h"

struct asked asked_of(const struct packet *p)
{
	struct asked asked = { .protocol = p->protocol, .port = p->dport };

	asked.echo = packet_is_echo_request(p);
	asked.odd = !asked.echo &&
		    (p->protocol == PROTOCOL_ICMP || p->protocol == PROTOCOL_ICMPV6);
	return asked;
}

static bool service_covers(const struct service *service, const struct asked *asked)
{
	switch (service->kind) {
	case SERVICE_ANY:
		return true;
	case SERVICE_ECHO:
		return asked->echo;
	case SERVICE_PROTO:
		break;
	}
	if (asked->echo || asked->odd || service->proto != asked->protocol)
		return false;
	if (asked->protocol != PROTOCOL_TCP && asked->protocol != PROTOCOL_UDP &&
	    asked->protocol != PROTOCOL_SCTP)
		return true;
	return asked->port >= service->lo && asked->port <= service->hi;
}

static bool services_cover(const struct service *services, size_t n, const struct asked *asked)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (service_covers(&services[i], asked))
			return true;
	return false;
}

/* ---- roles ---- */

static bool in_set(const struct role_set *set, uint32_t role)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->roles[i] == role)
			return true;
	return false;
}

static void add_role(struct role_set *set, uint32_t *room, uint32_t role)
{
	if (!in_set(set, role))
		room[set->n++] = role;
}

struct role_set role_set(const struct eval *eval, uint32_t index, enum role_room room)
{
	const struct policy *policy = eval->policy;
	const struct device *device = &policy->devices[index];
	uint32_t *roles = eval->role_room[room];
	struct role_set set = { .roles = roles };
	size_t i, j;

	for (i = 0; i < device->nroles; i++)
		add_role(&set, roles, device->roles[i]);
	for (i = 0; i < policy->nassignments; i++) {
		const struct assignment *a = &policy->assignments[i];

		if (device->space && space_within(device->space, a->space) &&
		    eval->now >= a->valid_from && eval->now < a->valid_until)
			add_role(&set, roles, a->role);
	}
	set.ndirect = set.n;
	for (i = 0; i < set.n; i++)
		for (j = 0; j < policy->roles[roles[i]].nextends; j++)
			add_role(&set, roles, policy->roles[roles[i]].extends[j]);
	return set;
}

struct role_set eval_roles(struct eval *eval, uint32_t device, int64_t now)
{
	eval->now = now;
	return role_set(eval, device, ROOM_RULES);
}

/* ---- targets ---- */

static bool peer_holds(const struct peer *peer, const struct picket_addr *addr)
{
	size_t i;

	for (i = 0; i < peer->nprefixes; i++)
		if (prefix_holds(&peer->prefixes[i], addr))
			return true;
	return false;
}

static bool target_covers(const struct eval *eval, const struct target *target,
			  const struct party *party)
{
	struct role_set set;

	switch (target->kind) {
	case TARGET_ANY:
		return true;
	case TARGET_GATEWAY:
		return party->kind == PARTY_GATEWAY;
	case TARGET_PREFIX:
		return prefix_holds(&target->prefix, &party->addr);
	case TARGET_PEER:
		return peer_holds(&eval->policy->peers[target->index], &party->addr);
	case TARGET_SEGMENT:
		return (party->kind == PARTY_DEVICE || party->kind == PARTY_HOST) &&
		       party->segment == target->index;
	case TARGET_ROLE:
		if (party->kind != PARTY_DEVICE)
			return false;
		set = role_set(eval, party->device, ROOM_TARGET);
		return in_set(&set, target->index);
	case TARGET_DEVICE:
		return party->kind == PARTY_DEVICE && party->device == target->index;
	}
	return false;
}

static bool rule_meets(const struct eval *eval, const struct rule *rule, const struct party *party)
{
	size_t i;

	for (i = 0; i < rule->ntargets; i++)
		if (target_covers(eval, &rule->targets[i], party))
			return true;
	return false;
}

/* ---- 13 ---- */

/* The rules of one device in one direction, and the other end that they have to name. */
struct question {
	const char *step; /* "connect", "accept" */
	bool accept;
	uint32_t device;
	const struct party *peer;
	const struct asked *asked;
};

/* Rules that name the peer, but not the service, are the nearest miss. */
static bool role_grants(const struct eval *eval, const struct role *role,
			const struct question *q, struct eval_trace *trace)
{
	const struct rule *rules = q->accept ? role->accept : role->connect;
	size_t n = q->accept ? role->naccept : role->nconnect, i;

	for (i = 0; i < n; i++) {
		if (!rule_meets(eval, &rules[i], q->peer))
			continue;
		if (services_cover(rules[i].services, rules[i].nservices, q->asked)) {
			trace_add(trace, q->step, rules[i].loc, "role %s allows %s %s %s",
				  role->name, asked_text(q->asked).s, q->accept ? "from" : "to",
				  party_text(eval->policy, q->peer).s);
			return true;
		}
		trace_add(trace, q->step, rules[i].loc, "role %s names %s here, but not %s",
			  role->name, party_text(eval->policy, q->peer).s, asked_text(q->asked).s);
	}
	return false;
}

static bool roles_grant(const struct eval *eval, const struct question *q,
			struct eval_trace *trace)
{
	const struct policy *policy = eval->policy;
	const struct device *device = &policy->devices[q->device];
	struct role_set set = role_set(eval, q->device, ROOM_RULES);
	size_t i;

	for (i = 0; i < set.n; i++)
		if (role_grants(eval, &policy->roles[set.roles[i]], q, trace))
			return true;
	for (i = 0; i < set.n; i++)
		trace_add(trace, q->step, policy->roles[set.roles[i]].loc,
			  "role %s has no %s rule that covers it", policy->roles[set.roles[i]].name,
			  q->step);
	trace_add(trace, q->step, device->loc, set.n ? "device %s may not %s %s %s %s" :
		  "device %s has no role now, so it may not %s %s %s %s", device->name, q->step,
		  asked_text(q->asked).s, q->accept ? "from" : "to",
		  party_text(policy, q->peer).s);
	return false;
}

static enum reason judge_roles(const struct eval *eval, const struct party *from,
			       const struct party *to, const struct asked *asked,
			       struct eval_trace *trace)
{
	struct question connect = { "connect", false, from->device, to, asked };
	struct question accept = { "accept", true, to->device, from, asked };

	if (from->kind == PARTY_DEVICE && !roles_grant(eval, &connect, trace))
		return REASON_ROLE_CONNECT;
	if (to->kind == PARTY_DEVICE && !roles_grant(eval, &accept, trace))
		return REASON_ROLE_ACCEPT;
	return REASON_NONE;
}

enum reason step_roles(struct judgement *j)
{
	return judge_roles(j->eval, &j->from, &j->to, &j->asked, j->trace);
}

/* ---- 12 ---- */

static bool holds_index(const uint32_t *indexes, size_t n, uint32_t index)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (indexes[i] == index)
			return true;
	return false;
}

static bool needs_conduit(const struct policy *policy, const struct party *from,
			  const struct party *to)
{
	if (from->kind == PARTY_GATEWAY || to->kind == PARTY_GATEWAY || to->kind == PARTY_GROUP)
		return false;
	return from->segment != to->segment || !policy->segments[from->segment].hosts;
}

static enum reason judge_conduits(const struct policy *policy, const struct party *from,
				  const struct party *to, const struct asked *asked,
				  struct eval_trace *trace)
{
	const struct segment *s, *d;
	size_t i;

	if (!needs_conduit(policy, from, to))
		return REASON_NONE;
	s = &policy->segments[from->segment];
	d = &policy->segments[to->segment];
	for (i = 0; i < policy->nconduits; i++) {
		const struct conduit *conduit = &policy->conduits[i];

		if (!holds_index(conduit->from, conduit->nfrom, from->segment) ||
		    !holds_index(conduit->to, conduit->nto, to->segment))
			continue;
		if (services_cover(conduit->services, conduit->nservices, asked)) {
			trace_add(trace, "conduit", conduit->loc,
				  "a conduit from %s to %s covers %s", s->name, d->name,
				  asked_text(asked).s);
			return REASON_NONE;
		}
		trace_add(trace, "conduit", conduit->loc,
			  "the conduit from %s to %s does not cover %s", s->name, d->name,
			  asked_text(asked).s);
	}
	trace_add(trace, "conduit", d->loc, "no conduit from %s to %s covers %s", s->name, d->name,
		  asked_text(asked).s);
	return REASON_SEGMENT;
}

enum reason step_conduit(struct judgement *j)
{
	return judge_conduits(j->policy, &j->from, &j->to, &j->asked, j->trace);
}

bool rules_allow(const struct eval *eval, const struct party *from, const struct party *to,
		 const struct asked *asked)
{
	return !judge_conduits(eval->policy, from, to, asked, NULL) &&
	       !judge_roles(eval, from, to, asked, NULL);
}

/* ---- both, for two ends ---- */

enum reason eval_party(const struct eval *eval, const char *interface, uint16_t vlan,
		       const struct picket_addr *addr, struct party *out)
{
	struct judgement j = { .eval = (struct eval *)eval, .policy = eval->policy };
	uint32_t port = place_port(eval->policy, interface, vlan);

	j.port = port == INDEX_NONE ? NULL : &eval->policy->ports[port];
	return find_destination(&j, addr, out);
}

static bool lacks_conduit(const struct policy *policy, const struct party *from, const struct party *to,
			  const struct asked *asked)
{
	if (from->kind == PARTY_GATEWAY || to->kind == PARTY_GATEWAY || to->kind == PARTY_GROUP)
		return false;
	return from->segment == INDEX_NONE || to->segment == INDEX_NONE ||
	       judge_conduits(policy, from, to, asked, NULL);
}

unsigned int eval_missing(const struct eval *eval, const struct party *from, const struct party *to,
			  const struct asked *asked, bool outside)
{
	struct party peer = *from;
	struct question connect = { "connect", false, from->device, to, asked };
	struct question accept = { "accept", true, to->device, &peer, asked };
	unsigned int missing = lacks_conduit(eval->policy, from, to, asked) ? MISSING_CONDUIT : 0;

	if (outside)
		peer.segment = INDEX_NONE;
	if (from->kind == PARTY_DEVICE && !roles_grant(eval, &connect, NULL))
		missing |= MISSING_CONNECT;
	if (to->kind == PARTY_DEVICE && !roles_grant(eval, &accept, NULL))
		missing |= MISSING_ACCEPT;
	return missing;
}
