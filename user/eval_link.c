// SPDX-License-Identifier: GPL-2.0-only
/* Steps 6 and 7: what keeps the link itself working, and its budget. */
#include "eval_step.h"

#include <arpa/inet.h>
#include <string.h>

#include "eval_place.h"

#define ICMP_REDIRECT 5
#define ICMP_ROUTER_ADVERTISEMENT 9

enum icmpv6 {
	MLD_FIRST = 130,
	MLD_LAST = 132,
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOUR_SOLICITATION = 135,
	NEIGHBOUR_ADVERTISEMENT = 136,
	REDIRECT = 137,
	MLDV2_REPORT = 143,
};

bool eval_on_link(const struct judgement *j, const struct picket_addr *addr)
{
	uint32_t device, segment;
	uint8_t len;

	if (addr_is_multicast(addr) || addr_is_broadcast(addr) || addr_is_link_local(addr) ||
	    eval_is_gateway(j->eval, addr))
		return true;
	device = place_listed(j->policy, addr);
	segment = device == INDEX_NONE ? place_longest(j->policy, addr, &len) :
					 j->policy->devices[device].segment;
	return segment != INDEX_NONE && place_on_port(j->port, segment);
}

static bool port_has_dhcp(const struct judgement *j)
{
	size_t i;

	for (i = 0; i < j->port->nsegments; i++)
		if (j->policy->segments[j->port->segments[i]].dhcp)
			return true;
	return false;
}

static bool port_has_router(const struct judgement *j)
{
	size_t i;

	for (i = 0; i < j->port->nsegments; i++)
		if (j->policy->segments[j->port->segments[i]].router_advertisements)
			return true;
	return false;
}

/* ---- the forms ---- */

static bool is_router_message(const struct packet *p)
{
	if (p->fragment || !packet_is_icmp(p))
		return false;
	if (p->version == 4)
		return p->icmp_type == ICMP_REDIRECT || p->icmp_type == ICMP_ROUTER_ADVERTISEMENT;
	return p->icmp_type == ROUTER_ADVERTISEMENT || p->icmp_type == REDIRECT;
}

static bool is_dhcp4(const struct judgement *j)
{
	const struct picket_addr *dst = &j->p.dst;
	uint32_t segment;

	if (j->p.fragment || !packet_is_udp(&j->p, 4, 68, 67) || !port_has_dhcp(j))
		return false;
	if (addr_is_broadcast(dst) || eval_is_gateway(j->eval, dst))
		return true;
	segment = place_broadcast(j->policy, dst);
	return segment != INDEX_NONE && place_on_port(j->port, segment);
}

static bool is_dhcp6(const struct judgement *j)
{
	static const uint8_t all_servers[16] = { 0xff, 2, [13] = 1, [15] = 2 };

	return !j->p.fragment && packet_is_udp(&j->p, 6, 546, 547) && port_has_dhcp(j) &&
	       addr_is_link_local(&j->p.src) && !memcmp(&j->p.dst, all_servers, 16);
}

static bool is_discovery(const struct judgement *j)
{
	const struct packet *p = &j->p;

	return !p->fragment && packet_is_icmpv6(p, ROUTER_SOLICITATION, NEIGHBOUR_ADVERTISEMENT) &&
	       p->icmp_type != ROUTER_ADVERTISEMENT && eval_on_link(j, &p->dst);
}

static bool is_mld(const struct packet *p)
{
	return !p->fragment && p->hop_limit == 1 && addr_is_multicast(&p->dst) &&
	       (packet_is_icmpv6(p, MLD_FIRST, MLD_LAST) ||
		packet_is_icmpv6(p, MLDV2_REPORT, MLDV2_REPORT));
}

static bool is_igmp(const struct packet *p)
{
	return !p->fragment && p->version == 4 && p->protocol == PROTOCOL_IGMP &&
	       addr_is_multicast(&p->dst);
}

bool link_takes_unspecified(const struct judgement *j)
{
	return is_dhcp4(j) || is_discovery(j) || is_mld(&j->p);
}

/* ---- the budget ---- */

enum reason step_control_pass(struct judgement *j, const char *what)
{
	static const struct rate device_rate = { .count = 20, .period = NSEC_PER_SEC, .burst = 40 };
	static const struct rate port_rate = { .count = 200, .period = NSEC_PER_SEC, .burst = 400 };
	bool device = j->mac_device != INDEX_NONE;
	struct bucket_state *bucket = device ?
		&j->eval->state.devices[j->mac_device].control :
		&j->eval->state.port_control[j->port - j->policy->ports];
	struct gcra gcra;

	if (gcra_from_rate(device ? &device_rate : &port_rate, LIMIT_PACKETS, &gcra) ||
	    !bucket_admit(bucket, &gcra, 1, j->eval->now)) {
		trace_add(j->trace, "limit", NOWHERE,
			  "%s: over %s control packets a second from %s", what,
			  device ? "20" : "200",
			  device ? j->policy->devices[j->mac_device].name : "unlisted MACs");
		return REASON_LIMIT_PACKETS;
	}
	trace_add(j->trace, "link", NOWHERE, "%s: link control, passed without rules", what);
	j->passed = true;
	return REASON_NONE;
}

enum reason step_mac_welcome(struct judgement *j)
{
	enum reason reason = step_welcome(j, j->mac_device);

	if (reason)
		j->from.device = j->mac_device; /* for the report */
	return reason;
}

