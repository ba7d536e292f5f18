// SPDX-License-Identifier: GPL-2.0-only
/* Steps 4 and 5: who sent it, and whether that device is still welcome. */
#include "eval_step.h"

#include <string.h>

#include "eval_place.h"
#include "names.h"

#define TAKEOVER (600 * NSEC_PER_SEC) /* an address stays with who used it last */

static void trace_source(struct judgement *j, const struct picket_addr *addr, const char *how)
{
	const struct device *device = &j->policy->devices[j->from.device];

	trace_add(j->trace, "source", device->loc, "source %s is device %s of segment %s%s",
		  addr_text(addr).s, device->name, j->policy->segments[device->segment].name, how);
}

static void from_device(struct judgement *j, const struct picket_addr *addr, uint32_t device)
{
	j->from = (struct party){
		.kind = PARTY_DEVICE,
		.addr = *addr,
		.device = device,
		.segment = j->policy->devices[device].segment,
	};
}

static enum reason from_host(struct judgement *j, const struct picket_addr *addr, uint32_t segment)
{
	const struct segment *s = &j->policy->segments[segment];

	j->from = (struct party){
		.kind = PARTY_HOST,
		.addr = *addr,
		.device = INDEX_NONE,
		.segment = segment,
	};
	trace_add(j->trace, "source", s->loc, "source %s is a host of segment %s",
		  addr_text(addr).s, s->name);
	return REASON_NONE;
}

static enum reason unknown_in(struct judgement *j, const struct picket_addr *addr,
			      uint32_t segment)
{
	const struct segment *s = &j->policy->segments[segment];

	j->from.segment = segment;
	trace_add(j->trace, "source", s->loc,
		  "source %s with MAC %s is no listed device, and segment %s takes no others",
		  addr_text(addr).s, mac_text(j->p.src_mac).s, s->name);
	return REASON_UNKNOWN_DEVICE;
}

static enum reason listed_source(struct judgement *j, const struct picket_addr *addr,
				 uint32_t index)
{
	const struct device *device = &j->policy->devices[index];

	if (!place_on_port(j->port, device->segment)) {
		trace_add(j->trace, "source", device->loc,
			  "source %s is device %s, whose segment %s is not on this port",
			  addr_text(addr).s, device->name,
			  j->policy->segments[device->segment].name);
		return REASON_SPOOFED;
	}
	if (device->has_mac && memcmp(device->mac, j->p.src_mac, 6)) {
		j->from.segment = device->segment;
		trace_add(j->trace, "source", device->loc,
			  "source %s is device %s, whose MAC is %s, but the frame comes from %s",
			  addr_text(addr).s, device->name, mac_text(device->mac).s,
			  mac_text(j->p.src_mac).s);
		return REASON_MAC_MISMATCH;
	}
	from_device(j, addr, index);
	trace_source(j, addr, "");
	return REASON_NONE;
}

static enum reason link_local_source(struct judgement *j, const struct picket_addr *addr)
{
	size_t i;

	if (j->mac_device != INDEX_NONE) {
		from_device(j, addr, j->mac_device);
		trace_source(j, addr, " by its MAC");
		return REASON_NONE;
	}
	for (i = 0; i < j->port->nsegments; i++)
		if (j->policy->segments[j->port->segments[i]].hosts)
			return from_host(j, addr, j->port->segments[i]);
	trace_add(j->trace, "source", j->port->loc,
		  "source %s: MAC %s is no device's on this port, and no segment of hosts is on it",
		  addr_text(addr).s, mac_text(j->p.src_mac).s);
	return REASON_UNKNOWN_DEVICE;
}

/* The MAC's device may use addresses of its segment of a version that it lists none of. */
static enum reason known_by_mac(struct judgement *j, const struct picket_addr *addr)
{
	const struct eval_learned *learned = state_learned(&j->eval->state, addr, j->eval->now);
	const struct device *device = &j->policy->devices[j->mac_device];

	if (learned && learned->device != j->mac_device &&
	    j->eval->now - learned->used < TAKEOVER) {
		trace_add(j->trace, "source", device->loc,
			  "source %s comes from device %s, but %s used it within 10 minutes",
			  addr_text(addr).s, device->name,
			  j->policy->devices[learned->device].name);
		return REASON_SPOOFED;
	}
	from_device(j, addr, j->mac_device);
	trace_source(j, addr, " by its MAC");
	j->lesson[j->nlessons].addr = *addr;
	j->lesson[j->nlessons++].device = j->mac_device;
	return REASON_NONE;
}

static enum reason unlisted_source(struct judgement *j, const struct picket_addr *addr)
{
	const struct device *device = NULL;
	const struct segment *s;
	uint32_t segment;
	uint8_t len;

	segment = place_longest(j->policy, addr, &len);
	if (segment == INDEX_NONE || !place_on_port(j->port, segment)) {
		trace_add(j->trace, "source",
			  segment == INDEX_NONE ? j->port->loc : j->policy->segments[segment].loc,
			  "source %s lives in %s%s, which is not on this port", addr_text(addr).s,
			  segment == INDEX_NONE ? "no segment" : "segment ",
			  segment == INDEX_NONE ? "" : j->policy->segments[segment].name);
		return REASON_SPOOFED;
	}
	s = &j->policy->segments[segment];
	if (j->mac_device != INDEX_NONE)
		device = &j->policy->devices[j->mac_device];
	if (device && device->segment == segment && !device->router &&
	    !place_lists_version(device, addr))
		return known_by_mac(j, addr);
	if (!s->hosts)
		return unknown_in(j, addr, segment);
	if (device && !device->router) {
		trace_add(j->trace, "source", device->loc,
			  "source %s is not an address of device %s, whose MAC the frame carries",
			  addr_text(addr).s, device->name);
		return REASON_SPOOFED;
	}
	return from_host(j, addr, segment);
}

enum reason step_source(struct judgement *j, const struct picket_addr *addr)
{
	uint32_t listed;

	j->from = (struct party){ .addr = *addr, .device = INDEX_NONE, .segment = INDEX_NONE };
	if (eval_is_gateway(j->eval, addr)) {
		trace_add(j->trace, "source", NOWHERE, "source %s is the gateway's own address",
			  addr_text(addr).s);
		return REASON_SPOOFED;
	}
	listed = place_listed(j->policy, addr);
	if (listed != INDEX_NONE)
		return listed_source(j, addr, listed);
	if (addr_is_link_local(addr))
		return link_local_source(j, addr);
	return unlisted_source(j, addr);
}

enum reason step_welcome(struct judgement *j, uint32_t index)
{
	const struct device *device;
	char from[TIME_LEN], until[TIME_LEN];

	if (index == INDEX_NONE)
		return REASON_NONE;
	device = &j->policy->devices[index];
	if (j->eval->now < j->eval->state.devices[index].quarantined_until) {
		trace_add(j->trace, "welcome", device->loc, "device %s is quarantined",
			  device->name);
		return REASON_QUARANTINED;
	}
	if (j->eval->now >= device->valid_from && j->eval->now < device->valid_until)
		return REASON_NONE;
	if (j->eval->now < device->valid_from)
		trace_add(j->trace, "welcome", device->loc, "device %s is valid only from %s",
			  device->name, format_time(device->valid_from, from));
	else
		trace_add(j->trace, "welcome", device->loc, "device %s was valid until %s",
			  device->name, format_time(device->valid_until, until));
	return REASON_EXPIRED;
}

enum reason step_source_welcome(struct judgement *j, const struct picket_addr *addr)
{
	enum reason reason = step_source(j, addr);

	return reason ? reason : step_welcome(j, j->from.device);
}
