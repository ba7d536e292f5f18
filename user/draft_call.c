// SPDX-License-Identifier: GPL-2.0-only
/* Talks between addresses become calls between devices, hosts, groups and the gateway. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft_parts.h"
#include "eval_place.h"
#include "lists.h"

#define SCAN 64 /* a device's calls that nobody answered: so many are no device's business */
#define PORTS_MOST 8 /* between two ends: more are made up anew each time */
#define HOSTS_MOST 32 /* that one device calls with one service: more are any */
#define EPHEMERAL_FIRST 1024
#define PORT_LAST 65535

/* ---- ends ---- */

static struct draft_end end_of(enum end_kind kind)
{
	return (struct draft_end){ .kind = kind, .device = INDEX_NONE, .segment = INDEX_NONE };
}

static struct draft_end device_end(const struct drafting *d, uint32_t device)
{
	struct draft_end end = end_of(AT_DEVICE);

	end.device = device;
	end.segment = d->draft->devices[device].segment;
	return end;
}

/* A host of a segment, or nobody where only devices live. */
static int host_end(struct drafting *d, const struct picket_addr *addr, struct draft_end *end)
{
	uint32_t segment = draft_place(d, addr);
	int err = segment == INDEX_NONE ? draft_uplink(d, addr, &segment) : 0;

	if (err)
		return err;
	*end = end_of(d->draft->segments[segment].hosts ? AT_HOST : AT_UNKNOWN);
	end->segment = segment;
	end->addr = *addr;
	return 0;
}

static int find_receiver(struct drafting *d, const struct talk *talk, struct draft_end *end)
{
	const struct picket_addr *addr = &talk->key.to;
	const struct owner *owner;

	if (draft_is_gateway(d, addr)) {
		*end = end_of(AT_GATEWAY);
		return 0;
	}
	if (addr_is_multicast(addr) || addr_is_broadcast(addr) || addr_is_link_local(addr) ||
	    draft_is_broadcast(d, addr)) {
		*end = end_of(AT_GROUP);
		end->addr = *addr;
		return 0;
	}
	*end = end_of(AT_UNKNOWN);
	if (talk->to_mac[0] & 1) /* one address, but everybody's MAC */
		return 0;
	owner = draft_owner(d, addr, talk->to_mac);
	if (owner)
		*end = device_end(d, d->members[owner->member].device);
	else
		return host_end(d, addr, end);
	return 0;
}

static int find_opener(struct drafting *d, const struct talk *talk, struct draft_end *end)
{
	const struct picket_addr *addr = &talk->key.from;
	struct member *member = draft_member(d, &talk->key.station);
	const struct owner *owner = draft_owner(d, addr, talk->key.station.mac);
	bool its_own = owner && member && d->members[owner->member].device == member->device;

	*end = end_of(AT_UNKNOWN);
	if (!member || member->who == WHO_STRANGER)
		return 0;
	if (member->who == WHO_GATEWAY && (draft_is_gateway(d, addr) || addr_is_link_local(addr)))
		*end = end_of(AT_GATEWAY);
	else if (member->who == WHO_DEVICE && (its_own || addr_is_link_local(addr)))
		*end = device_end(d, member->device);
	else if (!owner && (member->who != WHO_DEVICE || member->router))
		return host_end(d, addr, end);
	return 0;
}

/* ---- calls ---- */

