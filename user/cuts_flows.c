// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows of devices that are open, and that another policy would drop. Nobody is to wait for it: of a
 * large table a part is looked at, which is as good as any, since a keyed hash says what is where.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cleanup.h"
#include "cuts_work.h"
#include "lists.h"
#include "mapcount.h"

#define BUCKETS_MOST 16384
#define FLOWS_MOST 32768
#define GUESSES_MOST 4096
#define TRIES_MOST 2000000 /* of guesses: a fifth of a second */

static void work_free(struct flow_work *w)
{
	free(w->flows);
	free(w->owners);
	table_free(&w->by_row);
	table_free(&w->by_name);
	table_free(&w->by_addr);
	free(w->addrs);
	free(w->guesses);
	free(w->listed);
	flow_judge_free(&w->judge);
}

/* ---- the table ---- */

/* Flows that an older policy allowed, and that have not been seen since, are not this one's to lose. */
static int see_bucket(const struct flow_bucket *bucket, void *context)
{
	struct flow_work *w = context;
	int err = 0;

	for (int way = 0; way < PICKET_FLOW_WAYS && !err; way++) {
		const struct flow *flow = &bucket->flow[way];
		struct seen *seen;

		if (flow->kind == FLOW_FRAGMENT || flow->generation != w->config->generation ||
		    (flow->flags & FLOW_RESET) || !flow_counts(flow, w->now))
			continue;
		if (w->n == FLOWS_MOST) {
			w->cuts->part = true;
			return 1;
		}
		if (array_reserve((void **)&w->flows, &w->capacity, w->n + 1, sizeof(*w->flows)))
			return -ENOMEM;
		seen = &w->flows[w->n++];
		*seen = (struct seen){ .flow = *flow };
		err = cuts_owner(w, flow->opener, &seen->opener);
		if (!err)
			err = cuts_owner(w, flow->responder, &seen->responder);
	}
	return err;
}

static int see_flows(struct flow_work *w)
{
	int fd = live_map(w->input->live, "flows"), err;
	uint32_t buckets = w->config->flow_mask + 1, start = 0;

	if (fd < 0)
		return 0;
	if (buckets > BUCKETS_MOST) {
		w->cuts->part = true;
		if (getrandom(&start, sizeof(start), GRND_NONBLOCK) != sizeof(start))
			start = w->now;
		start %= buckets - BUCKETS_MOST;
		buckets = start + BUCKETS_MOST;
	}
	err = flow_buckets_walk(fd, start, buckets, see_bucket, w);
	return err == -ENOMEM ? err : 0;
}

/* ---- who has a flow ---- */

static bool solve_ipv4(const struct flow_work *w, struct seen *seen, bool opener)
{
	struct picket_addr addrs[ADDRS_MOST];
	uint32_t owner = opener ? seen->opener : seen->responder;
	size_t n = owner == NO_ROW ? 0 : cuts_owner_addrs(w, &w->owners[owner], addrs);

	for (size_t i = 0; i < n; i++)
		if (addr_is_ipv4(&addrs[i]) &&
		    flow_ends_find(w->config->secret, &seen->flow, &addrs[i], opener, &seen->ends))
			return true;
	return false;
}

static int add_guess(struct flow_work *w, const struct picket_addr *addr)
{
	if (addr_is_ipv4(addr) || w->nguesses == GUESSES_MOST)
		return 0;
	if (array_reserve((void **)&w->guesses, &w->guesses_capacity, w->nguesses + 1, sizeof(*addr)))
		return -ENOMEM;
	w->guesses[w->nguesses++] = *addr;
	return 0;
}

/* Whom an end may be over IPv6: the gateway, an address that rules name, a neighbour. */
static int gather_guesses(struct flow_work *w)
{
	const struct ruleset *ruleset = w->input->ruleset;
	_cleanup_free_ struct neighbour *neighbours = NULL;
	size_t n = 0;
	int err = 0;

	for (size_t i = 0; i < w->judge.ngateway && !err; i++)
		err = add_guess(w, &w->judge.gateway[i]);
	for (size_t i = 0; i < ruleset->nprefixes && !err; i++)
		if (ruleset->prefixes[i].prefix.len == 128)
			err = add_guess(w, &ruleset->prefixes[i].prefix.addr);
	if (!err)
		neighbours_get(&neighbours, &n);
	for (size_t i = 0; i < n && !err; i++)
		err = add_guess(w, &neighbours[i].addr);
	return err;
}

