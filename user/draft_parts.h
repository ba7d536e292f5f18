/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files that make a draft. Functions return 0 or -ENOMEM unless they say otherwise. */
#ifndef PICKET_DRAFT_PARTS_H
#define PICKET_DRAFT_PARTS_H

#include "draft.h"
#include "table.h"

#define IPV4_BITS 96

enum who {
	WHO_STRANGER, /* nobody answered it, and it spoke once: no device */
	WHO_GATEWAY,
	WHO_DEVICE,
	WHO_HOST, /* of a segment of hosts */
};

/* A station, and what it is taken for. */
struct member {
	const struct station *station;
	const struct claim **claims; /* by address */
	size_t nclaims;
	enum who who;
	bool router;
	uint32_t device; /* WHO_DEVICE */
};

/* Whose an address is. */
struct owner {
	struct picket_addr addr;
	const struct claim *claim;
	uint32_t member;
	bool handed_on; /* it had several owners, one after another */
};

/* One end of a talk. */
enum end_kind { AT_UNKNOWN, AT_GATEWAY, AT_DEVICE, AT_HOST, AT_GROUP };

struct draft_end {
	enum end_kind kind;
	uint32_t device, segment; /* else INDEX_NONE */
	struct picket_addr addr; /* zero for devices and the gateway */
};

/* Talks of the same ends and service. */
struct call {
	struct draft_end from, to;
	struct service service;
	bool answered;
	struct draft_seen seen;
};

struct device_rule {
	uint32_t device;
	struct draft_rule rule;
};

struct drafting {
	struct observer *observer;
	const struct draft_options *options;
	struct draft *draft;
	struct member *members; /* by port, then MAC */
	size_t nmembers;
	const struct claim **claims;
	size_t nclaims;
	const struct talk **talks; /* by when they were seen first */
	size_t ntalks;
	struct owner *owners; /* by address */
	size_t nowners;
	struct call *calls;
	size_t ncalls;
	struct device_rule *rules; /* by device, each once */
	size_t nrules;
	/* By port: segments, INDEX_NONE: none. */
	uint32_t devices_of[OBSERVE_PORTS], hosts_of[OBSERVE_PORTS];
	bool on_gateway; /* frames of the gateway are among those seen */

	struct table names, targets, services, peers, devices;
	const char **taken; /* names */
	size_t ntaken;
	const char **peers_wanted; /* by peer */
	/* of the arrays, here and in the draft */
	size_t cap_taken, cap_calls, cap_rules, cap_segments, cap_peers, cap_peers_wanted, cap_targets, cap_services;
	size_t cap_devices, cap_conduits, cap_roles, cap_notes;
};

/* Members, their claims and talks in order; who is the gateway, a router, a device. */
int draft_members(struct drafting *d);
/* NULL: it was not seen, or forgotten. */
struct member *draft_member(const struct drafting *d, const struct station_key *key);
/* The address is its own rather than one that it forwards for. */
bool member_speaks_for(const struct claim *claim);
bool addr_is_private(const struct picket_addr *addr);
/* The /24 or /64 around an address; /16 of 169.254. */
struct prefix addr_home(const struct picket_addr *addr);

/* Segments with their ports and subnets; whose each address is. */
int draft_segments(struct drafting *d);
int draft_owners(struct drafting *d);
/* NULL: nobody's. Of several owners the one with this MAC, else the one that others answered most. */
const struct owner *draft_owner(const struct drafting *d, const struct picket_addr *addr, const uint8_t mac[6]);
/* The segment with the longest match, INDEX_NONE: none. */
uint32_t draft_place(const struct drafting *d, const struct picket_addr *addr);
bool draft_is_gateway(const struct drafting *d, const struct picket_addr *addr);
/* It is the broadcast address of a subnet. */
bool draft_is_broadcast(const struct drafting *d, const struct picket_addr *addr);
/* For an address that no segment holds: a segment of hosts that does. */
int draft_uplink(struct drafting *d, const struct picket_addr *addr, uint32_t *segment);

int draft_devices(struct drafting *d);
int draft_calls(struct drafting *d);
/* Rules of devices, conduits, and the devices' roles. */
int draft_rules(struct drafting *d);
int draft_rule_compare(const struct draft_rule *a, const struct draft_rule *b);
void draft_rule_join(struct draft_rule *rule, const struct draft_rule *other);
int draft_roles(struct drafting *d);

void pace_join(struct pace *pace, const struct pace *other);

/* A name like wanted that the policy language takes and nothing has yet. NULL without memory. */
const char *draft_name(struct drafting *d, const char *wanted, const char *otherwise);
__attribute__((format(printf, 2, 3)))
int draft_note(struct drafting *d, const char *format, ...);

#endif
