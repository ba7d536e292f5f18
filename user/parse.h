/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the tree of a policy file to struct policy. First every name is declared, then bodies
 * are read and names resolved at once. Reading goes on after errors; what is wrong keeps its
 * zero value. Inside the parser only.
 */
#ifndef PICKET_PARSE_H
#define PICKET_PARSE_H

#include "arena.h"
#include "diag.h"
#include "namespace.h"
#include "value.h"
#include "yaml_tree.h"

struct place {
	uint32_t line, col; /* in the device's file */
};

/* Where a device's values stand: kept beside the policy until it is checked. */
struct device_places {
	struct place mac, segment;
	struct place *addrs; /* naddrs */
};

struct parse {
	struct diag *diag;
	struct arena *arena;
	struct policy *policy;
	struct namespace *names;
	struct device_places *places; /* ndevices */
	size_t device_room;
	struct loc *gateway_locs; /* ngateway */
	struct table spaces; /* of space_names */
	const char **space_names;
	size_t nspaces;
	struct table ports; /* of policy->ports */
	uint32_t *port_owner; /* per port: index + 1 of the segment that named it last */
	uint32_t *role_stamps; /* per role: the list that named it last */
	uint32_t stamp;
	unsigned int suggestions;
	bool out_of_memory;
};

/* One key that a mapping may have. */
struct field {
	const char *key;
	void (*read)(struct parse *parse, const struct node *key, const struct node *value, void *into);
};

struct loc node_loc(const struct node *node);
struct text node_text(const struct node *node);
bool node_is_null(const struct node *node);

/* Null counts as empty. These report a wrong type, naming key, and then return false. */
bool parse_mapping(struct parse *parse, const struct node *key, const struct node *value);
bool parse_list(struct parse *parse, const struct node *key, const struct node *value);
bool parse_scalar(struct parse *parse, const struct node *key, const struct node *value,
		  struct text *out);

/* The same from a single value or a list of them: *items and *n. Empty lists are errors. */
bool parse_some(struct parse *parse, const struct node *key, const struct node *value,
		const struct node **items, size_t *n);

/* The same as located texts. */
bool parse_texts(struct parse *parse, const struct node *key, const struct node *value,
		 const struct text **texts, size_t *n);

/* Reads each key of a mapping as fields say; an unknown key is an error. */
void parse_fields(struct parse *parse, const struct node *key, const struct node *value,
		  const struct field *fields, size_t nfields, void *into);

/* Readers of fields for simple types; into is the variable. */
void read_bool(struct parse *parse, const struct node *key, const struct node *value, bool *into);
/* enforce or audit */
void parse_mode(struct parse *parse, const struct node *key, const struct node *value, bool *audit);
void read_time(struct parse *parse, const struct node *key, const struct node *value,
	       int64_t *into);

/* valid-until, at place, must come after valid-from. */
void check_validity(struct parse *parse, struct loc loc, int64_t from, int64_t until);

/* Resolves a name of one kind; reports what it is instead, or what is near. */
bool parse_reference(struct parse *parse, const struct text *text, enum name_kind kind,
		     uint32_t *index);
void report_unknown_name(struct parse *parse, const struct text *text, const char *what);

/* Takes the name of an element that is in its array already. */
void declare_name(struct parse *parse, enum name_kind kind, uint32_t index);

/* A list of names of one kind without repetitions, from texts. */
uint32_t *parse_roles(struct parse *parse, const struct text *texts, size_t ntexts, size_t *n);

/* The policy's one copy of a space's name, NULL when it is wrong. */
const char *parse_space(struct parse *parse, const struct text *text);

/* The policy's copy of a text, "" without memory: the tree does not live as long. */
const char *parse_string(struct parse *parse, const struct text *text);

/* n zeroed elements; NULL and parse->out_of_memory without memory. */
void *parse_array(struct parse *parse, size_t n, size_t size);

enum section_kind {
	SECTION_VERSION,
	SECTION_MODE,
	SECTION_GATEWAY,
	SECTION_SEGMENTS,
	SECTION_PEERS,
	SECTION_ROLES,
	SECTION_DEVICES,
	SECTION_DEVICE_FILES,
	SECTION_ASSIGNMENTS,
	SECTION_CONDUITS,
	SECTIONS
};

/* A top-level key of the policy; NULL when it is not there. */
struct section {
	const struct node *key, *value;
};

void parse_sections(struct parse *parse, const struct node *root, struct section sections[SECTIONS]);

/* Everything but reading files: those are in policy->files by now. */
void parse_policy(struct parse *parse, const struct section sections[SECTIONS]);

/* The sections of a policy. "declare" makes the array and takes the names. */
void declare_segments(struct parse *parse, const struct node *section);
void declare_peers(struct parse *parse, const struct node *section);
void declare_roles(struct parse *parse, const struct node *section);
void parse_segments(struct parse *parse, const struct node *section);
void parse_peers(struct parse *parse, const struct node *section);
void parse_roles_section(struct parse *parse, const struct node *section);
void parse_devices(struct parse *parse, const struct node *section);
void parse_device_file(struct parse *parse, uint32_t file);
void parse_assignments(struct parse *parse, const struct node *key, const struct node *value);
void parse_conduits(struct parse *parse, const struct node *key, const struct node *value);

/* connect or accept: key says which. */
void parse_rules(struct parse *parse, const struct node *key, const struct node *value,
		 struct rule **rules, size_t *nrules);
/* ports: */
void parse_services(struct parse *parse, const struct node *key, const struct node *value,
		    struct service **services, size_t *n);
/* What "ports" left out means. */
void services_default(struct parse *parse, struct loc loc, struct service **services, size_t *n);

/* limit: {send: ..., receive: ...}; flows: whether there may be limits on flows. */
void parse_limits(struct parse *parse, const struct node *key, const struct node *value, bool flows,
		  struct limit limit[DIRECTIONS]);

#endif
