// SPDX-License-Identifier: GPL-2.0-only
/* Calls become rules of devices, and conduits between segments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "draft_parts.h"
#include "eval_place.h"
#include "lists.h"
#include "names.h"

/* ---- peers ---- */

/* What groups are for; "ff02::fb" and "224.0.0.251" are one peer. */
static const struct {
	const char *addr, *name;
} known_groups[] = {
	{ "224.0.0.251", "mdns" }, { "ff02::fb", "mdns" }, { "239.255.255.250", "ssdp" }, { "ff02::c", "ssdp" },
	{ "ff05::c", "ssdp" }, { "224.0.0.252", "llmnr" }, { "ff02::1:3", "llmnr" }, { "224.0.1.129", "ptp" },
	{ "ff02::6b", "ptp" }, { "224.0.1.187", "coap" }, { "ff02::fd", "coap" }, { "224.0.0.1", "all-hosts" },
	{ "ff02::1", "all-hosts" }, { "224.0.1.1", "ntp-multicast" }, { "255.255.255.255", "broadcast" },
};

static const char *group_name(const struct drafting *d, const struct picket_addr *addr)
{
	struct picket_addr known;

	for (size_t i = 0; i < sizeof(known_groups) / sizeof(known_groups[0]); i++) {
		if (!parse_addr(known_groups[i].addr, &known) && addr_equal(&known, addr))
			return known_groups[i].name;
	}
	return draft_is_broadcast(d, addr) ? "broadcast" : NULL;
}

/* By the name that it was wanted with, which may have become another. */
static bool peer_same(const void *owner, uint32_t index, const void *key)
{
	const struct drafting *d = owner;

	return !strcmp(d->peers_wanted[index], key);
}

static int add_peer(struct drafting *d, const char *wanted, uint32_t *index)
{
	struct draft *draft = d->draft;
	struct draft_peer peer = { .name = draft_name(d, wanted, "peer") };

	if (!peer.name ||
	    array_reserve((void **)&draft->peers, &d->cap_peers, draft->npeers + 1, sizeof(peer)) ||
	    array_reserve((void **)&d->peers_wanted, &d->cap_peers_wanted, draft->npeers + 1, sizeof(*d->peers_wanted)))
		return -ENOMEM;
	d->peers_wanted[draft->npeers] = wanted;
	draft->peers[draft->npeers] = peer;
	*index = draft->npeers++;
	return 0;
}

