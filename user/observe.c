// SPDX-License-Identifier: GPL-2.0-only
/* Who is there: stations, and the addresses that they use. */
#include "observe_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval_place.h"

#define STATIONS (1U << 16)
#define CLAIMS (1U << 17)
#define FRAMETYPES (1U << 12)
#define LEARNED_LIFE (3600 * NSEC_PER_SEC) /* how long a device is found by an address that it used */
#define ETHERTYPE_SMALLEST 0x600

enum icmp_router { ICMP_REDIRECT = 5, ICMP_ADVERTISEMENT = 9 };
enum icmpv6_router { ROUTER_ADVERTISEMENT = 134, ND_SOLICITATION = 135, ND_ADVERTISEMENT = 136, ND_REDIRECT = 137 };

/* Whom others answered is no invention of one sender. */
static int64_t station_worth(const void *entry)
{
	const struct station *station = entry;

	if (station->heard)
		return CACHE_KEEP;
	return cache_worth(station->sent.frames > 1, station->sent.last);
}

static int64_t claim_worth(const void *entry)
{
	const struct claim *claim = entry;

	if (claim->addressed && claim->flags & CLAIM_ANNOUNCED)
		return CACHE_KEEP;
	return cache_worth(claim->addressed || claim->used.frames > 1, claim->used.last);
}

static int64_t frametype_worth(const void *entry)
{
	const struct frametype *type = entry;

	return cache_worth(type->seen.frames > 1, type->seen.last);
}

int observer_new(struct observer **out)
{
	struct observer *observer = calloc(1, sizeof(*observer));

	if (!observer)
		return -ENOMEM;
	if (cache_init(&observer->stations, STATIONS, sizeof(struct station), sizeof(struct station_key),
		       station_worth) ||
	    cache_init(&observer->claims, CLAIMS, sizeof(struct claim), sizeof(struct claim_key), claim_worth) ||
	    cache_init(&observer->frametypes, FRAMETYPES, sizeof(struct frametype),
		       sizeof(struct frametype_key), frametype_worth) ||
	    talks_init(observer)) {
		observer_free(observer);
		return -ENOMEM;
	}
	*out = observer;
	return 0;
}

void observer_free(struct observer *observer)
{
	if (!observer)
		return;
	cache_free(&observer->stations);
	cache_free(&observer->claims);
	cache_free(&observer->talks);
	cache_free(&observer->frametypes);
	cache_free(&observer->names);
	cache_free(&observer->flows);
	cache_free(&observer->services);
	free(observer);
}

const struct station *observed_station(const struct observer *observer, const struct station_key *key)
{
	return cache_find(&observer->stations, key);
}

const struct claim *observed_claim(const struct observer *observer, const struct station_key *station,
				   const struct picket_addr *addr)
{
	struct claim_key key = { .addr = *addr, .station = *station };

	return cache_find(&observer->claims, &key);
}

void sighting_add(struct sighting *sighting, int64_t time)
{
	if (!sighting->frames || time < sighting->first)
		sighting->first = time;
	if (!sighting->frames || time > sighting->last)
		sighting->last = time;
	sighting->frames++;
}

void observed_leave_out(const struct observed *o, enum reason reason)
{
	leftout_add(&o->observer->leftout, reason, o->frame->interface, o->frame->data, o->frame->len);
}

/* ---- stations ---- */

/* Index of the port, made when it is new; OBSERVE_PORTS: there are too many. */
static size_t find_port(struct observer *observer, const char *interface, uint16_t vlan)
{
	struct port_seen *port;
	size_t i;

	for (i = 0; i < observer->nports; i++) {
		if (observer->ports[i].vlan == vlan && !strcmp(observer->ports[i].interface, interface))
			return i;
	}
	if (i == OBSERVE_PORTS)
		return i;
	port = &observer->ports[observer->nports++];
	snprintf(port->interface, sizeof(port->interface), "%s", interface);
	port->vlan = vlan;
	return i;
}

void observer_tell(struct observer *observer, const char *interface, const struct prefix *subnet)
{
	size_t port = find_port(observer, interface, 0);

	if (port < OBSERVE_PORTS)
		tell_subnet(&observer->ports[port], subnet, true);
}

static void pace_add(struct pace *pace, int64_t time, size_t bytes)
{
	int64_t second = time / NSEC_PER_SEC;

	if (second != pace->second) {
		pace->second = second;
		pace->packets = pace->bytes = 0;
	}
	pace->packets++;
	pace->bytes += bytes;
	if (pace->packets > pace->most_packets)
		pace->most_packets = pace->packets;
	if (pace->bytes > pace->most_bytes)
		pace->most_bytes = pace->bytes;
}

