/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What passed as audit, by ends and service, since the daemon keeps count: bounded, and so that nobody who tries
 * everything pushes out what others do. Safe to use from several threads.
 */
#ifndef PICKET_AUDITBOOK_H
#define PICKET_AUDITBOOK_H

#include <jansson.h>
#include <net/if.h>

#include "events.h"

#define AUDITBOOK_NAME 64

/*
 * What makes a row. Zero where the reason is not about it: only conduits and rules are about a service, and only
 * they do not ask for the MAC.
 */
struct audit_key {
	struct picket_addr src, dst; /* of who opened the connection, and whom it opened it to */
	uint8_t mac[6]; /* source */
	uint16_t port; /* the service's; without EVENT_IP the EtherType */
	uint8_t protocol, icmp_type;
	uint8_t reason;
	uint8_t flags; /* enum event_flags: OUT, IPV6, IP, PORTS */
	uint16_t vlan;
	uint16_t pad;
};
_Static_assert(sizeof(struct audit_key) == 48, "a key has no padding, since it is compared as bytes");

struct audit_row {
	struct audit_key key;
	uint64_t packets;
	uint64_t opened; /* flows that enforcing would not have let be opened */
	int64_t first, last; /* Unix ns */
	/* The first of them; an answer has none of these, and captured is 0. */
	char interface[IF_NAMESIZE];
	uint8_t mac[6];
	uint32_t bytes;
	uint8_t captured;
	uint8_t frame[PICKET_CAPTURE];
};

/* Of one device and reason; without a device, of all unlisted sources and hosts of a segment. */
struct audit_owner {
	char device[AUDITBOOK_NAME], segment[AUDITBOOK_NAME]; /* segment: "" with a device, or where none was known */
	uint8_t reason;
	struct audit_row *rows;
	uint32_t n, capacity;
	uint64_t gone, gone_packets; /* rows that made room for others */
};

struct auditbook;

/* Empty, from now (Unix ns) on. 0 and *out, or -ENOMEM. */
int auditbook_new(int64_t now, struct auditbook **out);
void auditbook_free(struct auditbook *book);

/* Those of another verdict are passed over. */
void auditbook_add(struct auditbook *book, const struct event *event, const struct event_names *names);
/* How many events found no room in the ring so far. */
void auditbook_lose(struct auditbook *book, uint64_t events);

struct auditbook_sum {
	int64_t since; /* Unix ns */
	uint64_t lost; /* events */
	uint64_t left_out; /* packets of more devices than there is room for */
	uint64_t changes; /* goes up with each event */
};

struct auditbook_sum auditbook_sum(struct auditbook *book);

/* Calls for each owner, in the order in which they came, while the book is locked; not 0 ends it. */
typedef int auditbook_fn(const struct audit_owner *owner, void *context);
int auditbook_walk(struct auditbook *book, auditbook_fn *fn, void *context);

/* The whole as one object, and back: 0 and *out; -EINVAL; -ENOMEM. */
void auditbook_print(struct auditbook *book, struct output *out);
int auditbook_parse(const json_t *json, struct auditbook **out);

/* In the state directory, so that it outlives the daemon. 0; -ENOENT: there is none; -errno. */
int auditbook_save(struct auditbook *book);
int auditbook_load(struct auditbook **out);

#endif
