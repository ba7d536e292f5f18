// SPDX-License-Identifier: GPL-2.0-only
/* Who opens what to whom. The flows that tell a packet's direction are forgotten; what they were of is kept. */
#include "observe_parts.h"

#include <errno.h>
#include <string.h>

#include "eval_place.h"

#define TALKS (1U << 17)
#define FLOWS (1U << 18)
#define SERVICES (1U << 14)
#define NAMES (1U << 15)
#define WELL_KNOWN 1024

/* Both directions have the same: the lower end is first. */
struct seen_flow_key {
	struct picket_addr low, high;
	uint16_t low_port, high_port;
	uint16_t echo_id;
	uint8_t protocol;
	uint8_t echo;
};

struct seen_flow {
	struct seen_flow_key key;
	bool from_low; /* the lower end opened it */
	bool asked, answered, reset, fin[2]; /* asked: the opener was seen */
	struct station_key opener;
	int64_t last;
};

/* A port that was seen to be called, or to answer a call. */
struct service_key {
	struct picket_addr addr;
	uint16_t port, protocol;
};

struct service_seen {
	struct service_key key;
	int64_t last;
};

static int64_t talk_worth(const void *entry)
{
	const struct talk *talk = entry;

	if (talk->answers)
		return CACHE_KEEP;
	return cache_worth(talk->seen.frames > 2, talk->seen.last);
}

static int64_t flow_worth(const void *entry)
{
	const struct seen_flow *flow = entry;

	return cache_worth(flow->answered, flow->last);
}

static int64_t service_worth(const void *entry)
{
	return ((const struct service_seen *)entry)->last;
}

static int64_t name_worth(const void *entry)
{
	return ((const struct host_name *)entry)->last;
}

int talks_init(struct observer *observer)
{
	if (cache_init(&observer->talks, TALKS, sizeof(struct talk), sizeof(struct talk_key), talk_worth) ||
	    cache_init(&observer->flows, FLOWS, sizeof(struct seen_flow), sizeof(struct seen_flow_key), flow_worth) ||
	    cache_init(&observer->services, SERVICES, sizeof(struct service_seen), sizeof(struct service_key),
		       service_worth) ||
	    cache_init(&observer->names, NAMES, sizeof(struct host_name), sizeof(struct picket_addr), name_worth))
		return -ENOMEM;
	return 0;
}

/* ---- flows ---- */

static struct seen_flow_key flow_key_of(const struct packet *p, bool *sender_is_low)
{
	int order = memcmp(&p->src, &p->dst, sizeof(p->src));
	bool ports = packet_has_ports(p);
	bool low = order < 0 || (!order && p->sport <= p->dport);

	*sender_is_low = low;
	return (struct seen_flow_key){
		.low = low ? p->src : p->dst,
		.high = low ? p->dst : p->src,
		.low_port = !ports ? 0 : low ? p->sport : p->dport,
		.high_port = !ports ? 0 : low ? p->dport : p->sport,
		.echo_id = packet_is_echo(p) ? p->echo_id : 0,
		.protocol = p->protocol,
		.echo = packet_is_echo(p),
	};
}

/* As long as the filter remembers it. */
static bool flow_alive(const struct seen_flow *flow, int64_t now)
{
	int64_t life = 60;

	if (flow->key.protocol == PROTOCOL_TCP)
		life = flow->reset || (flow->fin[0] && flow->fin[1]) ? 10 : 3600;
	else if (flow->key.protocol == PROTOCOL_UDP)
		life = 180;
	return now - flow->last < life * NSEC_PER_SEC;
}

static void note_service(const struct observed *o, const struct picket_addr *addr, uint16_t port)
{
	struct service_key key = { .addr = *addr, .port = port, .protocol = o->p.protocol };
	struct service_seen *service;
	bool fresh;

	service = cache_put(&o->observer->services, &key, &fresh);
	if (service)
		service->last = o->frame->time;
}

static bool is_service(const struct observed *o, const struct picket_addr *addr, uint16_t port)
{
	struct service_key key = { .addr = *addr, .port = port, .protocol = o->p.protocol };

	return cache_find(&o->observer->services, &key);
}

/*
 * For the first packet that is seen of a flow: does it answer one that was not? What was called before, then a
 * well-known port, tell the server; in TCP, where it is no opening, the lower port does; else who speaks first opens.
 */
static bool answers_unseen(const struct observed *o)
{
	const struct packet *p = &o->p;
	bool from = is_service(o, &p->src, p->sport), to = is_service(o, &p->dst, p->dport);

	if (!packet_has_ports(p) || (p->protocol == PROTOCOL_TCP && p->tcp_flags & TCP_SYN))
		return false;
	if (from != to)
		return from;
	from = p->sport < WELL_KNOWN;
	to = p->dport < WELL_KNOWN;
	if (from != to)
		return from;
	return p->protocol == PROTOCOL_TCP && p->sport < p->dport;
}

