// SPDX-License-Identifier: GPL-2.0-only
#include "eval_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eval_place.h"

#define FRAGMENT_LIFE (30 * NSEC_PER_SEC)
#define LEARNED_LIFE (3600 * NSEC_PER_SEC)
#define LEARNED_EACH 16
#define UNITS_PER_NS 64

/* The key's ends in one order, and no padding: what the table hashes. */
struct canonical {
	struct picket_addr low, high;
	uint32_t owner;
	uint16_t low_port, high_port;
	uint8_t protocol, echo;
	uint16_t zero;
};

static struct canonical canonical(const struct flow_key *key)
{
	int order = memcmp(&key->from, &key->to, sizeof(key->from));
	bool swap = order > 0 || (!order && key->from_port > key->to_port);

	return (struct canonical){
		.low = swap ? key->to : key->from,
		.high = swap ? key->from : key->to,
		.owner = key->owner,
		.low_port = swap ? key->to_port : key->from_port,
		.high_port = swap ? key->from_port : key->to_port,
		.protocol = key->protocol,
		.echo = key->echo,
	};
}

static bool same_flow(const void *owner, uint32_t index, const void *key)
{
	const struct eval_state *state = owner;
	struct canonical have = canonical(&state->flows[index].key);

	return !memcmp(&have, key, sizeof(have));
}

