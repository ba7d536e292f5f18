// SPDX-License-Identifier: GPL-2.0-only
#include "audit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "eval_place.h"
#include "eval_step.h"
#include "lists.h"
#include "names.h"

#define FRAME_MOST 65536

/* ---- what the policy cannot know by itself ---- */

static int tell_gateway(struct audit *audit)
{
	int fd = live_map(audit->live, "gateway"), err = 0;
	struct picket_addr addr, *previous = NULL;

	while (!err && !bpf_map_get_next_key(fd, previous, &addr)) {
		err = eval_add_gateway(audit->eval, &addr);
		previous = &addr;
	}
	return err;
}

static int teach(struct audit *audit, const struct picket_addr *addr, const char *device)
{
	uint32_t index = device ? policy_find_device(audit->policy, device) : INDEX_NONE;
	int err = index == INDEX_NONE ? -EINVAL : eval_learn(audit->eval, addr, index, audit->now);

	return err == -EINVAL ? 0 : err;
}

/* Whoever has the address by now, else whom the datapath took it for. */
static int tell_address(struct audit *audit, const struct picket_addr *addr, const char *device)
{
	struct learned learned;

	if (audit->live && !bpf_map_lookup_elem(live_map(audit->live, "learned"), addr, &learned))
		return teach(audit, addr, live_device_name(audit->live, learned.row));
	return device && *device ? teach(audit, addr, device) : 0;
}

/* The device that reports name is the source, unless it is known not to be. */
static bool names_source(const struct audit *audit, const struct audit_owner *owner, const struct audit_row *row)
{
	uint32_t index = policy_find_device(audit->policy, owner->device);
	const struct device *device = index == INDEX_NONE ? NULL : &audit->policy->devices[index];

	if (row->key.flags & EVENT_OUT || !device)
		return false;
	return row->captured ? device->has_mac && !memcmp(device->mac, row->mac, 6) :
			       owner->reason == REASON_ROLE_CONNECT;
}

static int tell_row(const struct audit_owner *owner, const struct audit_row *row, struct audit *audit)
{
	bool source = names_source(audit, owner, row);
	int err = tell_address(audit, &row->key.src, source ? owner->device : NULL);

	return err ? err : tell_address(audit, &row->key.dst, source ? NULL : owner->device);
}

static int tell_owner(const struct audit_owner *owner, void *context)
{
	int err = 0;

	for (uint32_t i = 0; i < owner->n && !err; i++)
		err = tell_row(owner, &owner->rows[i], context);
	return err;
}

static void tell_quarantine(struct audit *audit)
{
	uint32_t rows;
	const struct ident *idents = live_idents(audit->live, &rows);

	for (uint32_t row = 1; row < rows; row++) {
		const char *name = idents[row].quarantined_until ? live_device_name(audit->live, row) : NULL;
		uint32_t index = name ? policy_find_device(audit->policy, name) : INDEX_NONE;

		if (index != INDEX_NONE)
			eval_quarantine(audit->eval, index, idents[row].quarantined_until);
	}
}

/* ---- findings ---- */

static bool is_limit(enum reason reason)
{
	return reason == REASON_LIMIT_FLOWS || reason == REASON_LIMIT_PACKETS || reason == REASON_LIMIT_BYTES;
}

static bool is_rule(enum reason reason)
{
	return reason == REASON_SEGMENT || reason == REASON_ROLE_CONNECT || reason == REASON_ROLE_ACCEPT;
}

static bool in_audit(const struct audit *audit, const struct party *party)
{
	return party->segment != INDEX_NONE && audit->policy->segments[party->segment].audit;
}

/* 0 or -ENOMEM. */
static int put(struct audit *audit, const struct audit_row *row, const struct audit_finding *finding)
{
	struct audit_finding *put;

	if (array_reserve((void **)&audit->findings, &audit->capacity, audit->n + 1, sizeof(*put)))
		return -ENOMEM;
	put = &audit->findings[audit->n++];
	*put = *finding;
	put->interface = audit_text(audit, "%s", row->interface);
	memcpy(put->mac, row->mac, sizeof(put->mac));
	put->packets = row->packets;
	put->opened = row->opened;
	put->first = row->first;
	put->last = row->last;
	if (!put->source)
		put->source = audit_target(audit, &put->from);
	return put->interface && put->source ? 0 : -ENOMEM;
}

