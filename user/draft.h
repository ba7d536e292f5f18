/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy that what was seen makes: least privilege, with how often and when each was seen. What it says is
 * only as good as the names in it: those are the policy language's, whatever the network said.
 */
#ifndef PICKET_DRAFT_H
#define PICKET_DRAFT_H

#include "arena.h"
#include "observe.h"
#include "policy.h"

struct draft_port {
	char interface[IF_NAMESIZE];
	uint16_t vlan; /* 0: untagged */
};

/* What the admin says of it; zeroes are the defaults. */
struct draft_options {
	struct draft_identity { /* a MAC address or an IP address */
		bool is_mac;
		uint8_t mac[6];
		struct picket_addr addr;
	} *gateway, *routers;
	size_t ngateway, nrouters;
	struct prefix *subnets;
	size_t nsubnets;
	struct draft_named {
		const char *name;
		const char *port; /* "lan0", or "lan0.20" for VLAN 20 */
		bool hosts; /* who lives there is not listed */
	} *segments;
	size_t nsegments;
	const char *uplink; /* interface where the internet is, when no frame told; NULL: not known */
};

/* How often connections were opened, and when they were seen. */
struct draft_seen {
	uint64_t times;
	int64_t first, last; /* Unix ns */
};

/* Adds the other's times. */
void draft_seen_join(struct draft_seen *seen, const struct draft_seen *other);

enum draft_target_kind { DRAFT_GATEWAY, DRAFT_PEER, DRAFT_DEVICE, DRAFT_SEGMENT, DRAFT_ADDRESS };

struct draft_target {
	enum draft_target_kind kind;
	uint32_t index; /* of the peer, device or segment */
	struct picket_addr addr;
};

struct draft_segment {
	const char *name;
	bool hosts, dhcp, track_fragments, router_advertisements;
	bool guessed; /* its port was not seen: an interface has to be named */
	struct draft_port *ports;
	size_t nports;
	struct prefix *subnets;
	size_t nsubnets;
	struct draft_ethertype {
		uint16_t ethertype;
		uint64_t frames;
	} *ethertypes;
	size_t nethertypes;
};

struct draft_peer {
	const char *name;
	struct picket_addr *addrs;
	size_t naddrs;
};

struct draft_device {
	const char *name;
	uint32_t segment, role; /* role INDEX_NONE: it may do nothing */
	uint8_t mac[6];
	bool named; /* it said so itself; else the name is its MAC's */
	bool router, dhcp_server;
	struct draft_address {
		struct picket_addr addr;
		bool listed; /* else it is found by the MAC */
	} *addrs;
	size_t naddrs;
	struct sighting sent;
	struct pace pace[DIRECTIONS];
};

/* One connect or accept: what one device, or all of a role, were seen to do. */
struct draft_rule {
	bool accept;
	uint32_t target, service; /* indexes of the draft's */
	bool answered;
	struct draft_seen seen;
};

struct draft_role {
	const char *name;
	bool extends_base;
	struct draft_rule *rules; /* by accept, target, service */
	size_t nrules;
	uint32_t devices;
	struct pace pace[DIRECTIONS]; /* of the busiest of them */
};

struct draft_conduit {
	uint32_t from, to; /* segments */
	uint32_t *services;
	size_t nservices;
	struct draft_seen seen;
};

struct draft {
	struct arena arena; /* owns everything below */
	struct picket_addr *gateway;
	size_t ngateway;
	uint8_t (*gateway_macs)[6]; /* whose frames the gateway sends */
	size_t ngateway_macs;
	struct draft_segment *segments;
	size_t nsegments;
	struct draft_peer *peers;
	size_t npeers;
	struct draft_target *targets;
	size_t ntargets;
	struct service *services; /* places are not used */
	size_t nservices;
	struct draft_role *roles; /* the first is what others extend, when has_base */
	size_t nroles;
	bool has_base;
	struct draft_device *devices;
	size_t ndevices;
	struct draft_conduit *conduits;
	size_t nconduits;

	/* What was not learned. */
	uint64_t strangers; /* MACs that nobody answered, and that spoke once */
	uint64_t scans; /* calls of those who called too many, none of whom answered */
	const char **notes; /* what an admin should look at: sentences */
	size_t nnotes;
};

/* 0 and *out, or -ENOMEM. Counts what it leaves out in the observer's leftout. */
int draft_new(struct observer *observer, const struct draft_options *options, struct draft **out);
void draft_free(struct draft *draft);

bool draft_is_gateway_mac(const struct draft *draft, const uint8_t mac[6]);

#endif
