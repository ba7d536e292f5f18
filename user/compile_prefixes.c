// SPDX-License-Identifier: GPL-2.0-only
/* Subnets, rule prefixes and broadcast addresses as one sorted list without gaps in meaning. */
#include <arpa/inet.h>
#include <asm/byteorder.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compile_work.h"

#define IPV4_BITS 96 /* an IPv4 /n has length 96 + n */

static const struct prefix ALL_IPV4 = {
	.addr.w[2] = __constant_htonl(0xffff),
	.len = IPV4_BITS,
};

/* A prefix as one place gives it. */
struct mention {
	struct ruleset_prefix prefix;
	uint8_t broadcast_len; /* of the subnet whose broadcast address it is, 0: of none */
	bool rule; /* a rule names it */
	struct loc loc; /* of the rule's target */
};

struct mentions {
	struct mention *all;
	size_t n, capacity;
};

static void mentions_free(struct mentions *mentions)
{
	free(mentions->all);
}

static int compare_prefixes(const struct prefix *a, const struct prefix *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return order ? order : (int)a->len - (int)b->len;
}

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;

	return compare_prefixes(&x->prefix.prefix, &y->prefix.prefix);
}

static int compare_ruleset_prefixes(const void *a, const void *b)
{
	const struct ruleset_prefix *x = a, *y = b;

	return compare_prefixes(&x->prefix, &y->prefix);
}

static struct mention *mention(struct mentions *mentions, const struct prefix *prefix)
{
	struct mention *m;

	if (array_reserve((void **)&mentions->all, &mentions->capacity, mentions->n + 1,
			  sizeof(*mentions->all)))
		return NULL;
	m = &mentions->all[mentions->n++];
	*m = (struct mention){
		.prefix = {
			.prefix = *prefix,
			.segment = INDEX_NONE,
			.broadcast_segment = INDEX_NONE,
		},
	};
	return m;
}

/* IPv4 subnets of length 1 to 30 have a broadcast address. */
static int mention_broadcast(struct mentions *mentions, uint32_t segment,
			     const struct prefix *subnet)
{
	struct prefix broadcast = { .addr = subnet->addr, .len = 128 };
	struct mention *m;

	if (subnet->len <= IPV4_BITS || subnet->len > IPV4_BITS + 30 ||
	    !addr_is_ipv4(&subnet->addr))
		return 0;
	broadcast.addr.w[3] |= htonl(0xffffffffU >> (subnet->len - IPV4_BITS));
	m = mention(mentions, &broadcast);
	if (!m)
		return -ENOMEM;
	m->prefix.flags = PREFIX_BROADCAST;
	m->prefix.broadcast_segment = segment;
	m->broadcast_len = subnet->len;
	return 0;
}

static int mention_subnets(const struct policy *policy, struct mentions *mentions)
{
	for (size_t i = 0; i < policy->nsegments; i++) {
		const struct segment *segment = &policy->segments[i];

		for (size_t j = 0; j < segment->nsubnets; j++) {
			struct mention *m = mention(mentions, &segment->subnets[j].prefix);

			if (!m)
				return -ENOMEM;
			m->prefix.segment = i;
			if (mention_broadcast(mentions, i, &segment->subnets[j].prefix))
				return -ENOMEM;
		}
	}
	return 0;
}

static int mention_rule_prefix(struct mentions *mentions, const struct prefix *prefix,
			       struct loc loc)
{
	struct mention *m = mention(mentions, prefix);

	if (!m)
		return -ENOMEM;
	m->rule = true;
	m->loc = loc;
	return 0;
}

/* Of a peer that many rules name, the first is enough. */
static int mention_target(const struct policy *policy, struct mentions *mentions,
			  const struct target *target, bool *peer_seen)
{
	const struct peer *peer;
	int err = 0;

	if (target->kind == TARGET_PREFIX)
		return mention_rule_prefix(mentions, &target->prefix, target->loc);
	if (target->kind != TARGET_PEER || peer_seen[target->index])
		return 0;
	peer_seen[target->index] = true;
	peer = &policy->peers[target->index];
	for (size_t i = 0; i < peer->nprefixes && !err; i++)
		err = mention_rule_prefix(mentions, &peer->prefixes[i], target->loc);
	return err;
}

static int mention_rules(const struct policy *policy, struct mentions *mentions)
{
	_cleanup_free_ bool *peer_seen = calloc(policy->npeers + 1, sizeof(*peer_seen));
	int err = peer_seen ? 0 : -ENOMEM;

	for (size_t i = 0; i < policy->nroles * SIDES && !err; i++) {
		size_t n;
		const struct rule *rules = role_rules(&policy->roles[i / SIDES], i % SIDES, &n);

		for (size_t j = 0; j < n; j++)
			for (size_t k = 0; k < rules[j].ntargets && !err; k++)
				err = mention_target(policy, mentions, &rules[j].targets[k],
						     peer_seen);
	}
	return err;
}

