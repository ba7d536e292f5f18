/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What passed as audit, held against a policy: what that would not let pass either, in its words, with what it
 * lacks. A book's rows that it allows, or that are no longer anybody's, are not among it.
 */
#ifndef PICKET_AUDIT_H
#define PICKET_AUDIT_H

#include "arena.h"
#include "auditbook.h"
#include "eval_ends.h"
#include "live.h"
#include "policy_writer.h"

struct audit_finding {
	struct party from, to; /* PARTY_NONE where the reason is not about them, or nobody is there */
	enum reason reason; /* that the policy gives now, the first */
	unsigned int missing; /* enum missing: all that it lacks, where it is a matter of rules */
	struct service service; /* where it is; SERVICE_ANY: nothing less covers it */
	const char *source, *destination, *service_text; /* destination and service_text: NULL, not about one */
	uint16_t ethertype; /* REASON_ETHERTYPE */
	const char *interface; /* where it arrived; "": not known */
	uint8_t mac[6];
	uint64_t packets, opened;
	int64_t first, last; /* Unix ns */
};

struct audit {
	struct arena arena; /* strings */
	const struct policy *policy;
	struct live *live; /* whose addresses and learned ones count; NULL: nothing is */
	struct eval *eval;
	bool candidate; /* the policy is not the live one: its segments' modes do not count */
	int64_t now; /* Unix ns */
	uint32_t *role_users; /* by role: devices that list it */
	struct audit_finding *findings; /* the most packets first */
	size_t n, capacity;
};

/* 0 and *audit, with audit_free() in either case; -errno. */
int audit_init(struct audit *audit, struct live *live, const struct policy *policy, bool candidate);
/* Adds what is in the book. 0 or -errno. */
int audit_judge(struct audit *audit, struct auditbook *book);
void audit_free(struct audit *audit);

/* Names that the policy has for the ends; NULL: none. */
const char *audit_segment(const struct audit *audit, const struct party *party);
const char *audit_device(const struct audit *audit, const struct party *party);
/* As a rule names it: "gateway", a device, a peer that is this address alone, or the address. */
const char *audit_target(struct audit *audit, const struct party *party);

/* The same as YAML takes it. */
const char *audit_yaml(const struct audit *audit, const struct party *party, char buf[POLICY_TEXT]);

/* The role of the device's own that fewest others have; INDEX_NONE: it has none. */
uint32_t audit_role(const struct audit *audit, uint32_t device);

/* One line of what would allow it, with where it belongs; bit: of enum missing. NULL without memory. */
const char *audit_line(struct audit *audit, const struct audit_finding *finding, enum missing bit);
/* What to do where lines are not all there is to say; NULL: they are. */
const char *audit_note(struct audit *audit, const struct audit_finding *finding);

/* A text of the audit's. NULL without memory, and then the arena has failed. */
__attribute__((format(printf, 2, 3)))
const char *audit_text(struct audit *audit, const char *format, ...);

/* What allows all that is a matter of rules, as a part of a policy. 0 or -ENOMEM. */
int audit_accept(struct audit *audit, int64_t since, FILE *to);

#endif