/* The addresses of an end: of a device its own, stored in own; else the guesses. */
static const struct picket_addr *addrs_of_end(const struct flow_work *w, uint32_t owner,
					      struct picket_addr own[ADDRS_MOST], size_t *n)
{
	*n = owner == NO_ROW ? w->nguesses : cuts_owner_addrs(w, &w->owners[owner], own);
	return owner == NO_ROW ? w->guesses : own;
}

static bool solve_ipv6(struct flow_work *w, struct seen *seen)
{
	struct picket_addr own[2][ADDRS_MOST];
	size_t nfrom, nto;
	const struct picket_addr *from = addrs_of_end(w, seen->opener, own[0], &nfrom);
	const struct picket_addr *to = addrs_of_end(w, seen->responder, own[1], &nto);

	for (size_t i = 0; i < nfrom; i++) {
		for (size_t k = 0; k < nto && !addr_is_ipv4(&from[i]); k++) {
			if (addr_is_ipv4(&to[k]))
				continue;
			if (w->tries++ == TRIES_MOST)
				return false;
			if (flow_ends_ports(w->config->secret, &seen->flow, &from[i], &to[k], &seen->ends))
				return true;
		}
	}
	return false;
}

static bool same_addr(const void *context, uint32_t index, const void *key)
{
	const struct flow_work *w = context;

	return !memcmp(&w->addrs[index], key, sizeof(w->addrs[index]));
}

static int add_addr(struct flow_work *w, const struct picket_addr *addr)
{
	uint32_t found;

	if (array_reserve((void **)&w->addrs, &w->addrs_capacity, w->naddrs + 1, sizeof(*addr)) ||
	    table_add(&w->by_addr, hash_bytes(addr, sizeof(*addr)), addr, w->naddrs, &found))
		return -ENOMEM;
	if (found == UINT32_MAX)
		w->addrs[w->naddrs++] = *addr;
	return 0;
}

static int solve(struct flow_work *w)
{
	int err = gather_guesses(w);

	for (size_t i = 0; i < w->n && !err; i++) {
		struct seen *seen = &w->flows[i];

		seen->known = solve_ipv4(w, seen, true) || solve_ipv4(w, seen, false) ||
			      (w->tries < TRIES_MOST && solve_ipv6(w, seen));
		if (seen->known)
			err = add_addr(w, &seen->ends.opener);
		if (seen->known && !err)
			err = add_addr(w, &seen->ends.responder);
	}
	return err;
}

/* Whose the addresses are under the policy, all at once. */
static int find_listed(struct flow_work *w)
{
	const struct policy *policy = w->input->policy;

	w->listed = malloc((w->naddrs + 1) * sizeof(*w->listed));
	if (!w->listed)
		return -ENOMEM;
	memset(w->listed, 0xff, (w->naddrs + 1) * sizeof(*w->listed));
	for (size_t i = 0; i < policy->ndevices && w->naddrs; i++) {
		for (size_t k = 0; k < policy->devices[i].naddrs; k++) {
			const struct picket_addr *addr = &policy->devices[i].addrs[k];
			uint32_t found = table_find(&w->by_addr, hash_bytes(addr, sizeof(*addr)), addr);

			if (found != UINT32_MAX)
				w->listed[found] = i;
		}
	}
	return 0;
}

static bool lists_ipv4(const struct device *device, bool ipv4)
{
	for (size_t i = 0; i < device->naddrs; i++)
		if (addr_is_ipv4(&device->addrs[i]) == ipv4)
			return true;
	return false;
}

/* A device is known by an address that it lists; one that lists none of this IP version, by its MAC. */
static struct flow_party party_of(const struct flow_work *w, const struct picket_addr *addr, uint32_t owner)
{
	uint32_t at = table_find(&w->by_addr, hash_bytes(addr, sizeof(*addr)), addr);
	struct flow_party party = { *addr, w->listed[at] };
	uint32_t after = owner == NO_ROW ? INDEX_NONE : w->owners[owner].after;

	if (party.device == INDEX_NONE && after != INDEX_NONE &&
	    !lists_ipv4(&w->input->policy->devices[after], addr_is_ipv4(addr)))
		party.device = after;
	return party;
}

