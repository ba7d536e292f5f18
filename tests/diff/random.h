/* SPDX-License-Identifier: GPL-2.0-only */
/* xorshift64*: the same seed gives the same run on every machine. */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dULL;
}

/* Neighbouring seeds must not give neighbouring streams. */
static inline void rng_seed(struct rng *r, uint64_t seed)
{
	r->state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	r->state ^= r->state >> 31;
	if (!r->state)
		r->state = 1;
	for (int i = 0; i < 8; i++)
		rng_next(r);
}

/* 0 to n - 1; n > 0 */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (rng_next(r) >> 32) % n;
}

static inline int rng_range(struct rng *r, int lo, int hi)
{
	return lo + (int)rng_below(r, hi - lo + 1);
}

static inline bool rng_chance(struct rng *r, uint32_t percent)
{
	return rng_below(r, 100) < percent;
}

#define rng_pick(r, array) ((array)[rng_below(r, sizeof(array) / sizeof((array)[0]))])

#endif