/* False: nothing of it is to be learned. */
static bool observe_sender(struct observed *o)
{
	static const uint8_t zero[6];
	struct observer *observer = o->observer;
	enum reason reason = packet_link(&o->p, o->frame->data, o->frame->len);
	struct station_key receiver;
	struct station *heard;
	bool fresh;

	if (!reason && (o->p.src_mac[0] & 1 || !memcmp(o->p.src_mac, zero, 6)))
		reason = REASON_MALFORMED;
	o->key.port = reason ? OBSERVE_PORTS : find_port(observer, o->frame->interface, o->p.vlan);
	if (o->key.port == OBSERVE_PORTS) {
		observed_leave_out(o, reason ? reason : REASON_UNBOUND);
		return false;
	}
	memcpy(o->key.mac, o->p.src_mac, 6);
	receiver = o->key;
	memcpy(receiver.mac, o->p.dst_mac, 6);
	heard = memcmp(receiver.mac, o->key.mac, 6) ? cache_find(&observer->stations, &receiver) : NULL;
	if (heard) {
		heard->heard++;
		pace_add(&heard->pace[DIR_RECEIVE], o->frame->time, o->frame->len);
	}
	o->station = cache_put(&observer->stations, &o->key, &fresh);
	if (!o->station)
		return false;
	sighting_add(&o->station->sent, o->frame->time);
	pace_add(&o->station->pace[DIR_SEND], o->frame->time, o->frame->len);
	if (o->frame->out)
		o->station->flags |= STATION_GATEWAY;
	return true;
}

/* ---- addresses ---- */

static struct claim *put_claim(const struct observed *o, const uint8_t mac[6], const struct picket_addr *addr)
{
	struct claim_key key = { .addr = *addr, .station.port = o->key.port };
	bool fresh;

	memcpy(key.station.mac, mac, 6);
	return cache_put(&o->observer->claims, &key, &fresh);
}

static void use_address(const struct observed *o, const struct picket_addr *addr, uint32_t flags)
{
	struct claim *claim = addr_is_unspecified(addr) ? NULL : put_claim(o, o->key.mac, addr);

	if (!claim)
		return;
	sighting_add(&claim->used, o->frame->time);
	claim->flags |= flags;
}

/* A packet that wants a rule is sent to this address: is it known by then whose it is? */
static void address(const struct observed *o)
{
	const struct packet *p = &o->p;
	struct claim *claim = p->dst_mac[0] & 1 || addr_is_multicast(&p->dst) || addr_is_broadcast(&p->dst) ?
				      NULL : put_claim(o, p->dst_mac, &p->dst);

	if (!claim)
		return;
	claim->addressed++;
	if (!claim->used.frames || o->frame->time - claim->used.last >= LEARNED_LIFE)
		claim->flags |= packet_is_udp(p, 4, 67, 68) ? CLAIM_OFFERED : CLAIM_LATE;
}

/* Nobody can have it; of the unspecified one others decide. version: of the packet that names it. */
static bool impossible_host(uint8_t version, const struct picket_addr *addr)
{
	uint32_t ipv4 = ntohl(addr->w[3]);

	if (addr_is_multicast(addr) || addr_is_loopback(addr))
		return true;
	if (version == 6)
		return addr_is_ipv4(addr) || addr_is_embedded_ipv4(addr);
	return ipv4 >> 28 == 15 || (ipv4 && ipv4 >> 24 == 0);
}

static bool impossible_source(const struct packet *p)
{
	return impossible_host(p->version, &p->src);
}

static bool impossible_destination(const struct packet *p)
{
	if (addr_is_loopback(&p->dst) || addr_is_unspecified(&p->dst))
		return true;
	return p->version == 6 && (addr_is_ipv4(&p->dst) || addr_is_embedded_ipv4(&p->dst));
}

static void observe_arp(struct observed *o)
{
	struct packet *p = &o->p;

	if (!packet_arp(p))
		observed_leave_out(o, REASON_MALFORMED);
	else if (memcmp(p->arp_sender, p->src_mac, 6))
		observed_leave_out(o, REASON_ARP_SPOOFED);
	else if (impossible_source(p) || (addr_is_unspecified(&p->src) && p->arp_operation == 2))
		observed_leave_out(o, REASON_MARTIAN);
	else
		use_address(o, &p->src, CLAIM_ANNOUNCED);
}

/* ---- link control: what passes without a rule ---- */

static bool is_router_message(const struct packet *p)
{
	if (p->fragment || !packet_is_icmp(p))
		return false;
	if (p->version == 4)
		return p->icmp_type == ICMP_REDIRECT || p->icmp_type == ICMP_ADVERTISEMENT;
	return p->icmp_type == ROUTER_ADVERTISEMENT || p->icmp_type == ND_REDIRECT;
}