static void merge_mention(struct mention *into, const struct mention *m)
{
	if (m->prefix.segment != INDEX_NONE)
		into->prefix.segment = m->prefix.segment;
	if (m->broadcast_len > into->broadcast_len) {
		into->prefix.flags = m->prefix.flags;
		into->prefix.broadcast_segment = m->prefix.broadcast_segment;
		into->broadcast_len = m->broadcast_len;
	}
	if (m->rule && !into->rule) {
		into->rule = true;
		into->loc = m->loc;
	}
}

/* Sorts by address, then length, each prefix once. */
static void merge_mentions(struct mentions *mentions)
{
	size_t kept = 0;

	qsort(mentions->all, mentions->n, sizeof(*mentions->all), compare_mentions);
	for (size_t i = 0; i < mentions->n; i++) {
		if (kept && !compare_mentions(&mentions->all[kept - 1], &mentions->all[i]))
			merge_mention(&mentions->all[kept - 1], &mentions->all[i]);
		else
			mentions->all[kept++] = mentions->all[i];
	}
	mentions->n = kept;
}

/* Takes over what a shorter prefix says and this one leaves open. */
static void inherit(struct mention *m, const struct mention *shorter)
{
	if (m->prefix.segment == INDEX_NONE) {
		m->prefix.segment = shorter->prefix.segment;
		m->prefix.flags |= shorter->prefix.flags & PREFIX_DEFAULT;
	}
	m->prefix.target = shorter->prefix.target;
}

static void mark_default(struct mention *m)
{
	const struct prefix *prefix = &m->prefix.prefix;

	if (m->prefix.segment != INDEX_NONE &&
	    (!prefix->len || !compare_prefixes(prefix, &ALL_IPV4)))
		m->prefix.flags |= PREFIX_DEFAULT;
}

/* Its number; what it inherited as its target is the next shorter rule prefix. */
static int number_rule_prefix(struct compilation *c, struct mention *m, size_t index,
			      uint8_t *depth)
{
	uint32_t parent = m->prefix.target, number;
	int err;

	if (!m->rule)
		return 0;
	if (++*depth > PICKET_MAX_PREFIX_DEPTH) {
		diag_error(c->diag, m->loc,
			   "more than %d prefixes that rules name lie within one another here: name fewer of them",
			   PICKET_MAX_PREFIX_DEPTH);
		return -EINVAL;
	}
	err = add_target(c->ruleset, TARGET_PREFIX, index, &number);
	if (err)
		return err;
	c->ruleset->targets[number].parent = parent;
	m->prefix.target = number;
	return 0;
}

/*
 * In sorted order a prefix comes after all that hold it: those are the stack. IPv6 prefixes
 * hold no IPv4 address, so ::ffff:0:0/96 inherits nothing, and what it lies in stays below it.
 */
static int resolve_mentions(struct compilation *c, const struct mentions *mentions)
{
	struct { struct mention *m; uint8_t rules; } stack[130];
	int depth = 0, err = 0;

	for (size_t i = 0; i < mentions->n && !err; i++) {
		struct mention *m = &mentions->all[i];
		bool all_ipv4 = !compare_prefixes(&m->prefix.prefix, &ALL_IPV4);
		uint8_t rules = 0;

		while (depth && !all_ipv4 &&
		       !prefix_holds(&stack[depth - 1].m->prefix.prefix, &m->prefix.prefix.addr))
			depth--;
		if (depth && !all_ipv4) {
			inherit(m, stack[depth - 1].m);
			rules = stack[depth - 1].rules;
		}
		mark_default(m);
		err = number_rule_prefix(c, m, i, &rules);
		stack[depth].m = m;
		stack[depth++].rules = rules;
	}
	return err;
}

int compile_prefixes(struct compilation *c)
{
	struct mentions mentions __attribute__((cleanup(mentions_free))) = {};
	int err;

	if (!mention(&mentions, &ALL_IPV4))
		return -ENOMEM;
	err = mention_subnets(c->policy, &mentions);
	if (!err)
		err = mention_rules(c->policy, &mentions);
	if (err)
		return err;
	merge_mentions(&mentions);
	err = resolve_mentions(c, &mentions);
	if (err)
		return err;
	c->ruleset->prefixes = calloc(mentions.n, sizeof(*c->ruleset->prefixes));
	if (!c->ruleset->prefixes)
		return -ENOMEM;
	for (size_t i = 0; i < mentions.n; i++)
		c->ruleset->prefixes[i] = mentions.all[i].prefix;
	c->ruleset->nprefixes = mentions.n;
	return 0;
}

uint32_t prefix_target(const struct ruleset *ruleset, const struct prefix *prefix)
{
	const struct ruleset_prefix key = { .prefix = *prefix };
	const struct ruleset_prefix *found = bsearch(&key, ruleset->prefixes, ruleset->nprefixes,
						     sizeof(key), compare_ruleset_prefixes);

	return found ? found->target : 0;
}
