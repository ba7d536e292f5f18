/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of effects: what is on its way from two rulesets to sentences. */
#ifndef PICKET_EFFECTS_WORK_H
#define PICKET_EFFECTS_WORK_H

#include "effects.h"
#include "effects_services.h"
#include "lists.h"
#include "plan_addrs.h"

enum side { FROM, TO, ENDS };

enum end_kind { END_NOBODY, END_GATEWAY, END_GROUP, END_HOST, END_DEVICE };

/* One end of a connection under one of the policies; a key, so without holes. */
struct end {
	uint32_t kind;
	uint32_t segment; /* a host's, a device's, or whose broadcast address it is; else INDEX_NONE */
	uint32_t set; /* a device's rules: of connect (FROM) or accept (TO) */
	uint32_t roles, name; /* a device's, as targets; 0: no rule names them */
	uint32_t prefix; /* the longest rule prefix that the other end's rules ask for; 0: none */
};

/* Ends that neither policy tells apart. */
struct end_class {
	struct end end[POLICIES];
	uint32_t version; /* of IP: 4, 6 */
	uint32_t who; /* devices: in whos; else INDEX_NONE */
	uint32_t edge; /* a broadcast address in one policy alone: subnets moved, which is all to say */
	uint32_t region; /* one of those where they are; no part of the key */
};

struct classes {
	struct end_class *all;
	size_t n, capacity;
	struct table table;
};

/* Devices that go by the same words; a key up to n. */
struct who {
	uint32_t roles[POLICIES]; /* in view.roles; INDEX_NONE: no device there */
	uint32_t segment[POLICIES]; /* INDEX_NONE: nothing is there */
	uint32_t name[POLICIES]; /* as a target */
	uint32_t valid[POLICIES]; /* at that time */
	uint32_t n; /* how many */
	uint32_t device[POLICIES]; /* one of them */
	uint32_t roaming; /* bits of what was added already */
};

#define WHO_KEY offsetof(struct who, n)

struct whos {
	struct who *all;
	size_t n, capacity;
	struct table table;
};

/* What is looked up often of one policy. */
struct view {
	const struct policy *policy;
	const struct ruleset *ruleset;
	struct grants *grants; /* by class, at that time */
	uint32_t *class_roles; /* by class: in roles */
	struct lists roles; /* of role indexes, as devices have them without what they extend */
	uint32_t *relevant[ENDS]; /* by target: the longest rule prefix that matters at that end */
	uint32_t *first_region, *regions; /* by segment: where its devices may roam */
	uint32_t *conduit; /* services, by from * nsegments + to */
	bool *together; /* likewise: they share a port */
	uint32_t *services; /* by entry */
	uint32_t *first_entry; /* by set */
	uint32_t *first_of_target, *by_target; /* entries by their target */
	struct addrs addrs;
};

/* One line of what changes for some ends: the services, and by which sign. */
#define EFFECT_SIGN_LOST 0x80000000U

struct effects {
	struct effects_input input;
	struct picket_addr *gateway; /* of both policies, sorted */
	size_t ngateway;
	struct space space;
	struct view views[POLICIES];
	struct classes classes[ENDS];
	struct whos whos;
	struct service_sets services;
	/* What changes for a class: sign and services, set of classes at the other end, and so on. */
	struct lists vectors;
	uint32_t *vector; /* by class FROM: in vectors */
	struct lists sets; /* of classes TO: first, last, first, last */
};

/* These return 0 or -ENOMEM. */
int view_init(struct effects *e, int policy);
void view_free(struct view *view);
/* Once the space is known: which regions each segment has. */
int view_regions(struct effects *e, int policy);

/* Fills the classes of both sides. */
int ends_gather(struct effects *e);
int devices_gather(struct effects *e);

bool is_gateway(const struct effects *e, const struct picket_addr *addr);
/* A broadcast address in one policy alone. */
bool is_edge(const struct effects *e, uint32_t region);
uint32_t version_of(const struct picket_addr *addr);

/*
 * An address as one policy sees it at one end; device: whose it is, or INDEX_NONE. addr NULL: any
 * of the region that is nobody's by name.
 */
struct end end_at(const struct effects *e, enum side side, int policy, const struct picket_addr *addr,
		  uint32_t region, uint32_t device);

/* The class of a key, UINT32_MAX when there is none. */
uint32_t class_find(const struct classes *classes, const struct end_class *key);
/* Adds it to a side, unless it is nobody in both policies. */
int class_add(struct effects *e, enum side side, const struct end_class *class);

/*
 * The words by which a pair goes, in whos; counts it. A device that is INDEX_NONE is none, or a
 * host of that segment (INDEX_NONE: neither).
 */
int who_add(struct effects *e, const uint32_t devices[POLICIES], const uint32_t hosts[POLICIES],
	    uint32_t *out);
/* UINT32_MAX: no such pair was added. */
uint32_t who_find(const struct effects *e, const uint32_t devices[POLICIES],
		  const uint32_t hosts[POLICIES]);

extern const uint32_t NO_HOSTS[POLICIES];

/* Compares all pairs of classes. */
int effects_compare(struct effects *e);

/* What changes for one source: all zero at first. */
struct vector_work {
	uint64_t *found; /* sign and services above, class TO below */
	size_t nfound, found_capacity;
	uint32_t *numbers, *vector; /* scratch */
	size_t numbers_capacity, vector_capacity;
};

void vector_free(struct vector_work *w);
int vector_add(struct vector_work *w, uint32_t sign, uint32_t services, uint32_t class);
/*
 * Interns what was added and forgets it: each service with all the destinations for which it
 * changes, services with the same ones together.
 */
int vector_intern(struct effects *e, struct vector_work *w, uint32_t *vector);

/* The targets under which rules may mean an end; how many, at most END_TARGETS. */
#define END_TARGETS (5 + PICKET_MAX_PREFIX_DEPTH)
size_t end_targets(const struct ruleset *ruleset, const struct end *end, uint32_t out[END_TARGETS]);

#endif
