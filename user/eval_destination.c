// SPDX-License-Identifier: GPL-2.0-only
/* Where a packet may come from and go to: the martians of step 3, and steps 8 to 10. */
#include "eval_step.h"

#include "eval_place.h"

static bool is_group_address(const struct judgement *j, const struct picket_addr *addr)
{
	return addr_is_multicast(addr) || addr_is_broadcast(addr) ||
	       place_broadcast(j->policy, addr) != INDEX_NONE;
}

static const char *martian(const struct judgement *j)
{
	const struct packet *p = &j->p;

	if (place_martian_source(j->policy, &p->src))
		return "its source is multicast, loopback, reserved or a broadcast address";
	if (p->version == 6 && (addr_is_ipv4(&p->src) || addr_is_embedded_ipv4(&p->src)))
		return "its source is an IPv4 address in IPv6";
	if (addr_is_unspecified(&p->src) && !link_takes_unspecified(j))
		return "its source is unspecified";
	if (addr_is_loopback(&p->dst) || addr_is_unspecified(&p->dst))
		return "its destination is loopback or unspecified";
	if (p->version == 6 && (addr_is_ipv4(&p->dst) || addr_is_embedded_ipv4(&p->dst)))
		return "its destination is an IPv4 address in IPv6";
	if (p->dst_mac[0] & 1 && !is_group_address(j, &p->dst))
		return "it goes to one address, but to a group MAC";
	return NULL;
}

enum reason step_martian(struct judgement *j)
{
	const char *why = martian(j);

	if (!why)
		return REASON_NONE;
	trace_add(j->trace, "martian", NOWHERE, "%s to %s: %s", addr_text(&j->p.src).s,
		  addr_text(&j->p.dst).s, why);
	return REASON_MARTIAN;
}

/* ---- 8 ---- */

static enum reason fragment_refused(struct judgement *j, const char *why)
{
	const struct segment *s = &j->policy->segments[j->from.segment];

	trace_add(j->trace, "fragment", s->loc, "a fragment from segment %s: %s", s->name, why);
	return REASON_FRAGMENT;
}

static enum reason fragment(struct judgement *j)
{
	const struct eval_fragment *first;

	if (!j->policy->segments[j->from.segment].track_fragments)
		return fragment_refused(j, "it does not track fragments");
	if (packet_is_icmpv6(&j->p, 133, 137))
		return fragment_refused(j, "neighbour discovery is never fragmented");
	if (!j->p.later)
		return REASON_NONE;
	first = state_fragment(&j->eval->state, &j->p);
	if (!first || !fragment_alive(first, j->eval->now))
		return fragment_refused(j, "no first one passed within the last 30 s");
	if (first->end > j->p.offset)
		return fragment_refused(j, "it overlaps the first one");
	trace_add(j->trace, "fragment", NOWHERE, "a later fragment of a packet whose first passed");
	return REASON_NONE;
}

static enum reason dhcp_answer(struct judgement *j)
{
	const struct device *device;

	if (j->from.kind != PARTY_DEVICE)
		return REASON_NONE;
	device = &j->policy->devices[j->from.device];
	if (device->dhcp_server ||
	    (!packet_is_udp(&j->p, 4, 67, 68) && !packet_is_udp(&j->p, 6, 547, 546)))
		return REASON_NONE;
	trace_add(j->trace, "dhcp", device->loc,
		  "device %s answers DHCP clients, and is no dhcp-server", device->name);
	return REASON_ROGUE_DHCP;
}

enum reason step_fragment(struct judgement *j)
{
	enum reason reason = j->p.fragment ? fragment(j) : REASON_NONE;

	if (!reason)
		reason = dhcp_answer(j);
	j->fragment_tracked = !reason && j->p.fragment && !j->p.later;
	return reason;
}

/* ---- 9 ---- */

static uint32_t device_at(const struct judgement *j, const struct picket_addr *addr)
{
	uint32_t listed = place_listed(j->policy, addr);
	const struct eval_learned *learned;

	if (listed != INDEX_NONE)
		return listed;
	learned = state_learned(&j->eval->state, addr, j->eval->now);
	return learned ? learned->device : INDEX_NONE;
}

enum reason find_destination(const struct judgement *j, const struct picket_addr *addr,
			     struct party *to)
{
	uint32_t segment;
	uint8_t len;

	*to = (struct party){ .addr = *addr, .device = INDEX_NONE, .segment = INDEX_NONE };
	if (eval_is_gateway(j->eval, addr)) {
		to->kind = PARTY_GATEWAY;
		return REASON_NONE;
	}
	if (addr_is_multicast(addr) || addr_is_broadcast(addr) || addr_is_link_local(addr)) {
		to->kind = PARTY_GROUP;
		return REASON_NONE;
	}
	segment = place_broadcast(j->policy, addr);
	if (segment != INDEX_NONE) {
		if (!j->port || !place_on_port(j->port, segment))
			return REASON_SEGMENT;
		to->kind = PARTY_GROUP;
		return REASON_NONE;
	}
	to->device = device_at(j, addr);
	if (to->device != INDEX_NONE) {
		to->kind = PARTY_DEVICE;
		to->segment = j->policy->devices[to->device].segment;
		return REASON_NONE;
	}
	to->segment = place_longest(j->policy, addr, &len);
	if (to->segment == INDEX_NONE)
		return REASON_SEGMENT;
	if (!j->policy->segments[to->segment].hosts)
		return REASON_UNKNOWN_DEVICE;
	to->kind = PARTY_HOST;
	return REASON_NONE;
}

static struct loc party_loc(const struct policy *policy, const struct party *party)
{
	if (party->device != INDEX_NONE)
		return policy->devices[party->device].loc;
	if (party->segment != INDEX_NONE)
		return policy->segments[party->segment].loc;
	return NOWHERE;
}

enum reason step_destination(struct judgement *j)
{
	enum reason reason = find_destination(j, &j->p.dst, &j->to);
	struct loc loc = party_loc(j->policy, &j->to);

	if (reason == REASON_UNKNOWN_DEVICE)
		trace_add(j->trace, "destination", loc,
			  "destination %s is no listed or learned device, and segment %s has no others",
			  addr_text(&j->p.dst).s, j->policy->segments[j->to.segment].name);
	else if (reason)
		trace_add(j->trace, "destination", loc,
			  "destination %s is in no segment, or a broadcast address of another port's",
			  addr_text(&j->p.dst).s);
	else
		trace_add(j->trace, "destination", loc, "destination is %s",
			  party_text(j->policy, &j->to).s);
	return reason ? reason : step_welcome(j, j->to.device);
}

/* ---- 10 ---- */

enum reason step_hosts(struct judgement *j)
{
	enum reason reason;

	if (j->from.kind != PARTY_HOST ||
	    (j->to.kind != PARTY_GATEWAY && j->to.kind != PARTY_GROUP))
		return REASON_NONE;
	reason = charge_segment(j, j->from.segment, DIR_SEND);
	if (reason)
		return reason;
	trace_add(j->trace, "hosts", j->policy->segments[j->from.segment].loc,
		  "from a host to the gateway or a group: judged no further");
	j->passed = true;
	return REASON_NONE;
}