static int peer_add_addr(struct drafting *d, struct draft_peer *peer, const struct picket_addr *addr)
{
	struct picket_addr *larger;

	for (size_t i = 0; i < peer->naddrs; i++) {
		if (addr_equal(&peer->addrs[i], addr))
			return 0;
	}
	/* doubled at each power of two */
	if (!(peer->naddrs & (peer->naddrs - 1))) {
		larger = arena_array(&d->draft->arena, peer->naddrs ? 2 * peer->naddrs : 1, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		if (peer->naddrs)
			memcpy(larger, peer->addrs, peer->naddrs * sizeof(*larger));
		peer->addrs = larger;
	}
	peer->addrs[peer->naddrs++] = *addr;
	return 0;
}

static int find_peer(struct drafting *d, const char *wanted, const struct picket_addr *addr, uint32_t *index)
{
	uint64_t hash = hash_bytes(wanted, strlen(wanted));
	uint32_t found;
	int err = 0;

	d->peers.same = peer_same;
	d->peers.owner = d;
	found = table_find(&d->peers, hash, wanted);
	*index = found;
	if (found == UINT32_MAX)
		err = add_peer(d, wanted, index) ||
		      table_add(&d->peers, hash, wanted, *index, &found) ? -ENOMEM : 0;
	return err ? err : peer_add_addr(d, &d->draft->peers[*index], addr);
}

/* ---- targets and services ---- */

static bool target_same(const void *owner, uint32_t index, const void *key)
{
	const struct drafting *d = owner;
	const struct draft_target *a = &d->draft->targets[index], *b = key;

	return a->kind == b->kind && a->index == b->index && addr_equal(&a->addr, &b->addr);
}

static int intern_target(struct drafting *d, const struct draft_target *target, uint32_t *index)
{
	struct draft *draft = d->draft;
	uint32_t found;

	d->targets.same = target_same;
	d->targets.owner = d;
	if (array_reserve((void **)&draft->targets, &d->cap_targets, draft->ntargets + 1, sizeof(*target)) ||
	    table_add(&d->targets, hash_bytes(&target->addr, sizeof(target->addr)) + target->index * 31ULL +
		      ((uint64_t)target->kind << 40), target, draft->ntargets, &found))
		return -ENOMEM;
	if (found == UINT32_MAX) {
		found = draft->ntargets;
		draft->targets[draft->ntargets++] = *target;
	}
	*index = found;
	return 0;
}

static bool is_zero(const struct picket_addr *addr)
{
	return !addr->w[0] && !addr->w[1] && !addr->w[2] && !addr->w[3];
}

static int target_of(struct drafting *d, const struct draft_end *end, uint32_t *index)
{
	struct draft_target target = { .kind = DRAFT_ADDRESS, .addr = end->addr };
	const char *name = NULL;
	int err = 0;

	if (end->kind == AT_GATEWAY)
		target.kind = DRAFT_GATEWAY;
	else if (end->kind == AT_DEVICE)
		target = (struct draft_target){ .kind = DRAFT_DEVICE, .index = end->device };
	else if (end->kind == AT_GROUP)
		name = group_name(d, &end->addr);
	else if (is_zero(&end->addr))
		target = (struct draft_target){ .kind = DRAFT_SEGMENT, .index = end->segment };
	else
		name = observed_name(d->observer, &end->addr);
	if (name) {
		target = (struct draft_target){ .kind = DRAFT_PEER };
		err = find_peer(d, name, &end->addr, &target.index);
	}
	return err ? err : intern_target(d, &target, index);
}

static bool service_same(const void *owner, uint32_t index, const void *key)
{
	const struct drafting *d = owner;
	const struct service *a = &d->draft->services[index], *b = key;

	return a->kind == b->kind && a->proto == b->proto && a->lo == b->lo && a->hi == b->hi;
}

static int service_index(struct drafting *d, const struct service *service, uint32_t *index)
{
	const uint32_t key[] = { service->kind, service->proto, service->lo, service->hi };
	struct draft *draft = d->draft;
	uint32_t found;

	d->services.same = service_same;
	d->services.owner = d;
	if (array_reserve((void **)&draft->services, &d->cap_services, draft->nservices + 1, sizeof(*service)) ||
	    table_add(&d->services, hash_bytes(key, sizeof(key)), service, draft->nservices, &found))
		return -ENOMEM;
	if (found == UINT32_MAX) {
		found = draft->nservices;
		draft->services[draft->nservices++] = *service;
	}
	*index = found;
	return 0;
}

/* ---- rules ---- */

static int add_rule(struct drafting *d, const struct call *call, bool accept)
{
	struct device_rule rule = {
		.device = accept ? call->to.device : call->from.device,
		.rule = { .accept = accept, .answered = call->answered, .seen = call->seen },
	};

	if (target_of(d, accept ? &call->from : &call->to, &rule.rule.target) ||
	    service_index(d, &call->service, &rule.rule.service) ||
	    array_reserve((void **)&d->rules, &d->cap_rules, d->nrules + 1, sizeof(rule)))
		return -ENOMEM;
	d->rules[d->nrules++] = rule;
	return 0;
}

int draft_rule_compare(const struct draft_rule *a, const struct draft_rule *b)
{
	if (a->accept != b->accept)
		return a->accept ? 1 : -1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return a->service != b->service ? (a->service < b->service ? -1 : 1) : 0;
}

void draft_rule_join(struct draft_rule *rule, const struct draft_rule *other)
{
	draft_seen_join(&rule->seen, &other->seen);
	rule->answered |= other->answered;
}

static int compare_device_rules(const void *a, const void *b)
{
	const struct device_rule *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return draft_rule_compare(&x->rule, &y->rule);
}

/* Addresses that have one name have become one target. */
static void merge_rules(struct drafting *d)
{
	size_t kept = 0;

	if (d->nrules)
		qsort(d->rules, d->nrules, sizeof(*d->rules), compare_device_rules);
	for (size_t i = 0; i < d->nrules; i++) {
		if (kept && !compare_device_rules(&d->rules[kept - 1], &d->rules[i]))
			draft_rule_join(&d->rules[kept - 1].rule, &d->rules[i].rule);
		else
			d->rules[kept++] = d->rules[i];
	}
	d->nrules = kept;
}

/* ---- conduits ---- */

struct passage {
	uint32_t from, to, service;
	struct draft_seen seen;
};

static int compare_passages(const void *a, const void *b)
{
	const struct passage *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->service != y->service ? (x->service < y->service ? -1 : 1) : 0;
}

static bool needs_conduit(const struct drafting *d, const struct call *call)
{
	if (call->from.segment == INDEX_NONE || call->to.segment == INDEX_NONE)
		return false;
	return call->from.segment != call->to.segment || !d->draft->segments[call->from.segment].hosts;
}

/* The passages of two segments, sorted by service, n at most. Returns how many these were. */
static size_t add_conduit(struct drafting *d, const struct passage *passages, size_t n)
{
	struct draft *draft = d->draft;
	struct draft_conduit conduit = { .from = passages->from, .to = passages->to };
	size_t i;

	conduit.services = arena_array(&draft->arena, n, sizeof(*conduit.services));
	if (!conduit.services ||
	    array_reserve((void **)&draft->conduits, &d->cap_conduits, draft->nconduits + 1, sizeof(conduit)))
		return 0;
	for (i = 0; i < n && passages[i].from == conduit.from && passages[i].to == conduit.to; i++) {
		draft_seen_join(&conduit.seen, &passages[i].seen);
		if (!i || passages[i].service != passages[i - 1].service)
			conduit.services[conduit.nservices++] = passages[i].service;
	}
	draft->conduits[draft->nconduits++] = conduit;
	return i;
}

static int add_conduits(struct drafting *d)
{
	_cleanup_free_ struct passage *passages = calloc(d->ncalls + 1, sizeof(*passages));
	size_t n = 0, taken;

	for (size_t i = 0; passages && i < d->ncalls; i++) {
		const struct call *call = &d->calls[i];

		if (!needs_conduit(d, call))
			continue;
		passages[n] = (struct passage){ call->from.segment, call->to.segment, 0, call->seen };
		if (service_index(d, &call->service, &passages[n++].service))
			return -ENOMEM;
	}
	if (!passages)
		return -ENOMEM;
	qsort(passages, n, sizeof(*passages), compare_passages);
	for (size_t i = 0; i < n; i += taken) {
		taken = add_conduit(d, passages + i, n - i);
		if (!taken)
			return -ENOMEM;
	}
	return 0;
}

int draft_rules(struct drafting *d)
{
	for (size_t i = 0; i < d->ncalls; i++) {
		const struct call *call = &d->calls[i];

		if ((call->from.kind == AT_DEVICE && add_rule(d, call, false)) ||
		    (call->to.kind == AT_DEVICE && add_rule(d, call, true)))
			return -ENOMEM;
	}
	merge_rules(d);
	return add_conduits(d) ? -ENOMEM : draft_roles(d);
}
