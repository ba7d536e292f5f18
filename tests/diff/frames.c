// SPDX-License-Identifier: GPL-2.0-only
#include "frames.h"

#include <string.h>

#include "policies.h"

void traffic_init(struct traffic *t, struct rng *r, const struct policy *policy)
{
	memset(t, 0, sizeof(*t));
	t->r = r;
	t->policy = policy;
	t->now = RUN_EPOCH * NSEC_PER_SEC + rng_below(r, 1000);
}

/* Times at which something ends for somebody: of a frame before, or of the policy. */
static int64_t edge_time(struct traffic *t)
{
	static const int64_t ages[] = { 10, 30, 60, 180, 600, 3600, 1 };
	size_t kept = t->nhistory < HISTORY ? t->nhistory : HISTORY;
	int64_t at = t->now;

	if (kept && rng_chance(t->r, 80))
		at = t->history[rng_below(t->r, kept)].time + rng_pick(t->r, ages) * NSEC_PER_SEC;
	else
		at = (RUN_EPOCH + rng_below(t->r, 6)) * NSEC_PER_SEC;
	return at + rng_range(t->r, -1, 1);
}

/* Mostly close together, so that limits bite and flows live; at times far apart. */
void traffic_pass_time(struct traffic *t)
{
	static const int64_t waits[] = { 1000, 20000, 1000000, 20000000, 50000000, 200000000 };
	static const int64_t long_waits[] = { 1, 1, 2, 2, 5, 5, 11, 11, 31, 31, 61, 181, 601, 3601 };
	uint32_t what = rng_below(t->r, 1000);
	int64_t edge;

	if (what < 200)
		return;
	if (what < 300)
		t->now++;
	else if (what < 945)
		t->now += rng_below(t->r, rng_pick(t->r, waits));
	else if (what < 946)
		t->now += 40000 * NSEC_PER_SEC;
	else if (what < 960)
		t->now += rng_pick(t->r, long_waits) * NSEC_PER_SEC;
	else if ((edge = edge_time(t)) > t->now)
		t->now = edge;
}

/* One of the last again; at times from another's MAC, or through another port. */
static void repeat_frame(struct traffic *t, struct sent *s)
{
	size_t kept = t->nhistory < HISTORY ? t->nhistory : HISTORY;
	struct end other;

	*s = t->history[rng_below(t->r, kept)];
	if (s->out || s->frame.len < 14)
		return;
	if (rng_chance(t->r, 15)) {
		end_sender(t, 4, &other);
		memcpy(s->frame.bytes + 6, other.mac, 6);
	} else if (rng_chance(t->r, 15)) {
		s->interface = t->policy->ports[rng_below(t->r, t->policy->nports)].interface;
	}
}

/* What no builder would build. */
static void damage(struct traffic *t, struct frame *f)
{
	uint32_t what = rng_below(t->r, 100);

	if (what < 4) {
		f->len = rng_below(t->r, f->len + 1);
	} else if (what < 9) {
		for (int n = rng_range(t->r, 1, 3); n && f->len; n--)
			f->bytes[rng_below(t->r, f->len < 90 ? f->len : 90)] ^= 1 << rng_below(t->r, 8);
	} else if (what < 10 && f->len > 12) {
		memset(f->bytes + 6, rng_chance(t->r, 50) ? 0 : 0xff, 6);
	} else if (what < 50) {
		frame_pad(f, 60);
	}
}

void traffic_next(struct traffic *t, struct sent *out)
{
	uint32_t what = rng_below(t->r, 100);

	if (t->npending && rng_chance(t->r, 40))
		*out = t->pending[--t->npending];
	else if (what < 12 && t->nhistory)
		repeat_frame(t, out);
	else if (what < 30)
		control_frame(t, out);
	else if (what < 36)
		fragment_frames(t, out);
	else if (what < 42)
		icmp_error_frame(t, out);
	else
		talk_frame(t, out);
	damage(t, &out->frame);
	traffic_pass_time(t);
	out->time = t->now;
	t->history[t->nhistory++ % HISTORY] = *out;
}
