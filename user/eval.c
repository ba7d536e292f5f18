// SPDX-License-Identifier: GPL-2.0-only
/* The steps in their order, and what audit makes of their reasons. */
#include "eval.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eval_place.h"
#include "eval_step.h"
#include "names.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- 1, 2, 3 ---- */

static enum reason step_port(struct judgement *j, const struct eval_input *input)
{
	static const uint8_t zero[6];
	enum reason reason = packet_link(&j->p, input->frame, input->len);
	uint32_t port;

	if (reason) {
		trace_add(j->trace, "port", NOWHERE, reason == REASON_UNBOUND ?
			  "more than one VLAN tag" : "a truncated Ethernet header or VLAN tag");
		return reason;
	}
	port = place_port(j->policy, input->interface, j->p.vlan);
	if (port == INDEX_NONE) {
		trace_add(j->trace, "port", NOWHERE, "no segment is attached to %s, VLAN %u",
			  input->interface, j->p.vlan);
		return REASON_UNBOUND;
	}
	j->port = &j->policy->ports[port];
	if (!memcmp(j->p.src_mac, zero, 6) || j->p.src_mac[0] & 1) {
		trace_add(j->trace, "port", j->port->loc, "a source MAC of zero or of a group");
		return REASON_MALFORMED;
	}
	j->mac_device = place_mac_device(j->policy, j->port, j->p.src_mac);
	trace_add(j->trace, "port", j->port->loc, "it arrives on %s, VLAN %u, from MAC %s",
		  input->interface, j->p.vlan, mac_text(j->p.src_mac).s);
	return REASON_NONE;
}

static bool port_lists_ethertype(const struct judgement *j)
{
	size_t i, k;

	for (i = 0; i < j->port->nsegments; i++) {
		const struct segment *s = &j->policy->segments[j->port->segments[i]];

		for (k = 0; k < s->nethertypes; k++)
			if (s->ethertypes[k] == j->p.ethertype)
				return true;
	}
	return false;
}

/* What is neither IP nor ARP. */
static enum reason step_ethertype(struct judgement *j)
{
	enum reason reason;

	if (!port_lists_ethertype(j)) {
		trace_add(j->trace, "ethertype", j->port->loc,
			  "no segment on this port lists EtherType 0x%04x", j->p.ethertype);
		return REASON_ETHERTYPE;
	}
	reason = step_mac_welcome(j);
	return reason ? reason : step_control_pass(j, "a listed EtherType");
}

static enum reason step_headers(struct judgement *j)
{
	const char *what = NULL;

	if (!packet_ip(&j->p))
		what = "an IP header whose version, lengths or options are wrong";
	else if (!packet_chain(&j->p))
		what = "a bad chain of IPv6 extension headers";
	else if (!packet_l4(&j->p))
		what = "a truncated or impossible TCP, UDP, SCTP or ICMP header";
	else if (!packet_discovery(&j->p))
		what = "neighbour discovery with a bad hop limit, code, length or option";
	if (!what)
		return REASON_NONE;
	trace_add(j->trace, "headers", NOWHERE, "%s", what);
	return REASON_MALFORMED;
}

static enum reason step_identity(struct judgement *j)
{
	return step_source_welcome(j, &j->p.src);
}

/* ---- 12 to 15, where audit goes on ---- */

/*
 * The mode of S, or of the destination's segment; while no source segment is known, of the
 * first one on the port; before that, of the policy. On the way out, of the device's segment.
 */
static bool in_audit(const struct judgement *j)
{
	const struct segment *segments = j->policy->segments;

	if (j->to.segment != INDEX_NONE && segments[j->to.segment].audit)
		return true;
	if (j->out)
		return false;
	if (j->from.segment != INDEX_NONE)
		return segments[j->from.segment].audit;
	return j->port ? segments[j->port->segments[0]].audit : j->policy->audit;
}

static enum reason admit(struct judgement *j)
{
	enum reason reason = REASON_NONE;

	if (!j->flow && !j->p.later) {
		reason = step_conduit(j);
		if (!reason)
			reason = step_roles(j);
		if (reason && !in_audit(j))
			return reason;
		j->mark = reason;
	}
	j->audited = j->mark;
	reason = step_limits(j);
	if (reason && !in_audit(j) && !(j->flow && j->mark))
		return reason;
	if (!j->audited)
		j->audited = reason;
	step_remember(j);
	return REASON_NONE;
}