/* What a rule calls it; of other ICMP than echo requests only "any" is one. */
static void name_service(struct audit *audit, const struct asked *asked, uint8_t icmp_type, struct audit_finding *f)
{
	char protocol[PROTOCOL_LEN];
	bool ports = asked->protocol == PROTOCOL_TCP || asked->protocol == PROTOCOL_UDP ||
		     asked->protocol == PROTOCOL_SCTP;

	format_protocol(asked->protocol, protocol);
	if (asked->odd) {
		f->service = (struct service){ .kind = SERVICE_ANY };
		f->service_text = audit_text(audit, "%s type %u", protocol, icmp_type);
	} else if (asked->echo) {
		f->service = (struct service){ .kind = SERVICE_ECHO };
		f->service_text = "icmp";
	} else {
		f->service = (struct service){
			.kind = SERVICE_PROTO, .proto = asked->protocol, .lo = ports ? asked->port : 0,
			.hi = ports ? asked->port : UINT16_MAX,
		};
		f->service_text = ports ? audit_text(audit, "%s/%u", protocol, asked->port) :
					  audit_text(audit, "%s", protocol);
	}
}

/* Who sent it; a link-local address is whoever has the MAC. False: by now it is nobody's. */
static bool find_source(struct audit *audit, const struct audit_row *row, const struct picket_addr *addr,
			struct party *from)
{
	uint32_t port = place_port(audit->policy, row->interface, row->key.vlan);

	if (!addr_is_link_local(addr))
		return !eval_party(audit->eval, row->interface, row->key.vlan, addr, from) &&
		       from->kind != PARTY_GROUP;
	*from = (struct party){ .kind = PARTY_DEVICE, .addr = *addr, .device = INDEX_NONE, .segment = INDEX_NONE };
	if (port != INDEX_NONE)
		from->device = place_mac_device(audit->policy, &audit->policy->ports[port], row->mac);
	if (from->device == INDEX_NONE)
		return false;
	from->segment = audit->policy->devices[from->device].segment;
	return true;
}

/* One that conduits and rules have to allow: all that they lack. */
static int judge_rules(struct audit *audit, const struct audit_row *row, const struct picket_addr *src,
		       const struct picket_addr *dst, const struct asked *asked, uint8_t icmp_type)
{
	bool out = row->key.flags & EVENT_OUT;
	struct audit_finding f = {};

	if (!find_source(audit, row, src, &f.from))
		return 0;
	f.reason = eval_party(audit->eval, row->interface, row->key.vlan, dst, &f.to);
	if (!f.reason)
		f.missing = eval_missing(audit->eval, &f.from, &f.to, asked, out && f.from.kind == PARTY_HOST);
	if (!f.reason && !f.missing)
		return 0;
	if (!audit->candidate && !in_audit(audit, &f.to) && (out || !in_audit(audit, &f.from)))
		return 0;
	if (!f.reason)
		f.reason = f.missing & MISSING_CONDUIT ? REASON_SEGMENT :
			   f.missing & MISSING_CONNECT ? REASON_ROLE_CONNECT : REASON_ROLE_ACCEPT;
	name_service(audit, asked, icmp_type, &f);
	f.destination = audit_target(audit, &f.to);
	return put(audit, row, &f);
}

static int judge_service(struct audit *audit, const struct audit_row *row)
{
	uint8_t protocol = row->key.protocol, type = row->key.icmp_type;
	bool ipv6 = row->key.flags & EVENT_IPV6;
	struct asked asked = { .protocol = protocol, .port = row->key.port };

	asked.echo = protocol == (ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP) && type == (ipv6 ? 128 : 8);
	asked.odd = !asked.echo && (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6);
	return judge_rules(audit, row, &row->key.src, &row->key.dst, &asked, type);
}

/* ---- what is no matter of rules ---- */

/* The frame as it was, as far as its beginning says. */
static int run_frame(struct audit *audit, const struct audit_row *row, struct eval_verdict *out, struct packet *p)
{
	size_t len = row->bytes > row->captured ? row->bytes : row->captured;
	_cleanup_free_ uint8_t *frame = calloc(1, len + 1);
	struct eval_input input = { .interface = row->interface, .frame = frame, .time = audit->now };

	if (!frame)
		return -ENOMEM;
	input.len = len < FRAME_MOST ? len : FRAME_MOST;
	memcpy(frame, row->frame, row->captured);
	*p = (struct packet){};
	if (!packet_link(p, frame, input.len) && packet_ip(p) && packet_chain(p))
		packet_l4(p);
	/* nothing of the frame is needed any more */
	p->net = p->l4 = NULL;
	return eval_frame(audit->eval, &input, out, NULL);
}

static void name_unlisted(struct audit *audit, const struct audit_row *row, struct audit_finding *f)
{
	char mac[MAC_LEN], addr[ADDR_LEN];

	format_mac(row->mac, mac);
	f->source = addr_is_unspecified(&row->key.src) ? audit_text(audit, "%s", mac) :
		    audit_text(audit, "%s %s", mac, format_addr(&row->key.src, addr));
}

static int put_other(struct audit *audit, const struct audit_owner *owner, const struct audit_row *row,
		     enum reason reason)
{
	struct audit_finding f = { .reason = reason };
	uint32_t device = policy_find_device(audit->policy, owner->device);

