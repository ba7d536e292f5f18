// SPDX-License-Identifier: GPL-2.0-only
/* Steps 11 and 15: known flows, and remembering them. */
#include "eval_step.h"

#include <errno.h>

#include "eval_place.h"

static struct flow_key key_of(const struct packet *p)
{
	struct flow_key key = {
		.from = p->src,
		.to = p->dst,
		.protocol = p->protocol,
		.echo = packet_is_echo(p),
	};

	if (packet_has_ports(p)) {
		key.from_port = p->sport;
		key.to_port = p->dport;
	} else if (key.echo) {
		key.from_port = key.to_port = p->echo_id;
	}
	return key;
}

static bool is_tcp(const struct packet *p, uint8_t mask, uint8_t flags)
{
	return p->protocol == PROTOCOL_TCP && (p->tcp_flags & mask) == flags;
}

/* Is each end still the device, or none, that it was? from is the end that key runs from. */
static bool same_ends(const struct eval_flow *flow, const struct flow_key *key, uint32_t from,
		      uint32_t to)
{
	if (flow_is_own_direction(flow, key))
		return flow->opener.device == from && flow->responder.device == to;
	return flow->responder.device == from && flow->opener.device == to;
}

/* False, and the flow is forgotten, when what opened it would be refused now. */
static bool still_allowed(struct judgement *j, struct eval_flow *flow)
{
	if (flow->mark || rules_allow(j->eval, &flow->opener, &flow->responder, &flow->asked))
		return true;
	flow->gone = true;
	trace_add(j->trace, "flow", NOWHERE,
		  "it was of a flow from %s that is no longer allowed",
		  addr_text(&flow->opener.addr).s);
	return false;
}

/* The flow between these devices, whatever its age. Either of them may own it. */
static struct eval_flow *find_flow(struct judgement *j, struct flow_key key, uint32_t from, uint32_t to)
{
	const uint32_t owners[] = { from, to };
	struct eval_flow *flow;

	for (int i = 0; i < 2; i++) {
		key.owner = owners[i];
		flow = state_flow(&j->eval->state, &key);
		if (flow && !flow->gone && same_ends(flow, &key, from, to))
			return flow;
	}
	return NULL;
}

static bool is_alive(const struct judgement *j, const struct eval_flow *flow)
{
	return flow && flow_alive(flow, j->eval->now);
}

/* A SYN opens, wherever it goes; an echo request is no reply. */
static bool can_belong(const struct judgement *j, const struct eval_flow *flow)
{
	if (is_tcp(&j->p, TCP_SYN | TCP_ACK, TCP_SYN))
		return false;
	return flow_is_own_direction(flow, &j->key) || !packet_is_echo_request(&j->p);
}

static struct eval_flow *packet_flow(struct judgement *j)
{
	struct eval_flow *flow = find_flow(j, j->key, j->from.device, j->to.device);

	if (!is_alive(j, flow) || !can_belong(j, flow) || !still_allowed(j, flow))
		return NULL;
	return flow;
}

/* An error may come from whoever forwards, or from the end that the packet was sent to. */
static bool may_report(const struct judgement *j, const struct packet *quoted)
{
	return j->from.device == INDEX_NONE || j->policy->devices[j->from.device].router ||
	       addr_equal(&j->p.src, &quoted->dst);
}

static struct eval_flow *quoted_flow(struct judgement *j)
{
	struct packet quoted;
	struct party to;
	struct eval_flow *flow;

	if (!packet_quote(&j->p, &quoted) || !addr_equal(&quoted.src, &j->p.dst) ||
	    !may_report(j, &quoted))
		return NULL;
	find_destination(j, &quoted.dst, &to);
	flow = find_flow(j, key_of(&quoted), j->to.device, to.device);
	if (!is_alive(j, flow) || !still_allowed(j, flow))
		return NULL;
	return flow;
}

static bool needs_flow(const struct packet *p)
{
	return is_tcp(p, TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK) || is_tcp(p, TCP_RST, TCP_RST) ||
	       (packet_is_echo(p) && !packet_is_echo_request(p)) || packet_is_icmp_error(p);
}

enum reason step_flow(struct judgement *j)
{
	bool error = packet_is_icmp_error(&j->p);

	if (j->p.later)
		return REASON_NONE;
	j->asked = asked_of(&j->p);
	j->key = key_of(&j->p);
	j->flow = error ? quoted_flow(j) : packet_flow(j);
	if (j->flow) {
		j->prolongs = !error;
		j->mark = j->flow->mark;
		trace_add(j->trace, "flow", NOWHERE, "it belongs to a flow that %s opened to %s%s",
			  addr_text(&j->flow->opener.addr).s,
			  addr_text(&j->flow->responder.addr).s,
			  j->mark ? ", which audit let pass" : "");
		return REASON_NONE;
	}
	if (!needs_flow(&j->p))
		return REASON_NONE;
	trace_add(j->trace, "flow", NOWHERE, "an answer or an error that belongs to no known flow");
	return REASON_NO_FLOW;
}

static void note(struct judgement *j, struct eval_flow *flow, bool own)
{
	flow->seen = j->eval->now;
	if (j->p.protocol != PROTOCOL_TCP)
		return;
	if (j->p.tcp_flags & TCP_FIN)
		flow->fin[own ? 0 : 1] = true;
	if (j->p.tcp_flags & TCP_RST)
		flow->reset = true;
}

void step_remember(struct judgement *j)
{
	struct eval_flow *flow = j->flow;

	if (j->p.later || (flow && !j->prolongs))
		return;
	if (flow) {
		note(j, flow, flow_is_own_direction(flow, &j->key));
		return;
	}
	flow = find_flow(j, j->key, j->from.device, j->to.device);
	if (flow)
		flow->gone = true; /* opened the other way, or over */
	j->key.owner = j->from.device != INDEX_NONE ? j->from.device : j->to.device;
	flow = state_open_flow(&j->eval->state, &j->key);
	if (!flow) {
		j->error = -ENOMEM;
		return;
	}
	flow->opener = j->from;
	flow->responder = j->to;
	flow->asked = j->asked;
	flow->mark = j->mark;
	note(j, flow, true);
	trace_add(j->trace, "flow", NOWHERE, "a new flow%s",
		  j->mark ? ", marked: enforcing would have refused it" : "");
}
