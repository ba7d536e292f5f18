// SPDX-License-Identifier: GPL-2.0-only
#include "flowends.h"

#include <netinet/in.h>

#include "policy.h"

#define HIGH 12 /* where the keys of the second sum begin */
#define WORDS 10
#define ECHO (1U << 8) /* beside the protocol */

enum { WORD_LOW_ADDR, WORD_HIGH_ADDR, WORD_PORTS, WORD_PROTOCOL };

/* What a fingerprint is made of, as bpf/flowtable.h's tag_ends() has it. */
struct words {
	uint32_t at[WORDS];
	int n;
};

/* ---- the sums ---- */

static uint64_t product(const __u64 *key, const struct words *w, int i)
{
	return (uint64_t)(uint32_t)(w->at[i] + (uint32_t)key[i]) * (uint32_t)(w->at[i + 1] + (uint32_t)key[i + 1]);
}

static uint64_t sum(const __u64 *key, const struct words *w)
{
	uint64_t total = 0;

	for (int i = 0; i < w->n; i += 2)
		total += product(key, w, i);
	return total;
}

/* Of an odd number, modulo 2^64, by Newton: each step doubles how many bits are right. */
static uint64_t inverse(uint64_t odd)
{
	uint64_t x = odd;

	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

/* Takes back bpf/flowtable.h's mix(). */
static uint64_t unmix(uint64_t h)
{
	h ^= h >> 32;
	h *= inverse(0xd6e8feb86659fd93ULL);
	return h ^ h >> 32;
}

/* The one x below 2^32 with a * x = b modulo 2^64. False: there is none, or there may be several. */
static bool divide(uint64_t b, uint64_t a, uint32_t *x)
{
	int twos = a ? __builtin_ctzll(a) : 64;
	uint64_t found;

	if (twos > 32 || b & ((1ULL << twos) - 1))
		return false;
	found = (b >> twos) * inverse(a >> twos) & (~0ULL >> twos);
	*x = found;
	return found <= UINT32_MAX;
}

static bool fits(const __u64 *secret, const struct words *w, const struct flow *flow)
{
	return (sum(secret, w) | 1) == flow->low && sum(secret + HIGH, w) == unmix(flow->high);
}

/* ---- what is unknown ---- */

/* The ports alone. */
static bool find_ports(const __u64 *secret, const struct flow *flow, struct words *w)
{
	const __u64 *key = secret + HIGH;
	uint64_t rest = unmix(flow->high);
	uint32_t ports;

	for (int i = 0; i < w->n; i += 2)
		if (i != WORD_PORTS)
			rest -= product(key, w, i);
	if (!divide(rest, (uint32_t)(w->at[WORD_PROTOCOL] + (uint32_t)key[WORD_PROTOCOL]), &ports))
		return false;
	w->at[WORD_PORTS] = ports - (uint32_t)key[WORD_PORTS];
	return fits(secret, w, flow);
}

/*
 * The other address x and the ports y, with their keys of the second sum in them:
 *   high = A x + P y,  low = a (x + dx - wrap) + p (y + dy - wrap)
 * where each wrap is 0 or 2^32, and low has lost its last bit. y is eliminated.
 */
static bool find_both(const __u64 *secret, const struct flow *flow, struct words *w, int unknown)
{
	const __u64 *first = secret, *second = secret + HIGH;
	int known = unknown == WORD_LOW_ADDR ? WORD_HIGH_ADDR : WORD_LOW_ADDR;
	uint64_t a = (uint32_t)(w->at[known] + (uint32_t)first[known]);
	uint64_t A = (uint32_t)(w->at[known] + (uint32_t)second[known]);
	uint64_t p = (uint32_t)(w->at[WORD_PROTOCOL] + (uint32_t)first[WORD_PROTOCOL]);
	uint64_t P = (uint32_t)(w->at[WORD_PROTOCOL] + (uint32_t)second[WORD_PROTOCOL]);
	uint64_t dx = (uint32_t)(first[unknown] - second[unknown]);
	uint64_t dy = (uint32_t)(first[WORD_PORTS] - second[WORD_PORTS]);
	uint64_t high = unmix(flow->high);

	for (int guess = 0; guess < 8; guess++) {
		uint64_t low = flow->low - (guess & 1) - a * dx - p * dy;
		uint32_t x;

		if (guess & 2)
			low += a << 32;
		if (guess & 4)
			low += p << 32;
		if (!divide(p * high - P * low, p * A - P * a, &x))
			continue;
		w->at[unknown] = x - (uint32_t)second[unknown];
		if (find_ports(secret, flow, w))
			return true;
	}
	return false;
}

/* ---- what a flow may be ---- */

static size_t protocols_of(const struct flow *flow, bool ipv4, uint32_t out[4])
{
	uint32_t echo = ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	switch (flow->kind) {
	case FLOW_TCP:
		out[0] = IPPROTO_TCP;
		return 1;
	case FLOW_UDP:
		out[0] = IPPROTO_UDP;
		return 1;
	case FLOW_OTHER:
		out[0] = echo | ECHO;
		out[1] = IPPROTO_SCTP;
		out[2] = echo;
		out[3] = IPPROTO_GRE;
		return 4;
	default:
		return 0;
	}
}

static void put_addr(struct words *w, bool high, const struct picket_addr *addr)
{
	w->at[high ? WORD_HIGH_ADDR : WORD_LOW_ADDR] = addr->w[3];
	for (int i = 0; i < 3; i++)
		w->at[(high ? 7 : 4) + i] = addr->w[i];
}

static struct words words_of(bool ipv4, uint32_t protocol)
{
	return (struct words){ .at[WORD_PROTOCOL] = protocol | (ipv4 ? 4 : 6) << 16, .n = ipv4 ? 4 : WORDS };
}

static void put_ports(const struct words *w, bool opener_low, uint32_t protocol, struct flow_ends *out)
{
	uint16_t low = w->at[WORD_PORTS] >> 16, high = w->at[WORD_PORTS];

	out->opener_port = opener_low ? low : high;
	out->responder_port = opener_low ? high : low;
	out->protocol = protocol;
	out->echo = protocol & ECHO;
}

bool flow_ends_ports(const __u64 secret[FLOW_SECRETS], const struct flow *flow,
		     const struct picket_addr *opener, const struct picket_addr *responder,
		     struct flow_ends *out)
{
	bool opener_low = flow->flags & FLOW_LOW_OPENED, ipv4 = addr_is_ipv4(opener);
	uint32_t protocols[4];
	size_t n = protocols_of(flow, ipv4, protocols);

	for (size_t i = 0; i < n; i++) {
		struct words w = words_of(ipv4, protocols[i]);

		put_addr(&w, !opener_low, opener);
		put_addr(&w, opener_low, responder);
		if (!find_ports(secret, flow, &w))
			continue;
		*out = (struct flow_ends){ .opener = *opener, .responder = *responder };
		put_ports(&w, opener_low, protocols[i], out);
		return true;
	}
	return false;
}

bool flow_ends_find(const __u64 secret[FLOW_SECRETS], const struct flow *flow,
		    const struct picket_addr *known, bool opened, struct flow_ends *out)
{
	bool opener_low = flow->flags & FLOW_LOW_OPENED;
	int unknown = opened == opener_low ? WORD_HIGH_ADDR : WORD_LOW_ADDR;
	uint32_t protocols[4];
	size_t n = protocols_of(flow, true, protocols);

	for (size_t i = 0; i < n; i++) {
		struct words w = words_of(true, protocols[i]);
		struct picket_addr other = *known;

		put_addr(&w, unknown == WORD_LOW_ADDR, known);
		if (!find_both(secret, flow, &w, unknown))
			continue;
		other.w[3] = w.at[unknown];
		*out = (struct flow_ends){ .opener = opened ? *known : other, .responder = opened ? other : *known };
		put_ports(&w, opener_low, protocols[i], out);
		return true;
	}
	return false;
}