	f.from = f.to = (struct party){ .device = INDEX_NONE, .segment = INDEX_NONE };
	if (device != INDEX_NONE) {
		f.from = (struct party){
			.kind = PARTY_DEVICE, .device = device, .segment = audit->policy->devices[device].segment,
		};
	} else {
		f.from.segment = policy_find_segment(audit->policy, owner->segment);
		name_unlisted(audit, row, &f);
	}
	if (reason == REASON_UNKNOWN_DEVICE && find_source(audit, row, &row->key.src, &f.from)) {
		f.source = NULL;
		eval_party(audit->eval, row->interface, row->key.vlan, &row->key.dst, &f.to);
		f.destination = audit_target(audit, &f.to);
	} else if (reason == REASON_ETHERTYPE) {
		f.ethertype = row->key.port;
		f.service_text = audit_text(audit, "0x%04x", row->key.port);
	}
	if (!audit->candidate && is_limit(reason) && !in_audit(audit, &f.from))
		return 0;
	return put(audit, row, &f);
}

static int judge_frame(struct audit *audit, const struct audit_owner *owner, const struct audit_row *row)
{
	struct eval_verdict verdict;
	struct asked asked;
	struct packet p;
	int err;

	if (is_limit(owner->reason) || !row->captured || row->key.flags & EVENT_OUT)
		return put_other(audit, owner, row, owner->reason);
	err = run_frame(audit, row, &verdict, &p);
	if (err || verdict.verdict == VERDICT_PASS || is_limit(verdict.reason) ||
	    (verdict.verdict == VERDICT_DROP && !audit->candidate))
		return err;
	if (!is_rule(verdict.reason) || !p.version)
		return put_other(audit, owner, row, verdict.reason);
	asked = asked_of(&p);
	return judge_rules(audit, row, &p.src, &p.dst, &asked, p.icmp_type);
}

static int judge_owner(const struct audit_owner *owner, void *context)
{
	int err = 0;

	for (uint32_t i = 0; i < owner->n && !err; i++)
		err = is_rule(owner->reason) ? judge_service(context, &owner->rows[i]) :
					       judge_frame(context, owner, &owner->rows[i]);
	return err;
}

/* ---- in order, each once ---- */

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_words(const void *a, const void *b)
{
	const struct audit_finding *x = a, *y = b;
	int order = strcmp(x->source, y->source);

	if (!order)
		order = compare_text(x->destination, y->destination);
	if (!order)
		order = compare_text(x->service_text, y->service_text);
	return order ? order : (int)x->reason - (int)y->reason;
}

static int compare_packets(const void *a, const void *b)
{
	const struct audit_finding *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return compare_words(a, b);
}

static void join(struct audit_finding *to, const struct audit_finding *from)
{
	to->packets += from->packets;
	to->opened += from->opened;
	to->missing |= from->missing;
	if (from->first < to->first)
		to->first = from->first;
	if (from->last > to->last)
		to->last = from->last;
}

static void put_in_order(struct audit *audit)
{
	size_t n = 0;

	if (!audit->n)
		return;
	qsort(audit->findings, audit->n, sizeof(*audit->findings), compare_words);
	for (size_t i = 1; i < audit->n; i++) {
		if (compare_words(&audit->findings[n], &audit->findings[i]))
			audit->findings[++n] = audit->findings[i];
		else
			join(&audit->findings[n], &audit->findings[i]);
	}
	audit->n = n + 1;
	qsort(audit->findings, audit->n, sizeof(*audit->findings), compare_packets);
}

/* ---- the whole ---- */

int audit_init(struct audit *audit, struct live *live, const struct policy *policy, bool candidate)
{
	struct timespec now;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	*audit = (struct audit){
		.live = live, .policy = policy, .candidate = candidate,
		.now = now.tv_sec * NSEC_PER_SEC + now.tv_nsec,
		.role_users = calloc(policy->nroles + 1, sizeof(*audit->role_users)),
	};
	if (!audit->role_users)
		return -ENOMEM;
	for (size_t i = 0; i < policy->ndevices; i++) {
		for (size_t k = 0; k < policy->devices[i].nroles; k++)
			audit->role_users[policy->devices[i].roles[k]]++;
	}
	err = eval_new(policy, &audit->eval);
	if (!err && live)
		err = tell_gateway(audit);
	if (!err && live)
		tell_quarantine(audit);
	return err;
}

int audit_judge(struct audit *audit, struct auditbook *book)
{
	int err;

	audit->eval->now = audit->now; /* assignments hold for a time */
	err = auditbook_walk(book, tell_owner, audit);
	if (!err)
		err = auditbook_walk(book, judge_owner, audit);
	if (!err)
		put_in_order(audit);
	return err ? err : audit->arena.failed ? -ENOMEM : 0;
}

void audit_free(struct audit *audit)
{
	eval_free(audit->eval);
	free(audit->role_users);
	free(audit->findings);
	arena_free(&audit->arena);
}
