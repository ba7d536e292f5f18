// SPDX-License-Identifier: GPL-2.0-only
/* Findings in the policy's words, and what would mend them. */
#include "audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "eval_place.h"
#include "names.h"
#include "quote.h"

#define TEXT_MOST 1024
#define HOST_BITS 128

const char *audit_text(struct audit *audit, const char *format, ...)
{
	char text[TEXT_MOST];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return arena_string(&audit->arena, text, strlen(text));
}

const char *audit_segment(const struct audit *audit, const struct party *party)
{
	return party->segment < audit->policy->nsegments ? audit->policy->segments[party->segment].name : NULL;
}

const char *audit_device(const struct audit *audit, const struct party *party)
{
	return party->device < audit->policy->ndevices ? audit->policy->devices[party->device].name : NULL;
}

/* One that is this address and no other: naming it allows no more. */
static const char *peer_of(const struct policy *policy, const struct picket_addr *addr)
{
	for (size_t i = 0; i < policy->npeers; i++) {
		const struct peer *peer = &policy->peers[i];

		if (peer->nprefixes == 1 && peer->prefixes[0].len == HOST_BITS &&
		    addr_equal(&peer->prefixes[0].addr, addr))
			return peer->name;
	}
	return NULL;
}

const char *audit_target(struct audit *audit, const struct party *party)
{
	const char *name = audit_device(audit, party);
	char addr[ADDR_LEN];

	if (party->kind == PARTY_GATEWAY)
		return "gateway";
	if (!name)
		name = peer_of(audit->policy, &party->addr);
	return name ? name : audit_text(audit, "%s", format_addr(&party->addr, addr));
}

uint32_t audit_role(const struct audit *audit, uint32_t device)
{
	const struct device *d = &audit->policy->devices[device];
	uint32_t role = INDEX_NONE;

	for (size_t i = 0; i < d->nroles; i++) {
		if (role == INDEX_NONE || audit->role_users[d->roles[i]] < audit->role_users[role])
			role = d->roles[i];
	}
	return role;
}

/* ---- lines ---- */

const char *audit_yaml(const struct audit *audit, const struct party *party, char buf[POLICY_TEXT])
{
	const char *name = audit_device(audit, party);

	if (party->kind == PARTY_GATEWAY)
		return "gateway";
	if (!name)
		name = peer_of(audit->policy, &party->addr);
	return name ? policy_text(name, buf) : policy_addr(&party->addr, buf);
}

static const char *rule_line(struct audit *audit, const struct audit_finding *f, bool accept)
{
	const struct policy *policy = audit->policy;
	const struct device *device = &policy->devices[accept ? f->to.device : f->from.device];
	uint32_t role = audit_role(audit, device - policy->devices);
	const char *kind = accept ? "accept" : "connect", *word = accept ? "from" : "to";
	char target[POLICY_TEXT], service[POLICY_TEXT], buf[PLACE_LEN];
	const struct loc *loc = role == INDEX_NONE ? &device->loc : &policy->roles[role].loc;
	const char *place = format_place(policy, loc, buf);

	policy_service(&f->service, service);
	return audit_text(audit, "%s %s (%s), %s: {%s: %s, ports: [%s]}",
			  role == INDEX_NONE ? "a role for device" : "role",
			  role == INDEX_NONE ? device->name : policy->roles[role].name, place, kind, word,
			  audit_yaml(audit, accept ? &f->from : &f->to, target), service);
}

const char *audit_line(struct audit *audit, const struct audit_finding *f, enum missing bit)
{
	char from[POLICY_TEXT], to[POLICY_TEXT], service[POLICY_TEXT];

	if (bit != MISSING_CONDUIT)
		return rule_line(audit, f, bit == MISSING_ACCEPT);
	return audit_text(audit, "conduits: {from: %s, to: %s, ports: [%s]}",
			  policy_text(audit_segment(audit, &f->from), from),
			  policy_text(audit_segment(audit, &f->to), to), policy_service(&f->service, service));
}

/* ---- what is no matter of rules ---- */