/* Never the first of a flow. */
static bool only_answers(const struct packet *p)
{
	if (packet_is_echo(p))
		return !packet_is_echo_request(p);
	return p->protocol == PROTOCOL_TCP &&
	       (p->tcp_flags & TCP_RST || (p->tcp_flags & TCP_SYN && p->tcp_flags & TCP_ACK));
}

/* Opens, whatever there was before. */
static bool opens_anew(const struct packet *p, const struct seen_flow *flow, bool forward)
{
	if (packet_is_echo_request(p))
		return !forward;
	if (p->protocol != PROTOCOL_TCP || !(p->tcp_flags & TCP_SYN) || p->tcp_flags & TCP_ACK)
		return false;
	return !forward || flow->answered; /* else it is sent once more */
}

static void flow_note(struct seen_flow *flow, const struct packet *p, bool sender_is_low, int64_t now)
{
	flow->last = now;
	if (p->protocol != PROTOCOL_TCP)
		return;
	flow->reset |= (p->tcp_flags & TCP_RST) != 0;
	flow->fin[sender_is_low] |= (p->tcp_flags & TCP_FIN) != 0;
}

/* The flow that the packet belongs to or opens; NULL: none. *opened: it is counted as a new one. */
static struct seen_flow *find_flow(const struct observed *o, bool *sender_is_low, bool *opened)
{
	const struct packet *p = &o->p;
	struct seen_flow_key key = flow_key_of(p, sender_is_low);
	struct seen_flow *flow = cache_find(&o->observer->flows, &key);
	bool alive = flow && flow_alive(flow, o->frame->time), backward, fresh;

	*opened = false;
	if (alive && !opens_anew(p, flow, flow->from_low == *sender_is_low))
		return flow;
	backward = answers_unseen(o);
	if (only_answers(p) || backward)
		observed_leave_out(o, REASON_NO_FLOW);
	if (only_answers(p))
		return NULL;
	flow = cache_put(&o->observer->flows, &key, &fresh);
	if (!flow)
		return NULL;
	*flow = (struct seen_flow){ .key = key, .from_low = *sender_is_low != backward, .opener = o->key };
	if (backward)
		memcpy(flow->opener.mac, p->dst_mac, 6);
	*opened = true;
	return flow;
}

/* ---- talks ---- */

static struct talk_key talk_key_of(const struct seen_flow *flow)
{
	const struct seen_flow_key *key = &flow->key;
	struct talk_key talk = {
		.from = flow->from_low ? key->low : key->high,
		.to = flow->from_low ? key->high : key->low,
		.station = flow->opener,
		.protocol = key->protocol,
		.kind = TALK_PROTOCOL,
	};

	if (key->echo) {
		talk.kind = TALK_ECHO;
	} else if (key->protocol == PROTOCOL_TCP || key->protocol == PROTOCOL_UDP ||
		   key->protocol == PROTOCOL_SCTP) {
		talk.kind = TALK_PORT;
		talk.service = flow->from_low ? key->high_port : key->low_port;
	}
	return talk;
}

static void talk_note(const struct observed *o, const struct seen_flow *flow, bool forward, bool opened)
{
	struct talk_key key = talk_key_of(flow);
	struct talk *talk;
	bool fresh;

	if (key.kind == TALK_PORT && (opened || o->p.tcp_flags & TCP_SYN))
		note_service(o, &key.to, key.service);
	talk = cache_put(&o->observer->talks, &key, &fresh);
	if (!talk)
		return;
	sighting_add(&talk->seen, o->frame->time);
	talk->flows += forward && !flow->asked;
	if (forward)
		memcpy(talk->to_mac, o->p.dst_mac, 6);
	else
		talk->answers++;
}

bool observe_talk(const struct observed *o)
{
	const struct packet *p = &o->p;
	bool sender_is_low, opened, forward;
	struct seen_flow *flow;

	if (packet_is_icmp_error(p)) /* a part of the flow that it quotes */
		return false;
	if ((p->protocol == PROTOCOL_ICMP || p->protocol == PROTOCOL_ICMPV6) && !packet_is_echo(p)) {
		observed_leave_out(o, REASON_ROLE_CONNECT); /* only "any" would let it pass */
		return false;
	}
	flow = find_flow(o, &sender_is_low, &opened);
	if (!flow)
		return false;
	forward = flow->from_low == sender_is_low;
	flow_note(flow, p, sender_is_low, o->frame->time);
	if (!forward) {
		o->observer->answers += !flow->answered;
		flow->answered = true;
	}
	talk_note(o, flow, forward, opened);
	flow->asked |= forward;
	return !forward && flow->asked;
}