/* ---- 6 ---- */

static enum reason gateway_source(struct judgement *j)
{
	if (!eval_is_gateway(j->eval, &j->p.src))
		return REASON_NONE;
	trace_add(j->trace, "link", NOWHERE, "source %s is the gateway's own address",
		  addr_text(&j->p.src).s);
	return REASON_SPOOFED;
}

/* 5 for the MAC's device when step 4 is not asked, else 4 and 5. */
static enum reason source_or_mac(struct judgement *j)
{
	enum reason reason;

	if (!addr_is_unspecified(&j->p.src) && !addr_is_link_local(&j->p.src))
		return step_source_welcome(j, &j->p.src);
	reason = gateway_source(j);
	return reason ? reason : step_mac_welcome(j);
}

static enum reason router_message(struct judgement *j)
{
	const struct device *device = NULL;
	enum reason reason;

	if (j->p.version == 6 && !addr_is_link_local(&j->p.src)) {
		trace_add(j->trace, "link", NOWHERE,
			  "a router's message from %s, which is not link-local",
			  addr_text(&j->p.src).s);
		return REASON_MALFORMED;
	}
	reason = gateway_source(j);
	if (reason)
		return reason;
	if (j->mac_device != INDEX_NONE)
		device = &j->policy->devices[j->mac_device];
	if (!port_has_router(j) || (device && !device->router)) {
		trace_add(j->trace, "link", device ? device->loc : j->port->loc,
			  device && !device->router ?
				  "a router's message from %s, which is no router: true" :
				  "a router's message on %s, which has no router-advertisements: true",
			  device && !device->router ? device->name : j->port->interface);
		return REASON_ROGUE_ROUTER;
	}
	if (!eval_on_link(j, &j->p.dst))
		return REASON_NONE;
	reason = step_mac_welcome(j);
	return reason ? reason : step_control_pass(j, "router advertisement or redirect");
}

static enum reason discovery_target(struct judgement *j)
{
	struct picket_addr target = packet_discovery_target(&j->p);

	if (addr_is_link_local(&target)) {
		if (!eval_is_gateway(j->eval, &target))
			return REASON_NONE;
		trace_add(j->trace, "link", NOWHERE, "the target %s is the gateway's own address",
			  addr_text(&target).s);
		return REASON_SPOOFED;
	}
	if (addr_is_ipv4(&target)) {
		j->from = (struct party){ .device = INDEX_NONE, .segment = INDEX_NONE };
		trace_add(j->trace, "link", NOWHERE, "the target %s is no IPv6 address",
			  addr_text(&target).s);
		return REASON_SPOOFED;
	}
	return step_source_welcome(j, &target);
}

static enum reason discovery(struct judgement *j)
{
	bool advertisement = j->p.icmp_type == NEIGHBOUR_ADVERTISEMENT;
	bool probe = j->p.icmp_type == NEIGHBOUR_SOLICITATION && addr_is_unspecified(&j->p.src);
	enum reason reason = source_or_mac(j);

	if (reason)
		return reason;
	if (!packet_discovery_options_match(&j->p, advertisement ? 2 : 1, j->p.src_mac)) {
		trace_add(j->trace, "link", NOWHERE,
			  "a link-layer option other than the source MAC %s",
			  mac_text(j->p.src_mac).s);
		return REASON_ND_SPOOFED;
	}
	if (advertisement || probe) {
		reason = discovery_target(j);
		if (reason)
			return reason;
	}
	return step_control_pass(j, "neighbour discovery");
}

static enum reason passed_after(struct judgement *j, enum reason reason, const char *what)
{
	return reason ? reason : step_control_pass(j, what);
}

enum reason step_link(struct judgement *j)
{
	if (is_router_message(&j->p))
		return router_message(j);
	if (is_dhcp4(j) || is_dhcp6(j))
		return passed_after(j, source_or_mac(j), "DHCP client");
	if (is_discovery(j))
		return discovery(j);
	if (is_mld(&j->p))
		return passed_after(j, source_or_mac(j), "MLD");
	if (is_igmp(&j->p))
		return passed_after(j, step_source_welcome(j, &j->p.src), "IGMP");
	return REASON_NONE;
}

/* ---- 7 ---- */

enum reason step_arp(struct judgement *j)
{
	if (!packet_arp(&j->p)) {
		trace_add(j->trace, "arp", NOWHERE,
			  "no whole ARP request or reply of Ethernet and IPv4");
		return REASON_MALFORMED;
	}
	if (memcmp(j->p.arp_sender, j->p.src_mac, 6)) {
		trace_add(j->trace, "arp", NOWHERE,
			  "the sender's hardware address %s is not the source MAC %s",
			  mac_text(j->p.arp_sender).s, mac_text(j->p.src_mac).s);
		return REASON_ARP_SPOOFED;
	}
	if (addr_is_unspecified(&j->p.src) && j->p.arp_operation == 1)
		return passed_after(j, step_mac_welcome(j), "ARP probe");
	if (addr_is_unspecified(&j->p.src) || place_martian_source(j->policy, &j->p.src)) {
		trace_add(j->trace, "arp", NOWHERE, "sender %s is no address that can send",
			  addr_text(&j->p.src).s);
		return REASON_MARTIAN;
	}
	return passed_after(j, step_source_welcome(j, &j->p.src), "ARP");
}
