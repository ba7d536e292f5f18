// SPDX-License-Identifier: GPL-2.0-only
#include "outage.h"

#include "output.h"

#define QUIET_TICKS 3 /* so that what fails by turns does not fill the log */

uint64_t outage_lost(const struct outage *outage)
{
	return __atomic_load_n(&outage->lost, __ATOMIC_RELAXED);
}

void outage_reach(struct outage *outage)
{
	outage->reached = true;
}

void outage_lose(struct outage *outage, const char *why)
{
	if (!outage->on) {
		outage->on = true;
		outage->before = outage->lost;
		warn("%s do not reach %s: %s; they are counted as lost until they do", outage->what,
		     outage->where, why);
	}
	outage->reached = false;
	outage->quiet = 0;
	__atomic_fetch_add(&outage->lost, 1, __ATOMIC_RELAXED);
}

static void say_over(const struct outage *outage, const char *verb, const char *how)
{
	uint64_t lost = outage->lost - outage->before;

	warn("%s %s %s %s; %llu %s lost", outage->what, verb, outage->where, how,
	     (unsigned long long)lost, lost == 1 ? "was" : "were");
}

void outage_tick(struct outage *outage)
{
	if (!outage->on || outage->quiet++ < QUIET_TICKS || !outage->reached)
		return;
	outage->on = false;
	say_over(outage, "reach", "again");
}

void outage_end(const struct outage *outage)
{
	if (outage->on)
		say_over(outage, "did not reach", "to the end");
}