static const char *note_unknown(struct audit *audit, const struct audit_finding *f)
{
	const char *segment = audit_segment(audit, f->destination ? &f->to : &f->from);
	char mac[MAC_LEN];

	if (f->destination)
		return audit_text(audit, "no device of segment %s has that address: if one should, list it",
				  segment ? segment : "?");
	return audit_text(audit, "if it belongs in segment %s, list it under devices, with a role: "
			  "NAME: {mac: \"%s\", segment: %s}", segment ? segment : "?", format_mac(f->mac, mac),
			  segment ? segment : "?");
}

static const char *note_of_device(struct audit *audit, const struct audit_finding *f, const char *format)
{
	const struct device *device = f->from.device == INDEX_NONE ? NULL : &audit->policy->devices[f->from.device];
	char buf[PLACE_LEN];

	return audit_text(audit, format, device ? device->name : "it",
			  device ? format_place(audit->policy, &device->loc, buf) : "the policy");
}

static const char *note_of_segment(struct audit *audit, const struct audit_finding *f, const char *format)
{
	const char *segment = audit_segment(audit, &f->from);

	return audit_text(audit, format, segment ? segment : "of that port");
}

static const char *note_ethertype(struct audit *audit, const struct audit_finding *f)
{
	char type[POLICY_TEXT];

	return audit_text(audit, "if that is wanted on %s: ethertypes: [%s] in a segment of that port",
			  *f->interface ? f->interface : "its port", policy_ethertype(f->ethertype, type));
}

static const char *note_rules(struct audit *audit, const struct audit_finding *f)
{
	if (f->to.kind == PARTY_NONE)
		return audit_text(audit, "no segment holds %s: one of kind hosts with such a subnet has to come first",
				  f->destination);
	if (f->from.segment == INDEX_NONE && f->missing & MISSING_CONDUIT)
		return audit_text(audit, "no segment holds %s: one of kind hosts with such a subnet has to come first",
				  f->source);
	if (f->service.kind == SERVICE_ANY)
		return "nothing is to be added: only 'any' covers it, and errors that belong to a connection pass with it";
	return NULL;
}

const char *audit_note(struct audit *audit, const struct audit_finding *f)
{
	switch (f->reason) {
	case REASON_SEGMENT:
	case REASON_ROLE_CONNECT:
	case REASON_ROLE_ACCEPT:
		return note_rules(audit, f);
	case REASON_UNKNOWN_DEVICE:
		return note_unknown(audit, f);
	case REASON_MAC_MISMATCH:
		return audit_text(audit, "nothing is to be added: another MAC has a listed device's address; where the device "
				  "was replaced, write its new MAC into its entry");
	case REASON_ETHERTYPE:
		return note_ethertype(audit, f);
	case REASON_FRAGMENT:
		return note_of_segment(audit, f, "if it has to send fragments: fragments: track in segment %s");
	case REASON_ROGUE_ROUTER:
		return note_of_segment(audit, f, "if it is a router: router-advertisements: true in segment %s, and router: "
				       "true in its entry");
	case REASON_ROGUE_DHCP:
		return note_of_device(audit, f, "if %s is a DHCP server: dhcp-server: true in its entry (%s)");
	case REASON_EXPIRED:
		return note_of_device(audit, f, "if %s should go on: a later valid-until in its entry (%s)");
	case REASON_QUARANTINED:
		return note_of_device(audit, f, "%s is cut off: 'picket release' ends that");
	case REASON_LIMIT_FLOWS:
	case REASON_LIMIT_PACKETS:
	case REASON_LIMIT_BYTES:
		return note_of_device(audit, f, "if %s needs that much: a higher limit in its entry (%s), its role or segment; "
				      "'picket devices' shows which was met");
	case REASON_UNBOUND:
		return audit_text(audit, "if frames with such a tag belong here: a segment with that interface and vlan");
	case REASON_NO_FLOW:
		return "nothing is to be added: it answers a connection that was not seen, or is over";
	default:
		return "nothing is to be added: no policy allows this";
	}
}
