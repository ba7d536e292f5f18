/* SPDX-License-Identifier: GPL-2.0-only */
/* Classes of ends under the names that the policies have for them. */
#ifndef PICKET_EFFECTS_NAMES_H
#define PICKET_EFFECTS_NAMES_H

#include "effects_work.h"
#include "plan_items.h"

enum label_kind {
	LABEL_ANY, /* all there is */
	LABEL_GATEWAY,
	LABEL_GROUPS,
	LABEL_SEGMENT, /* all that is in it */
	LABEL_HOSTS, /* all hosts of a segment */
	LABEL_DEVICES, /* all devices of a segment */
	LABEL_WHO, /* devices that go by the same words */
	LABEL_CLASS, /* no more than one class */
};

struct label {
	enum label_kind kind;
	uint32_t index; /* of the segment (names.segments), the who or the class */
	uint32_t version; /* 4, 6: only of this IP version; 0: of all */
};

/* A peer's prefix. */
struct peer_prefix {
	struct prefix prefix;
	uint32_t peer;
};

struct names {
	const struct effects *e;
	uint32_t *segment_of[POLICIES]; /* by a policy's segment: in segments */
	const char **segments;
	uint32_t nsegments;
	struct peer_prefix *peers[POLICIES]; /* sorted */
	size_t npeers[POLICIES];
	uint32_t *narrower[ENDS]; /* by segment: classes of hosts there that a rule prefix narrows */
	bool *alike[ENDS]; /* by class: others of hosts would go by the same words */
	bool *divided[ENDS][POLICIES]; /* by target: a rule prefix that holds others of which are classes */
};

/* 0 or -ENOMEM. names_free() in either case. */
int names_init(const struct effects *e, struct names *names);
void names_free(struct names *names);

/* The segment that a class is in, as the policy after has it if that has it; INDEX_NONE: none. */
uint32_t class_home(const struct names *names, const struct end_class *class);

/* The rule prefix that a class is in, when it is less than its segment's subnet. */
struct narrowing {
	const struct prefix *prefix; /* NULL: there is none */
	bool rest; /* classes in longer rule prefixes are apart */
};

struct narrowing names_narrowing(const struct names *names, enum side side,
				 const struct end_class *class);
/* Of a target that is a rule prefix; NULL: 0 is none. */
const struct prefix *names_prefix(const struct names *names, int policy, uint32_t target);
/* A peer that lists exactly this prefix, or NULL. */
const char *names_peer(const struct names *names, const struct prefix *prefix);

/* Appends to the last item; different: also what sets it apart from classes in the same words. */
void class_write(const struct names *names, enum side side, uint32_t index, bool different,
		 struct items *out);

/* Writes an item. Devices are counted where the label is of sources. */
void label_write(const struct names *names, enum side side, const struct label *label,
		 struct items *out);

/* "any", "gateway", "groups", "segment", "hosts", "devices", "role", "device", "peer", "prefix" */
const char *label_kind_name(const struct names *names, enum side side, const struct label *label);
/* The devices, or NULL: it is not of devices that go by the same words. */
const struct who *label_who(const struct names *names, enum side side, const struct label *label);
/* Its segment's name, or NULL. */
const char *label_segment(const struct names *names, enum side side, const struct label *label);

#endif