/* ---- in and out ---- */

static enum reason judge_arrival(struct judgement *j, const struct eval_input *input)
{
	static enum reason (*const steps[])(struct judgement *) = {
		step_headers,  step_martian,	 step_link,  step_identity,
		step_fragment, step_destination, step_hosts, step_flow,
	};
	enum reason reason = step_port(j, input);
	size_t i;

	if (reason)
		return reason;
	if (j->p.ethertype == ETHERTYPE_ARP)
		return step_arp(j);
	if (j->p.ethertype != ETHERTYPE_IPV4 && j->p.ethertype != ETHERTYPE_IPV6)
		return step_ethertype(j);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		reason = steps[i](j);
		if (reason || j->passed)
			return reason;
	}
	return admit(j);
}

/* What leaves without being judged, though it goes to a device. */
static bool is_own_control(const struct packet *p)
{
	return p->later || (p->version == 4 && p->protocol == PROTOCOL_IGMP) ||
	       packet_is_icmpv6(p, 130, 137) || packet_is_icmpv6(p, 143, 143) ||
	       packet_is_udp(p, 4, 67, 68) || packet_is_udp(p, 6, 547, 546);
}

static enum reason judge_departure(struct judgement *j, const struct eval_input *input)
{
	struct party to;
	enum reason reason;

	if (packet_link(&j->p, input->frame, input->len) ||
	    (j->p.ethertype != ETHERTYPE_IPV4 && j->p.ethertype != ETHERTYPE_IPV6) ||
	    !packet_ip(&j->p))
		return REASON_NONE;
	if (find_destination(j, &j->p.dst, &to) || to.kind != PARTY_DEVICE)
		return REASON_NONE;
	j->to = to;
	j->from.kind = PARTY_GATEWAY;
	j->from.addr = j->p.src;
	trace_add(j->trace, "destination", j->policy->devices[to.device].loc,
		  "the gateway sends it to %s", party_text(j->policy, &to).s);
	if (!packet_chain(&j->p) || !packet_l4(&j->p)) {
		trace_add(j->trace, "headers", NOWHERE, "malformed headers");
		return REASON_MALFORMED;
	}
	if (is_own_control(&j->p)) {
		trace_add(j->trace, "link", NOWHERE, "control traffic of the gateway's own");
		return REASON_NONE;
	}
	reason = step_welcome(j, to.device);
	if (!reason)
		reason = step_flow(j);
	return reason ? reason : admit(j);
}

/* ---- the verdict ---- */

static bool may_learn(const struct policy *policy, const struct picket_addr *addr, uint32_t device)
{
	uint8_t len = 0;

	if (addr_is_unspecified(addr) || addr_is_link_local(addr) || policy->devices[device].router)
		return false;
	place_longest(policy, addr, &len);
	return len != (addr_is_ipv4(addr) ? 96 : 0);
}

static void learn(struct judgement *j)
{
	size_t i;

	for (i = 0; i < j->nlessons; i++)
		if (may_learn(j->policy, &j->lesson[i].addr, j->lesson[i].device) &&
		    state_learn(&j->eval->state, &j->lesson[i].addr, j->lesson[i].device,
				j->eval->now))
			j->error = -ENOMEM;
}

static struct eval_verdict conclude(struct judgement *j, enum reason reason)
{
	struct eval_verdict verdict = {
		.verdict = VERDICT_PASS,
		.reason = reason ? reason : j->audited,
		.device = j->from.device != INDEX_NONE ? j->from.device : j->to.device,
		.segment = j->out ? j->to.segment : j->from.segment,
	};

	if (reason)
		verdict.verdict = in_audit(j) ? VERDICT_AUDIT : VERDICT_DROP;
	else if (j->audited)
		verdict.verdict = VERDICT_AUDIT;
	if (verdict.verdict == VERDICT_PASS)
		learn(j);
	if (verdict.verdict != VERDICT_DROP && j->fragment_tracked &&
	    state_add_fragment(&j->eval->state, &j->p, j->eval->now))
		j->error = -ENOMEM;
	if (verdict.reason)
		trace_add(j->trace, "verdict", NOWHERE, "%s: %s%s",
			  verdict_name(verdict.verdict), reason_name(verdict.reason),
			  verdict.verdict == VERDICT_AUDIT ? ", in audit mode" : "");
	else
		trace_add(j->trace, "verdict", NOWHERE, "%s", verdict_name(verdict.verdict));
	return verdict;
}