static void observe_router(const struct observed *o)
{
	if (o->p.version == 6 && !addr_is_link_local(&o->p.src)) {
		observed_leave_out(o, REASON_MALFORMED);
		return;
	}
	o->station->flags |= STATION_ADVERTISES;
	if (packet_is_icmpv6(&o->p, ROUTER_ADVERTISEMENT, ROUTER_ADVERTISEMENT))
		observe_advertisement(o);
}

static void observe_discovery(const struct observed *o)
{
	const struct packet *p = &o->p;
	bool advertisement = p->icmp_type == ND_ADVERTISEMENT;
	bool probe = p->icmp_type == ND_SOLICITATION && addr_is_unspecified(&p->src);
	struct picket_addr target;

	if (!packet_discovery_options_match(p, advertisement ? 2 : 1, p->src_mac)) {
		observed_leave_out(o, REASON_ND_SPOOFED);
		return;
	}
	use_address(o, &p->src, CLAIM_ON_LINK);
	if (!advertisement && !probe)
		return;
	target = packet_discovery_target(p);
	if (!impossible_host(6, &target))
		use_address(o, &target, CLAIM_ANNOUNCED);
}

static bool is_membership(const struct packet *p)
{
	if (p->fragment || !addr_is_multicast(&p->dst))
		return false;
	if (p->version == 4)
		return p->protocol == PROTOCOL_IGMP;
	return p->hop_limit == 1 && (packet_is_icmpv6(p, 130, 132) || packet_is_icmpv6(p, 143, 143));
}

static bool is_dhcp_client(const struct packet *p)
{
	return !p->fragment && (packet_is_udp(p, 4, 68, 67) || packet_is_udp(p, 6, 546, 547));
}

/* True when that is all there is to say of it. */
static bool observe_link_control(const struct observed *o)
{
	const struct packet *p = &o->p;
	bool group = addr_is_multicast(&p->dst) || addr_is_broadcast(&p->dst) || p->dst_mac[0] & 1;

	if (is_router_message(p)) {
		observe_router(o);
		return true;
	}
	if (!p->fragment && packet_is_icmpv6(p, 133, 136)) {
		observe_discovery(o);
		return true;
	}
	if (is_dhcp_client(p)) {
		o->station->flags |= STATION_DHCP_CLIENT;
		observe_dhcp(o);
		use_address(o, &p->src, group ? CLAIM_ON_LINK : 0);
		return group;
	}
	if (!is_membership(p))
		return false;
	if (addr_is_unspecified(&p->src) && p->version == 4)
		observed_leave_out(o, REASON_MARTIAN);
	use_address(o, &p->src, CLAIM_ON_LINK);
	return true;
}

/* ---- frames ---- */

static void observe_packet(const struct observed *o)
{
	const struct packet *p = &o->p;
	bool group = addr_is_multicast(&p->dst) || addr_is_broadcast(&p->dst) || p->dst_mac[0] & 1;

	if (addr_is_unspecified(&p->src)) {
		observed_leave_out(o, REASON_MARTIAN);
		return;
	}
	use_address(o, &p->src, group ? CLAIM_ON_LINK : 0);
	address(o);
	if (p->fragment)
		o->station->fragments++;
	if (p->later)
		return;
	if (packet_is_udp(p, 4, 67, 68))
		observe_dhcp(o);
	if (packet_is_udp(p, 4, 67, 68) || packet_is_udp(p, 6, 547, 546))
		o->station->flags |= STATION_DHCP_SERVER;
	if (observe_talk(o) && p->protocol == PROTOCOL_UDP && p->sport == 53)
		observe_dns(o);
}

static void observe_ip(struct observed *o)
{
	struct packet *p = &o->p;

	if (!packet_ip(p) || !packet_chain(p) || !packet_l4(p) || !packet_discovery(p))
		observed_leave_out(o, REASON_MALFORMED);
	else if (impossible_source(p) || impossible_destination(p))
		observed_leave_out(o, REASON_MARTIAN);
	else if (!observe_link_control(o))
		observe_packet(o);
}

static void observe_ethertype(const struct observed *o)
{
	struct frametype_key key = { .station = o->key, .ethertype = o->p.ethertype };
	struct frametype *type;
	bool fresh;

	if (o->p.ethertype < ETHERTYPE_SMALLEST) {
		observed_leave_out(o, REASON_ETHERTYPE);
		return;
	}
	type = cache_put(&o->observer->frametypes, &key, &fresh);
	if (type)
		sighting_add(&type->seen, o->frame->time);
}

void observe_frame(struct observer *observer, const struct observed_frame *frame)
{
	struct observed o = { .observer = observer, .frame = frame };

	sighting_add(&observer->all, frame->time);
	if (!observe_sender(&o))
		return;
	if (o.p.ethertype == ETHERTYPE_ARP)
		observe_arp(&o);
	else if (o.p.ethertype == ETHERTYPE_IPV4 || o.p.ethertype == ETHERTYPE_IPV6)
		observe_ip(&o);
	else
		observe_ethertype(&o);
}
