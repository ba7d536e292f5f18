/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is seen of a network, frame by frame, as far as a policy could say it: who is there, which addresses they
 * use, who opens what to whom. Memory is bounded whatever the frames are: who got no answer is forgotten first.
 */
#ifndef PICKET_OBSERVE_H
#define PICKET_OBSERVE_H

#include <net/if.h>

#include "cache.h"
#include "eval_packet.h"
#include "leftout.h"
#include "policy.h"

#define OBSERVE_PORTS 256
#define OBSERVE_TOLD 8 /* subnets that a port was told of */
#define OBSERVE_NAME 64 /* with its NUL */

struct sighting {
	uint64_t frames;
	int64_t first, last; /* Unix ns */
};

/* The busiest second. */
struct pace {
	int64_t second;
	uint64_t packets, bytes; /* in it, so far */
	uint64_t most_packets, most_bytes;
};

struct station_key {
	uint8_t mac[6];
	uint16_t port; /* index of observer.ports */
};

enum station_flag {
	STATION_DHCP_CLIENT = 1,
	STATION_DHCP_SERVER = 2,
	STATION_ADVERTISES = 4, /* a router's advertisements or redirects */
	STATION_GATEWAY = 8, /* it was said that the gateway sends these frames */
};

struct station {
	struct station_key key;
	uint32_t flags;
	struct sighting sent;
	uint64_t heard; /* frames that others sent to it alone */
	uint64_t fragments;
	struct pace pace[DIRECTIONS];
	char host_name[OBSERVE_NAME]; /* as it said it to DHCP, "": never; any bytes */
};

enum claim_flag {
	CLAIM_ANNOUNCED = 1, /* in ARP or neighbour discovery */
	CLAIM_ON_LINK = 2, /* as the source of multicast or broadcast */
	CLAIM_LATE = 4, /* it was spoken to before it spoke, or an hour after */
	CLAIM_OFFERED = 8, /* likewise, by a DHCP server */
};

/* An address that a station used, or (no frames) was sent. */
struct claim {
	struct claim_key {
		struct picket_addr addr;
		struct station_key station;
	} key;
	uint32_t flags;
	struct sighting used;
	uint64_t addressed;
};

enum talk_kind { TALK_PORT, TALK_ECHO, TALK_PROTOCOL };

/* Connections of one kind from one address to another. */
struct talk {
	struct talk_key {
		struct picket_addr from, to;
		struct station_key station; /* that the opener's frames came from */
		uint16_t service; /* TALK_PORT: the port */
		uint8_t protocol;
		uint8_t kind; /* enum talk_kind */
	} key;
	uint8_t to_mac[6]; /* where they were sent last */
	struct sighting seen; /* frames of both directions */
	uint64_t flows, answers;
};

struct frametype {
	struct frametype_key {
		struct station_key station;
		uint16_t ethertype;
	} key;
	struct sighting seen;
};

/* The name that an address has in DNS answers. */
struct host_name {
	struct picket_addr addr;
	int64_t last;
	char name[OBSERVE_NAME]; /* any bytes */
};

struct port_seen {
	char interface[IF_NAMESIZE];
	uint16_t vlan;
	struct told_subnet {
		struct prefix prefix;
		bool own; /* by observer_tell(), else by DHCP or a router advertisement, which anybody can send */
	} told[OBSERVE_TOLD];
	size_t ntold;
};

struct observer {
	struct port_seen ports[OBSERVE_PORTS];
	size_t nports;
	struct cache stations, claims, talks, frametypes, names;
	struct cache flows, services; /* only while frames come in */
	struct sighting all;
	uint64_t answers; /* frames that answered another: were they seen at all? */
	struct leftout leftout;
};

struct observed_frame {
	const char *interface;
	bool out; /* it is known that the gateway sends it */
	const uint8_t *data;
	size_t len;
	int64_t time; /* Unix ns, not negative */
};

/* 0 and *out, or -ENOMEM. */
int observer_new(struct observer **out);
void observer_free(struct observer *observer);

void observe_frame(struct observer *observer, const struct observed_frame *frame);

/* A subnet that lives on this interface, untagged: this host has an address there. */
void observer_tell(struct observer *observer, const char *interface, const struct prefix *subnet);

/* NULL: nothing is known of it. */
const struct station *observed_station(const struct observer *observer, const struct station_key *key);
const struct claim *observed_claim(const struct observer *observer, const struct station_key *station,
				   const struct picket_addr *addr);
/* The name that DNS gave the address, NULL: none. */
const char *observed_name(const struct observer *observer, const struct picket_addr *addr);

#endif