static int compare_ends(const struct draft_end *a, const struct draft_end *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static int compare_services(const struct service *a, const struct service *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	return a->lo != b->lo ? (int)a->lo - b->lo : (int)a->hi - b->hi;
}

static int compare_calls(const void *a, const void *b)
{
	const struct call *x = a, *y = b;
	int order = compare_ends(&x->from, &y->from);

	if (!order)
		order = compare_ends(&x->to, &y->to);
	return order ? order : compare_services(&x->service, &y->service);
}

static int compare_by_service(const void *a, const void *b)
{
	const struct call *x = a, *y = b;
	bool called = x->from.kind == AT_DEVICE && y->from.kind == AT_DEVICE;
	int order = x->from.kind != y->from.kind ? (int)x->from.kind - (int)y->from.kind : 0;

	if (!order)
		order = compare_services(&x->service, &y->service);
	if (!order)
		order = called ? compare_ends(&x->from, &y->from) : compare_ends(&x->to, &y->to);
	return order ? order : compare_calls(a, b);
}

static struct service service_of(const struct talk_key *key)
{
	if (key->kind == TALK_ECHO)
		return (struct service){ .kind = SERVICE_ECHO };
	if (key->kind == TALK_PORT)
		return (struct service){ .kind = SERVICE_PROTO, .proto = key->protocol, .lo = key->service,
					 .hi = key->service };
	return (struct service){ .kind = SERVICE_PROTO, .proto = key->protocol, .hi = PORT_LAST };
}

/* What wants no rule: hosts' own business, and what the gateway sends to others than devices. */
static bool wants_rule(const struct call *call)
{
	if (call->from.kind == AT_UNKNOWN || call->to.kind == AT_UNKNOWN)
		return false;
	if (call->from.kind == AT_DEVICE || call->to.kind == AT_DEVICE)
		return true;
	return call->from.kind == AT_HOST && call->to.kind == AT_HOST && call->from.segment != call->to.segment;
}

/*
 * A call that the opener itself was seen to make, and, where a stranger makes it, that was answered: else whoever
 * scans a network would be let in.
 */
static bool is_evident(const struct drafting *d, const struct talk *talk, const struct call *call)
{
	if (talk->answers == talk->seen.frames)
		return false;
	return call->from.kind != AT_HOST || talk->answers || !d->observer->answers;
}

/* Nobody answers a group, nor what answers a DHCP client. */
static bool is_one_way(const struct call *call)
{
	return call->to.kind == AT_GROUP || (call->service.proto == PROTOCOL_UDP && call->service.lo == 68);
}

/* What DHCP clients and the gateway have to say to one another wants no rule. */
static bool is_dhcp(const struct call *call)
{
	if (call->service.proto != PROTOCOL_UDP)
		return false;
	return (call->to.kind == AT_GATEWAY && (call->service.lo == 67 || call->service.lo == 547)) ||
	       (call->from.kind == AT_GATEWAY && (call->service.lo == 68 || call->service.lo == 546));
}

static int take_talk(struct drafting *d, const struct talk *talk)
{
	struct call call = {
		.service = service_of(&talk->key),
		.answered = talk->answers || !d->observer->answers,
		.seen = { talk->flows ? talk->flows : 1, talk->seen.first, talk->seen.last },
	};
	int err = find_opener(d, talk, &call.from);

	if (!err && call.from.kind != AT_UNKNOWN)
		err = find_receiver(d, talk, &call.to);
	if (err)
		return err;
	if (!wants_rule(&call) || is_dhcp(&call))
		return 0;
	call.answered |= is_one_way(&call);
	if (!is_evident(d, talk, &call)) {
		leftout_count(&d->observer->leftout, REASON_ROLE_ACCEPT, talk->seen.frames - talk->answers);
		return 0;
	}
	if (array_reserve((void **)&d->calls, &d->cap_calls, d->ncalls + 1, sizeof(call)))
		return -ENOMEM;
	d->calls[d->ncalls++] = call;
	return 0;
}

/* Sorted calls: those alike become one. */
static void merge_calls(struct drafting *d, int (*compare)(const void *, const void *))
{
	size_t kept = 0;

	if (d->ncalls)
		qsort(d->calls, d->ncalls, sizeof(*d->calls), compare);
	for (size_t i = 0; i < d->ncalls; i++) {
		struct call *last = kept ? &d->calls[kept - 1] : NULL;

		if (!last || compare_calls(last, &d->calls[i])) {
			d->calls[kept++] = d->calls[i];
			continue;
		}
		draft_seen_join(&last->seen, &d->calls[i].seen);
		last->answered |= d->calls[i].answered;
	}
	d->ncalls = kept;
}

/* ---- too many ---- */

static bool is_unanswered(const struct call *call)
{
	return call->from.kind == AT_DEVICE && !call->answered;
}

/* Calls by opener: a device with too many that nobody answered loses these. */
static void drop_scans(struct drafting *d)
{
	size_t kept = 0, end;

	for (size_t i = 0; i < d->ncalls; i = end) {
		size_t unanswered = 0;

		for (end = i; end < d->ncalls && !compare_ends(&d->calls[i].from, &d->calls[end].from); end++)
			unanswered += is_unanswered(&d->calls[end]);
		for (size_t j = i; j < end; j++) {
			if (unanswered <= SCAN || !is_unanswered(&d->calls[j]))
				d->calls[kept++] = d->calls[j];
			else
				d->draft->scans += d->calls[j].seen.times;
		}
	}
	d->ncalls = kept;
}

static bool same_ends_and_protocol(const struct call *a, const struct call *b)
{
	return !compare_ends(&a->from, &b->from) && !compare_ends(&a->to, &b->to) &&
	       a->service.kind == b->service.kind && a->service.proto == b->service.proto;
}

static bool is_ephemeral(const struct call *call)
{
	return call->service.kind == SERVICE_PROTO && call->service.lo == call->service.hi &&
	       call->service.lo >= EPHEMERAL_FIRST;
}

/* Many ports between the same two are whatever was free: all of those. */
static void widen_ports(struct drafting *d)
{
	size_t end;

	for (size_t i = 0; i < d->ncalls; i = end) {
		size_t ephemeral = 0;

		for (end = i; end < d->ncalls && same_ends_and_protocol(&d->calls[i], &d->calls[end]); end++)
			ephemeral += is_ephemeral(&d->calls[end]);
		for (size_t j = i; ephemeral > PORTS_MOST && j < end; j++) {
			if (!is_ephemeral(&d->calls[j]))
				continue;
			d->calls[j].service.lo = EPHEMERAL_FIRST;
			d->calls[j].service.hi = PORT_LAST;
		}
	}
}

/* The end that is not the device of compare_by_service(). */
static struct draft_end *other_end(struct call *call)
{
	return call->from.kind == AT_DEVICE ? &call->to : &call->from;
}

static bool same_device_and_service(const struct call *a, const struct call *b)
{
	if (a->from.kind != b->from.kind || compare_services(&a->service, &b->service))
		return false;
	return a->from.kind == AT_DEVICE ? !compare_ends(&a->from, &b->from) : !compare_ends(&a->to, &b->to);
}

/* Many hosts of one segment without names are any of it. */
static void widen_hosts(struct drafting *d)
{
	size_t end;

	for (size_t i = 0; i < d->ncalls; i = end) {
		size_t hosts = 0;

		for (end = i; end < d->ncalls && same_device_and_service(&d->calls[i], &d->calls[end]); end++)
			hosts += other_end(&d->calls[end])->kind == AT_HOST &&
				 !observed_name(d->observer, &other_end(&d->calls[end])->addr);
		for (size_t j = i; hosts > HOSTS_MOST && j < end; j++) {
			struct draft_end *host = other_end(&d->calls[j]);

			if (host->kind == AT_HOST && !observed_name(d->observer, &host->addr))
				memset(&host->addr, 0, sizeof(host->addr));
		}
	}
}

int draft_calls(struct drafting *d)
{
	for (size_t i = 0; i < d->ntalks; i++) {
		if (take_talk(d, d->talks[i]))
			return -ENOMEM;
	}
	merge_calls(d, compare_calls);
	drop_scans(d);
	widen_ports(d);
	merge_calls(d, compare_by_service);
	widen_hosts(d);
	merge_calls(d, compare_calls);
	return 0;
}
