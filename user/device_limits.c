// SPDX-License-Identifier: GPL-2.0-only
/* What limits one device, how full that is, and what it refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "device_view.h"
#include "quote.h"

/* The profile of the step of its schedule that holds now. */
static uint32_t profile_now(const struct view *view)
{
	uint32_t first = view->ident->first_step, number = view->ident->grants.profile;
	int fd = live_map(view->live, "steps");
	struct step step;

	if (!(view->ident->flags & IDENT_SCHEDULE))
		return number;
	for (uint32_t i = first; i - first < view->ident->nsteps; i++) {
		if (bpf_map_lookup_elem(fd, &i, &step) || step.from > view->now)
			break;
		number = step.grants.profile;
	}
	return number;
}

static int read_holder(const struct view *view, uint32_t row, uint32_t profile, struct holder *holder)
{
	/* profile 0 limits nothing */
	if (bpf_map_lookup_elem(live_map(view->live, "profiles"), &profile, &holder->profile))
		return -errno;
	return refusals_get(view->live, holder->owner, row, holder->refused);
}

static int read_device(const struct view *view, struct holder *holder)
{
	*holder = (struct holder){ .owner = OWNER_DEVICE, .state = view->state };
	for (int direction = DIR_SEND; direction < DIRECTIONS; direction++)
		holder->limit[direction] = eval_limit(view->eval, view->index, direction, view->now);
	return read_holder(view, view->row, profile_now(view), holder);
}

static int read_segment(const struct view *view, struct holder *holder)
{
	uint32_t row = view->ident->segment, rows;
	const struct state *states = live_segments(view->live, &rows);
	const struct segment *segment = &view->policy->segments[view->device->segment];
	struct segment_info info;

	if (row >= rows)
		return -ERANGE;
	if (bpf_map_lookup_elem(live_map(view->live, "segments"), &row, &info))
		return -errno;
	*holder = (struct holder){ .owner = OWNER_SEGMENT, .state = &states[row] };
	memcpy(holder->limit, segment->limit, sizeof(holder->limit));
	return read_holder(view, row, info.profile, holder);
}

int view_read_limits(const struct view *view, struct holder *device, struct holder *segment)
{
	int err = read_device(view, device);

	return err ? err : read_segment(view, segment);
}

#define RATE_LEN 24

/* "50/s", as policies have it */
static const char *format_rate(const struct rate *rate, char buf[RATE_LEN])
{
	const char unit = rate->period == NSEC_PER_SEC ? 's' : rate->period == 60 * NSEC_PER_SEC ? 'm' : 'h';

	if (!rate->count)
		return NULL;
	snprintf(buf, RATE_LEN, "%llu/%c", (unsigned long long)rate->count, unit);
	return buf;
}

static void print_bucket(const struct view *view, const struct holder *holder, enum bucket bucket)
{
	static const char *const directions[] = { "send", "receive" };
	static const char *const kinds[] = { "flows", "packets", "bytes" };
	const struct rate *rate = &holder->limit[bucket / LIMIT_KINDS].rate[bucket % LIMIT_KINDS];
	const struct refused *refused = &holder->refused[bucket];
	struct output *out = view->out;
	char buf[PLACE_LEN], text[RATE_LEN];
	const char *place;
	struct fill fill;

	if (!bucket_fill(&holder->profile, holder->state, bucket, view->boot_now, &fill))
		return;
	place = format_place(view->policy, &rate->loc, buf);
	output_begin_object(out, NULL);
	output_string(out, "owner", holder->owner == OWNER_DEVICE ? "device" : "segment");
	output_string(out, "direction", directions[bucket / LIMIT_KINDS]);
	output_string(out, "kind", kinds[bucket % LIMIT_KINDS]);
	output_string(out, "rate", format_rate(rate, text));
	output_real(out, "per_second", fill.rate);
	output_number(out, "burst", fill.burst);
	output_number(out, "available", fill.available);
	output_number(out, "refused", refused->packets);
	output_bytes(out, "refused_bytes", refused->bytes);
	view_moment(view, "last_refused", refused->last);
	output_string(out, "place", !place && rate->count ? "default" : place);
	output_end_object(out);
}

void view_limits(const struct view *view, const struct holder *device, const struct holder *segment)
{
	output_begin_list(view->out, "limits");
	for (int direction = DIR_SEND; direction < DIRECTIONS; direction++) {
		for (int kind = 0; kind < LIMIT_KINDS; kind++)
			print_bucket(view, device, direction * LIMIT_KINDS + kind);
		for (int kind = 0; kind < LIMIT_KINDS; kind++)
			print_bucket(view, segment, direction * LIMIT_KINDS + kind);
	}
	output_end_list(view->out);
}