int eval_frame(struct eval *eval, const struct eval_input *input, struct eval_verdict *out,
	       struct eval_trace *trace)
{
	struct judgement j = {
		.eval = eval,
		.policy = eval->policy,
		.out = input->out,
		.mac_device = INDEX_NONE,
		.from = { .device = INDEX_NONE, .segment = INDEX_NONE },
		.to = { .device = INDEX_NONE, .segment = INDEX_NONE },
		.trace = trace,
	};
	struct eval_verdict verdict;

	if (input->time > eval->now)
		eval->now = input->time;
	verdict = conclude(&j, input->out ? judge_departure(&j, input) :
					    judge_arrival(&j, input));
	if (j.error || (trace && trace->error))
		return -ENOMEM;
	*out = verdict;
	return 0;
}

/* ---- the gateway, devices ---- */

bool eval_is_gateway(const struct eval *eval, const struct picket_addr *addr)
{
	size_t i;

	for (i = 0; i < eval->ngateway; i++)
		if (addr_equal(&eval->gateway[i], addr))
			return true;
	return false;
}

int eval_add_gateway(struct eval *eval, const struct picket_addr *addr)
{
	struct picket_addr *grown;

	grown = reallocarray(eval->gateway, eval->ngateway + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	eval->gateway = grown;
	eval->gateway[eval->ngateway++] = *addr;
	return 0;
}

void eval_quarantine(struct eval *eval, uint32_t device, int64_t until)
{
	eval->state.devices[device].quarantined_until = until;
}

int eval_learn(struct eval *eval, const struct picket_addr *addr, uint32_t device, int64_t now)
{
	uint8_t len;

	if (place_longest(eval->policy, addr, &len) != eval->policy->devices[device].segment ||
	    !may_learn(eval->policy, addr, device) ||
	    place_lists_version(&eval->policy->devices[device], addr))
		return -EINVAL;
	return state_learn(&eval->state, addr, device, now);
}

static int check_limits(const struct limit *limit)
{
	struct gcra gcra;
	int d, k;

	for (d = 0; limit && d < DIRECTIONS; d++)
		for (k = 0; k < LIMIT_KINDS; k++)
			if (gcra_from_rate(&limit[d].rate[k], k, &gcra))
				return -ERANGE;
	return 0;
}

static int check_rates(const struct policy *policy)
{
	int error = 0;
	size_t i;

	for (i = 0; i < policy->nsegments && !error; i++)
		error = check_limits(policy->segments[i].limit);
	for (i = 0; i < policy->nroles && !error; i++)
		error = check_limits(policy->roles[i].limit);
	for (i = 0; i < policy->ndevices && !error; i++)
		error = check_limits(policy->devices[i].limit);
	return error;
}

static int eval_fill(struct eval *eval)
{
	const struct policy *policy = eval->policy;
	size_t i;
	int error = 0;

	for (i = 0; i < ARRAY_SIZE(eval->role_room); i++) {
		eval->role_room[i] = calloc(policy->nroles + 1, sizeof(*eval->role_room[i]));
		if (!eval->role_room[i])
			return -ENOMEM;
	}
	eval->role_seen = calloc(policy->nroles + 1, sizeof(*eval->role_seen));
	if (!eval->role_seen)
		return -ENOMEM;
	for (i = 0; i < policy->ngateway && !error; i++)
		error = eval_add_gateway(eval, &policy->gateway[i]);
	return error;
}

int eval_new(const struct policy *policy, struct eval **out)
{
	struct eval *eval;
	int error = check_rates(policy);

	if (error)
		return error;
	eval = calloc(1, sizeof(*eval));
	if (!eval)
		return -ENOMEM;
	eval->policy = policy;
	eval->now = INT64_MIN;
	error = state_init(&eval->state, policy);
	if (!error)
		error = eval_fill(eval);
	if (error) {
		eval_free(eval);
		return error;
	}
	*out = eval;
	return 0;
}

void eval_free(struct eval *eval)
{
	size_t i;

	if (!eval)
		return;
	for (i = 0; i < ARRAY_SIZE(eval->role_room); i++)
		free(eval->role_room[i]);
	free(eval->role_seen);
	free(eval->gateway);
	state_free(&eval->state);
	free(eval);
}