/* Room for one more element; *array is NULL at first. */
static int reserve(void **array, size_t n, size_t *capacity, size_t size)
{
	size_t want = *capacity ? *capacity * 2 : 16;
	void *grown;

	if (n < *capacity)
		return 0;
	grown = reallocarray(*array, want, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = want;
	return 0;
}

int state_init(struct eval_state *state, const struct policy *policy)
{
	memset(state, 0, sizeof(*state));
	state->flow_index = (struct table){ .same = same_flow, .owner = state };
	state->devices = calloc(policy->ndevices + 1, sizeof(*state->devices));
	state->segments = calloc(policy->nsegments + 1, sizeof(*state->segments));
	state->port_control = calloc(policy->nports + 1, sizeof(*state->port_control));
	if (state->devices && state->segments && state->port_control)
		return 0;
	state_free(state);
	return -ENOMEM;
}

void state_free(struct eval_state *state)
{
	table_free(&state->flow_index);
	free(state->flows);
	free(state->fragments);
	free(state->learned);
	free(state->devices);
	free(state->segments);
	free(state->port_control);
}

struct eval_flow *state_flow(struct eval_state *state, const struct flow_key *key)
{
	struct canonical ends = canonical(key);
	uint32_t index = table_find(&state->flow_index, hash_bytes(&ends, sizeof(ends)), &ends);

	return index == UINT32_MAX ? NULL : &state->flows[index];
}

struct eval_flow *state_open_flow(struct eval_state *state, const struct flow_key *key)
{
	struct canonical ends = canonical(key);
	struct eval_flow *flow = state_flow(state, key);
	uint32_t found;

	if (!flow) {
		if (reserve((void **)&state->flows, state->nflows, &state->flow_capacity,
			    sizeof(*flow)))
			return NULL;
		flow = &state->flows[state->nflows];
		flow->key = *key;
		if (table_add(&state->flow_index, hash_bytes(&ends, sizeof(ends)), &ends,
			      state->nflows, &found))
			return NULL;
		state->nflows++;
	}
	*flow = (struct eval_flow){ .key = *key };
	return flow;
}

static int64_t flow_life(const struct eval_flow *flow)
{
	switch (flow->key.protocol) {
	case PROTOCOL_TCP:
		return (flow->reset || (flow->fin[0] && flow->fin[1]) ? 10 : 3600) * NSEC_PER_SEC;
	case PROTOCOL_UDP:
		return 180 * NSEC_PER_SEC;
	default:
		return 60 * NSEC_PER_SEC;
	}
}

bool flow_alive(const struct eval_flow *flow, int64_t now)
{
	return !flow->gone && now - flow->seen < flow_life(flow);
}

bool flow_is_own_direction(const struct eval_flow *flow, const struct flow_key *key)
{
	return addr_equal(&flow->key.from, &key->from) && flow->key.from_port == key->from_port &&
	       addr_equal(&flow->key.to, &key->to);
}

static uint8_t fragment_protocol(const struct packet *p)
{
	return p->version == 4 ? p->protocol : 0;
}

struct eval_fragment *state_fragment(struct eval_state *state, const struct packet *p)
{
	size_t i;

	for (i = 0; i < state->nfragments; i++) {
		struct eval_fragment *fragment = &state->fragments[i];

		if (fragment->id == p->id && fragment->protocol == fragment_protocol(p) &&
		    addr_equal(&fragment->src, &p->src) && addr_equal(&fragment->dst, &p->dst))
			return fragment;
	}
	return NULL;
}

bool fragment_alive(const struct eval_fragment *fragment, int64_t now)
{
	return now - fragment->seen < FRAGMENT_LIFE;
}

int state_add_fragment(struct eval_state *state, const struct packet *p, int64_t now)
{
	struct eval_fragment *fragment = state_fragment(state, p);
	size_t i;

	/* Any dead one will do: scans stay short. */
	for (i = 0; i < state->nfragments && !fragment; i++)
		if (!fragment_alive(&state->fragments[i], now))
			fragment = &state->fragments[i];
	if (!fragment) {
		if (reserve((void **)&state->fragments, state->nfragments,
			    &state->fragment_capacity, sizeof(*fragment)))
			return -ENOMEM;
		fragment = &state->fragments[state->nfragments++];
	}
	*fragment = (struct eval_fragment){
		.src = p->src,
		.dst = p->dst,
		.id = p->id,
		.protocol = fragment_protocol(p),
		.seen = now,
		.end = p->payload,
	};
	return 0;
}

static bool learned_alive(const struct eval_learned *learned, int64_t now)
{
	return now - learned->used < LEARNED_LIFE;
}

struct eval_learned *state_learned(struct eval_state *state, const struct picket_addr *addr,
				   int64_t now)
{
	size_t i;

	for (i = 0; i < state->nlearned; i++)
		if (addr_equal(&state->learned[i].addr, addr))
			return learned_alive(&state->learned[i], now) ? &state->learned[i] : NULL;
	return NULL;
}

/* Keeps the order, so that of those learned at one time the first stays the oldest. */
static void forget(struct eval_state *state, size_t i)
{
	state->nlearned--;
	memmove(&state->learned[i], &state->learned[i + 1],
		(state->nlearned - i) * sizeof(*state->learned));
}

/* Drops what is dead, whoever else had the address, and the device's oldest when it is full. */
static void make_room(struct eval_state *state, const struct picket_addr *addr, uint32_t device,
		      int64_t now)
{
	size_t i = 0, held = 0, oldest = 0;

	while (i < state->nlearned) {
		const struct eval_learned *learned = &state->learned[i];

		if (!learned_alive(learned, now) || addr_equal(&learned->addr, addr)) {
			forget(state, i);
			continue;
		}
		if (learned->device == device) {
			if (!held || learned->since < state->learned[oldest].since)
				oldest = i;
			held++;
		}
		i++;
	}
	if (held >= LEARNED_EACH)
		forget(state, oldest);
}

int state_learn(struct eval_state *state, const struct picket_addr *addr, uint32_t device,
		int64_t now)
{
	struct eval_learned *learned = state_learned(state, addr, now);

	if (learned && learned->device == device) {
		learned->used = now;
		return 0;
	}
	make_room(state, addr, device, now);
	if (reserve((void **)&state->learned, state->nlearned, &state->learned_capacity,
		    sizeof(*learned)))
		return -ENOMEM;
	state->learned[state->nlearned++] = (struct eval_learned){
		.addr = *addr,
		.device = device,
		.since = now,
		.used = now,
	};
	return 0;
}

bool bucket_admit(struct bucket_state *bucket, const struct gcra *gcra, uint64_t n, int64_t now)
{
	__int128 time = (__int128)now * UNITS_PER_NS, tat = time;
	__int128 cost = (unsigned __int128)gcra->mult * n >> gcra->shift;

	if (!gcra->mult)
		return true;
	if (bucket->used && bucket->tat > time)
		tat = bucket->tat;
	if (tat + cost - time > (__int128)gcra->burst)
		return false;
	bucket->tat = tat + cost;
	bucket->used = true;
	return true;
}