/* ---- what becomes of it ---- */

static uint32_t service_of(const struct flow_ends *ends)
{
	if (ends->echo)
		return PICKET_SERVICE_ECHO;
	if (ends->protocol == 1 || ends->protocol == 58)
		return PICKET_SERVICE_ODD;
	return (uint32_t)ends->protocol << 16 | ends->responder_port;
}

static void name_end(const struct flow_work *w, const struct picket_addr *addr, uint32_t owner,
		     char out[CUT_END_LEN])
{
	char text[ADDR_LEN];

	if (owner != NO_ROW)
		snprintf(out, CUT_END_LEN, "%s", w->owners[owner].name);
	else if (flow_judge_is_gateway(&w->judge, addr))
		snprintf(out, CUT_END_LEN, "the gateway");
	else
		snprintf(out, CUT_END_LEN, "%s", format_addr(addr, text));
}

static int add_cut(struct flow_work *w, const struct seen *seen, enum reason reason)
{
	struct cut cut = { .reason = reason, .flows = 1 };
	char protocol[PROTOCOL_LEN];

	name_end(w, &seen->ends.opener, seen->opener, cut.from);
	name_end(w, &seen->ends.responder, seen->responder, cut.to);
	format_protocol(seen->ends.protocol, protocol);
	if (seen->ends.responder_port && !seen->ends.echo)
		snprintf(cut.service, sizeof(cut.service), "%s/%u", protocol, seen->ends.responder_port);
	else
		snprintf(cut.service, sizeof(cut.service), "%s", protocol);
	w->cuts->cut++;
	return cut_list_add(&w->cuts->flows, &cut);
}

static bool is_gone(const struct flow_work *w, uint32_t owner)
{
	return owner != NO_ROW && w->owners[owner].after == INDEX_NONE;
}

/* Of a device that the policy has no more, that is all there is to know. */
static int judge_unknown(struct flow_work *w, const struct seen *seen)
{
	struct cut cut = { .reason = REASON_UNKNOWN_DEVICE, .flows = 1 };

	if (!is_gone(w, seen->opener) && !is_gone(w, seen->responder)) {
		w->cuts->unknown++;
		return 0;
	}
	snprintf(cut.from, sizeof(cut.from), "%s",
		 w->owners[is_gone(w, seen->opener) ? seen->opener : seen->responder].name);
	w->cuts->cut++;
	return cut_list_add(&w->cuts->flows, &cut);
}

/* Nothing looks at what comes from there. */
static bool leaves(const struct flow_work *w, const struct seen *seen)
{
	if (seen->opener != NO_ROW)
		return w->owners[seen->opener].left;
	return seen->responder != NO_ROW && seen->known && w->owners[seen->responder].left &&
	       flow_judge_is_gateway(&w->judge, &seen->ends.opener);
}

static int judge_flow(struct flow_work *w, const struct seen *seen)
{
	struct flow_party from, to;
	enum reason reason;

	if (leaves(w, seen) || (seen->opener == NO_ROW && seen->responder == NO_ROW))
		return 0;
	if (!seen->known)
		return judge_unknown(w, seen);
	from = party_of(w, &seen->ends.opener, seen->opener);
	to = party_of(w, &seen->ends.responder, seen->responder);
	reason = flow_judge_ask(&w->judge, &from, &to, service_of(&seen->ends));
	return reason ? add_cut(w, seen, reason) : 0;
}

int cuts_find_flows(const struct cuts_input *input, struct cuts *cuts)
{
	struct flow_work w __attribute__((cleanup(work_free))) = {
		.input = input, .cuts = cuts, .config = live_bundle(input->live)->config,
	};
	struct timespec now;
	int err;

	clock_gettime(CLOCK_BOOTTIME, &now);
	w.now = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	cuts_begin_owners(&w);
	w.by_addr = (struct table){ .same = same_addr, .owner = &w };
	err = see_flows(&w);
	if (err || !w.n)
		return err;
	err = flow_judge_init(&w.judge, input->policy, input->ruleset, input->network->addrs,
			      input->network->naddrs, input->time);
	if (!err)
		err = cuts_find_moved(&w);
	if (!err)
		err = solve(&w);
	if (!err)
		err = find_listed(&w);
	for (size_t i = 0; i < w.n && !err; i++)
		err = judge_flow(&w, &w.flows[i]);
	return err;
}
