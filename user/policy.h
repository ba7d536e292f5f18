/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checked policy: every name resolved to an index, every value in range,
 * places in the source kept. Nothing changes it after policy_check().
 * Arrays are in file order; an index is a position in its array.
 */
#ifndef PICKET_POLICY_H
#define PICKET_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

#define NSEC_PER_SEC 1000000000LL
#define TIME_ALWAYS_FROM INT64_MIN
#define TIME_NEVER_UNTIL INT64_MAX
#define INDEX_NONE UINT32_MAX

/* A place in a source file; line 0 means that there is none. */
struct loc {
	uint32_t file; /* index into policy.files */
	uint32_t line, col; /* from 1; col counts bytes */
};

/* An address block. IPv4 lives in ::ffff:0:0/96, so IPv4 /n has len 96 + n. */
struct prefix {
	struct picket_addr addr; /* host bits are zero */
	uint8_t len; /* 0 to 128 */
};

enum service_kind {
	SERVICE_ANY, /* every packet */
	SERVICE_ECHO, /* ICMP and ICMPv6 echo requests: "icmp" */
	SERVICE_PROTO, /* an IP protocol; lo and hi matter for TCP, UDP, SCTP */
};

struct service {
	enum service_kind kind;
	uint8_t proto;
	uint16_t lo, hi; /* ports, inclusive; the whole protocol is 0 to 65535 */
	struct loc loc;
};

enum target_kind {
	TARGET_ANY,
	TARGET_GATEWAY,
	TARGET_PREFIX,
	TARGET_PEER,
	TARGET_SEGMENT,
	TARGET_ROLE,
	TARGET_DEVICE,
};

struct target {
	enum target_kind kind;
	uint32_t index; /* of the peer, segment, role or device */
	struct prefix prefix; /* TARGET_PREFIX */
	struct loc loc;
};

/* One entry of connect or accept. "ports" left out is one SERVICE_ANY. */
struct rule {
	struct target *targets;
	size_t ntargets;
	struct service *services;
	size_t nservices;
	struct loc loc;
};

enum limit_kind { LIMIT_FLOWS, LIMIT_PACKETS, LIMIT_BYTES, LIMIT_KINDS };
enum direction { DIR_SEND, DIR_RECEIVE, DIRECTIONS };

/* count per period, burst at once (flows, packets or bytes); count 0: no limit. */
struct rate {
	uint64_t count;
	uint64_t period; /* ns */
	uint64_t burst; /* defaults already filled in */
	struct loc loc;
};

/* What one "send:" or "receive:" says; present: the key was written. */
struct limit {
	bool present;
	struct rate rate[LIMIT_KINDS];
	struct loc loc;
};

struct role {
	const char *name;
	struct loc loc;
	uint32_t *extends; /* roles, in file order; free of cycles */
	size_t nextends;
	struct rule *connect; /* its own rules, not the inherited ones */
	size_t nconnect;
	struct rule *accept;
	size_t naccept;
	struct limit limit[DIRECTIONS]; /* its own */
};

struct peer {
	const char *name;
	struct loc loc;
	struct prefix *prefixes;
	size_t nprefixes;
};

/* Where a frame arrives: interface and VLAN id, 0 untagged. */
struct port {
	const char *interface;
	uint16_t vlan;
	uint32_t *segments; /* attached to it, in file order */
	size_t nsegments;
	struct loc loc; /* of its first mention */
};

struct subnet {
	struct prefix prefix;
	struct loc loc;
};

struct segment {
	const char *name;
	struct loc loc;
	bool hosts; /* kind: hosts */
	bool dhcp;
	bool track_fragments;
	bool router_advertisements;
	bool audit; /* resolved: its own mode, else the policy's */
	uint32_t *ports; /* indexes into policy.ports */
	size_t nports;
	struct subnet *subnets;
	size_t nsubnets;
	uint16_t *ethertypes;
	size_t nethertypes;
	struct limit limit[DIRECTIONS]; /* LIMIT_FLOWS never set */
};

struct device {
	const char *name;
	struct loc loc;
	uint32_t *roles; /* listed with the device; assignments come on top */
	size_t nroles;
	struct picket_addr *addrs;
	size_t naddrs;
	const char *space; /* "hq/floor-2", NULL: nowhere */
	struct limit *limit; /* its own, [DIRECTIONS]; NULL: none */
	int64_t valid_from, valid_until; /* Unix ns; until is exclusive */
	uint32_t segment;
	uint8_t mac[6];
	bool has_mac;
	bool router;
	bool dhcp_server;
};

struct assignment {
	uint32_t role;
	const char *space;
	int64_t valid_from, valid_until; /* Unix ns; until is exclusive */
	struct loc loc;
};

struct conduit {
	uint32_t *from, *to; /* segments */
	size_t nfrom, nto;
	struct service *services; /* "ports" left out is one SERVICE_ANY */
	size_t nservices;
	struct loc loc;
};

struct source_file {
	const char *name; /* as the admin wrote it: "policy.yaml", "inventory.csv" */
	const char *text; /* whole, not NUL-terminated */
	size_t len;
};

struct policy {
	const char *name; /* the policy file's base name without its suffix */
	bool audit; /* mode: audit */
	struct picket_addr *gateway; /* gateway: addresses */
	size_t ngateway;
	struct segment *segments;
	size_t nsegments;
	struct port *ports; /* every port of every segment, each once, in file order */
	size_t nports;
	struct peer *peers;
	size_t npeers;
	struct role *roles;
	size_t nroles;
	struct device *devices;
	size_t ndevices;
	struct assignment *assignments;
	size_t nassignments;
	struct conduit *conduits;
	size_t nconduits;
	struct source_file *files; /* [0] is the policy, then device files */
	size_t nfiles;
	void *arena; /* owns everything above */
};

struct diag; /* diag.h */
struct packing; /* packing.h */

/*
 * Parse and check a policy and the device files that it names.
 * Diagnostics, errors and warnings, go to *diag.
 * 0 and *out; -EINVAL when diag holds an error; -errno when memory or a file failed
 * (then diag says it too). *out is untouched on failure.
 */
int policy_load(const char *path, struct diag *diag, struct policy **out);

/*
 * The same, and packs the sources meanwhile: *packing is to be finished before the policy is
 * freed. Both untouched on failure.
 */
int policy_load_packing(const char *path, struct diag *diag, struct policy **out,
			struct packing **packing);

/*
 * The same from sources held in memory: files[0] is the policy, the others are found
 * by the name that device-files gives them.
 */
int policy_load_sources(const struct source_file *files, size_t nfiles, struct diag *diag,
			struct policy **out);

/* The same, and packs the sources as policy_load_packing() does. */
int policy_load_sources_packing(const struct source_file *files, size_t nfiles, struct diag *diag,
				struct policy **out, struct packing **packing);

void policy_free(struct policy *policy);

/* True when space is place or lies below it ("hq" holds "hq/floor-2", not "hq2"). */
bool space_within(const char *space, const char *place);

/* Index by name; INDEX_NONE when there is none. */
uint32_t policy_find_device(const struct policy *policy, const char *name);
uint32_t policy_find_segment(const struct policy *policy, const char *name);

bool prefix_holds(const struct prefix *prefix, const struct picket_addr *addr);
bool addr_is_ipv4(const struct picket_addr *addr);

#endif
