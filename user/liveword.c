// SPDX-License-Identifier: GPL-2.0-only
#include "liveword.h"

#include <time.h>

#define NS 1000000000ULL

static uint64_t boot_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * NS + now.tv_nsec;
}

uint64_t liveword_left(const volatile struct live_word *live)
{
	uint64_t now = boot_now(), deadline = live->deadline;

	return live->word & LIVE_PENDING && now < deadline ? deadline - now : 0;
}

uint64_t liveword_now(const volatile struct live_word *live)
{
	uint64_t word = live->word;

	return word & LIVE_PENDING && boot_now() >= live->deadline ? live->back : word;
}

void liveword_store(volatile struct live_word *live, uint64_t word)
{
	__atomic_store_n(&live->word, word, __ATOMIC_SEQ_CST);
}

void liveword_store_pending(volatile struct live_word *live, uint64_t word, uint64_t back, uint64_t within)
{
	__atomic_store_n(&live->back, back, __ATOMIC_SEQ_CST);
	__atomic_store_n(&live->deadline, boot_now() + within, __ATOMIC_SEQ_CST);
	liveword_store(live, word | LIVE_PENDING);
}
