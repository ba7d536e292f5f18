// SPDX-License-Identifier: GPL-2.0-only
#include "limit.h"
#include "parse.h"

#define LARGEST_FRAME 1518 /* bytes: an MTU of 1500, the Ethernet header, a VLAN tag */

/* One direction of a limit while it is read. */
struct limit_draft {
	struct limit *limit;
	struct text burst[LIMIT_KINDS];
	bool seen[LIMIT_KINDS]; /* the rate's key is there, right or wrong */
	bool flows; /* limits on flows are allowed */
};

static bool flows_allowed(struct parse *parse, const struct node *key,
			  const struct limit_draft *draft, enum limit_kind kind)
{
	if (kind != LIMIT_FLOWS || draft->flows)
		return true;
	diag_error(parse->diag, node_loc(key),
		   "a segment has no limit on flows: move it to roles or devices");
	return false;
}

static void read_rate(struct parse *parse, const struct node *key, const struct node *value,
		      struct limit_draft *draft, enum limit_kind kind)
{
	struct text text;

	draft->seen[kind] = true;
	if (flows_allowed(parse, key, draft, kind) && parse_scalar(parse, key, value, &text))
		value_rate(parse->diag, &text, kind, &draft->limit->rate[kind]);
}

static void read_flows(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_rate(parse, key, value, into, LIMIT_FLOWS);
}

static void read_packets(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	read_rate(parse, key, value, into, LIMIT_PACKETS);
}

static void read_bytes(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_rate(parse, key, value, into, LIMIT_BYTES);
}

static void read_burst(struct parse *parse, const struct node *key, const struct node *value,
		       struct limit_draft *draft, enum limit_kind kind)
{
	struct text text;

	if (flows_allowed(parse, key, draft, kind) && parse_scalar(parse, key, value, &text) &&
	    value_burst(parse->diag, &text, kind, &draft->limit->rate[kind].burst))
		draft->burst[kind] = text;
}

static void read_burst_flows(struct parse *parse, const struct node *key, const struct node *value,
			     void *into)
{
	read_burst(parse, key, value, into, LIMIT_FLOWS);
}

static void read_burst_packets(struct parse *parse, const struct node *key, const struct node *value,
			       void *into)
{
	read_burst(parse, key, value, into, LIMIT_PACKETS);
}

static void read_burst_bytes(struct parse *parse, const struct node *key, const struct node *value,
			     void *into)
{
	read_burst(parse, key, value, into, LIMIT_BYTES);
}

static const struct field LIMIT_FIELDS[] = {
	{ "flows", read_flows }, { "packets", read_packets }, { "bytes", read_bytes },
	{ "burst", read_burst_packets }, { "burst-bytes", read_burst_bytes },
	{ "burst-flows", read_burst_flows },
};

static void rate_finish(struct parse *parse, struct limit_draft *draft, enum limit_kind kind)
{
	static const char *const names[][2] = {
		[LIMIT_FLOWS] = { "burst-flows", "flows" },
		[LIMIT_PACKETS] = { "burst", "packets" },
		[LIMIT_BYTES] = { "burst-bytes", "bytes" },
	};
	struct rate *rate = &draft->limit->rate[kind];
	const struct text *burst = &draft->burst[kind];
	struct gcra unused;

	if (burst->s && !draft->seen[kind])
		diag_error(parse->diag, burst->loc, "\"%s\" without \"%s\" limits nothing: add the rate",
			   names[kind][0], names[kind][1]);
	if (!rate->count)
		return;
	if (!burst->s)
		rate->burst = limit_default_burst(rate, kind);
	if (gcra_from_rate(rate, kind, &unused))
		diag_error(parse->diag, rate->loc,
			   "this rate cannot be counted: it is too slow or too fast, or its burst takes "
			   "over 208 days to come back; choose another");
	else if (kind == LIMIT_BYTES && rate->burst < LARGEST_FRAME)
		diag_warning(parse->diag, burst->loc,
			     "a burst of %llu bytes is under the largest frame (%d bytes), which would "
			     "never pass: raise burst-bytes",
			     (unsigned long long)rate->burst, LARGEST_FRAME);
}

struct limits_draft {
	struct limit *limit; /* DIRECTIONS */
	bool flows;
};

static void read_direction(struct parse *parse, const struct node *key, const struct node *value,
			   struct limits_draft *limits, enum direction direction)
{
	struct limit_draft draft = { .limit = &limits->limit[direction], .flows = limits->flows };
	int kind;

	draft.limit->present = true;
	draft.limit->loc = node_loc(key);
	parse_fields(parse, key, value, LIMIT_FIELDS, sizeof(LIMIT_FIELDS) / sizeof(LIMIT_FIELDS[0]),
		     &draft);
	for (kind = 0; kind < LIMIT_KINDS; kind++)
		rate_finish(parse, &draft, kind);
}

static void read_send(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_direction(parse, key, value, into, DIR_SEND);
}

static void read_receive(struct parse *parse, const struct node *key, const struct node *value,
			 void *into)
{
	read_direction(parse, key, value, into, DIR_RECEIVE);
}

void parse_limits(struct parse *parse, const struct node *key, const struct node *value, bool flows,
		  struct limit limit[DIRECTIONS])
{
	static const struct field fields[] = {
		{ "send", read_send },
		{ "receive", read_receive },
	};
	struct limits_draft draft = { limit, flows };

	parse_fields(parse, key, value, fields, sizeof(fields) / sizeof(fields[0]), &draft);
}
