// SPDX-License-Identifier: GPL-2.0-only
#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define MOST_SUGGESTIONS 50 /* searching for near names is slow: nobody reads more */
#define MOST_CANDIDATES 2000
#define MOST_KEYS 32

struct loc node_loc(const struct node *node)
{
	return (struct loc){ .line = node->line, .col = node->col };
}

struct text node_text(const struct node *node)
{
	return (struct text){ node->text, node->n, node_loc(node) };
}

bool node_is_null(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain &&
	       (!node->n || !strcmp(node->text, "~") || !strcmp(node->text, "null"));
}

void *parse_array(struct parse *parse, size_t n, size_t size)
{
	void *array = arena_array(parse->arena, n, size);

	parse->out_of_memory |= !array;
	return array;
}

const char *parse_string(struct parse *parse, const struct text *text)
{
	const char *copy = arena_string(parse->arena, text->s, text->len);

	parse->out_of_memory |= !copy;
	return copy ? copy : "";
}

bool parse_mapping(struct parse *parse, const struct node *key, const struct node *value)
{
	if (value->kind == NODE_MAPPING)
		return true;
	if (value->kind != NODE_BAD && !node_is_null(value))
		diag_error(parse->diag, node_loc(value), "\"%.64s\" needs a mapping, lines of \"key: value\"",
			   key->text);
	return false;
}

bool parse_list(struct parse *parse, const struct node *key, const struct node *value)
{
	if (value->kind == NODE_SEQUENCE)
		return true;
	if (value->kind != NODE_BAD && !node_is_null(value))
		diag_error(parse->diag, node_loc(value), "\"%.64s\" needs a list: write [a, b]", key->text);
	return false;
}

bool parse_scalar(struct parse *parse, const struct node *key, const struct node *value,
		  struct text *out)
{
	if (value->kind == NODE_SCALAR && !node_is_null(value)) {
		*out = node_text(value);
		return true;
	}
	if (value->kind == NODE_SCALAR)
		diag_error(parse->diag, node_loc(key), "\"%.64s\" has no value: write one or leave the key out",
			   key->text);
	else if (value->kind != NODE_BAD)
		diag_error(parse->diag, node_loc(value), "\"%.64s\" needs a single value, not a %s", key->text,
			   value->kind == NODE_SEQUENCE ? "list" : "mapping");
	return false;
}

bool parse_some(struct parse *parse, const struct node *key, const struct node *value,
		const struct node **items, size_t *n)
{
	struct text unused;

	*items = value;
	*n = 1;
	if (value->kind == NODE_SCALAR)
		return parse_scalar(parse, key, value, &unused);
	if (!parse_list(parse, key, value))
		return false;
	*items = value->items;
	*n = value->n;
	if (!value->n)
		diag_error(parse->diag, node_loc(value), "\"%.64s\" is empty: name at least one, or leave the key out",
			   key->text);
	return value->n;
}

static void report_unknown_key(struct parse *parse, const struct node *owner, const struct node *key,
			       const struct field *fields, size_t nfields)
{
	const char *keys[MOST_KEYS], *near = NULL;
	size_t i;

	for (i = 0; i < nfields && i < MOST_KEYS; i++)
		keys[i] = fields[i].key;
	if (parse->suggestions++ < MOST_SUGGESTIONS && key->n < 64)
		near = nearest_name(key->text, keys, i);
	if (near)
		diag_error(parse->diag, node_loc(key), "unknown key \"%.64s\" in \"%.64s\": did you mean \"%s\"?",
			   key->text, owner->text, near);
	else
		diag_error(parse->diag, node_loc(key), "unknown key \"%.64s\" in \"%.64s\": remove it", key->text,
			   owner->text);
}

void parse_fields(struct parse *parse, const struct node *key, const struct node *value,
		  const struct field *fields, size_t nfields, void *into)
{
	uint32_t i;
	size_t f;

	if (!parse_mapping(parse, key, value))
		return;
	for (i = 0; i < value->n; i++) {
		const struct node *name = &value->items[2 * i];

		for (f = 0; f < nfields && strcmp(fields[f].key, name->text); f++)
			;
		if (f < nfields)
			fields[f].read(parse, name, name + 1, into);
		else
			report_unknown_key(parse, key, name, fields, nfields);
	}
}

void read_bool(struct parse *parse, const struct node *key, const struct node *value, bool *into)
{
	struct text text;

	if (parse_scalar(parse, key, value, &text))
		value_bool(parse->diag, &text, into);
}

void parse_mode(struct parse *parse, const struct node *key, const struct node *value, bool *audit)
{
	static const char *const words[] = { "enforce", "audit" };
	struct text text;
	size_t choice;

	if (parse_scalar(parse, key, value, &text) &&
	    value_choice(parse->diag, &text, words, 2, &choice))
		*audit = choice == 1;
}

void read_time(struct parse *parse, const struct node *key, const struct node *value, int64_t *into)
{
	struct text text;

	if (parse_scalar(parse, key, value, &text))
		value_time(parse->diag, &text, into);
}

void check_validity(struct parse *parse, struct loc loc, int64_t from, int64_t until)
{
	if (until <= from)
		diag_error(parse->diag, loc, "valid-until is not after valid-from: nothing would ever be valid");
}

static const char *near_name(struct parse *parse, const struct text *text)
{
	const struct policy *policy = parse->policy;
	size_t n = policy->nsegments + policy->npeers + policy->nroles, i, used = 0;
	const char **names, *near = NULL;
	char word[64];

	if (parse->suggestions++ >= MOST_SUGGESTIONS || text->len >= sizeof(word))
		return NULL;
	if (n + policy->ndevices <= MOST_CANDIDATES)
		n += policy->ndevices;
	names = malloc((n + 1) * sizeof(*names));
	if (!names || n > MOST_CANDIDATES)
		goto out;
	for (i = 0; i < policy->nsegments; i++)
		names[used++] = policy->segments[i].name;
	for (i = 0; i < policy->npeers; i++)
		names[used++] = policy->peers[i].name;
	for (i = 0; i < policy->nroles; i++)
		names[used++] = policy->roles[i].name;
	for (i = 0; used < n; i++)
		names[used++] = policy->devices[i].name;
	memcpy(word, text->s, text->len);
	word[text->len] = 0;
	near = nearest_name(word, names, n);
out:
	free(names);
	return near;
}

void report_unknown_name(struct parse *parse, const struct text *text, const char *what)
{
	const char *near = near_name(parse, text);

	if (near)
		diag_error(parse->diag, text->loc, "\"%.*s\" is not defined: did you mean \"%s\"?",
			   QUOTED(text), near);
	else
		diag_error(parse->diag, text->loc, "\"%.*s\" is not defined: it must be the name of %s",
			   QUOTED(text), what);
}

bool parse_reference(struct parse *parse, const struct text *text, enum name_kind kind,
		     uint32_t *index)
{
	struct name name;

	if (!namespace_find(parse->names, text->s, text->len, &name)) {
		report_unknown_name(parse, text, name_kind_words(kind));
		return false;
	}
	if (name.kind != kind) {
		diag_error(parse->diag, text->loc, "\"%.*s\" is %s: here goes the name of %s",
			   QUOTED(text), name_kind_words(name.kind), name_kind_words(kind));
		diag_other(parse->diag, name_loc(parse->policy, name), "defined here");
		return false;
	}
	*index = name.index;
	return true;
}

void declare_name(struct parse *parse, enum name_kind kind, uint32_t index)
{
	struct name name = { kind, index }, by;
	bool taken = false;
	struct loc loc = name_loc(parse->policy, name);

	parse->out_of_memory |= namespace_add(parse->names, name, &taken, &by) < 0;
	if (!taken)
		return;
	diag_error(parse->diag, loc, "this name is already that of %s: choose another",
		   name_kind_words(by.kind));
	diag_other(parse->diag, name_loc(parse->policy, by), "first defined here");
}

uint32_t *parse_roles(struct parse *parse, const struct text *texts, size_t ntexts, size_t *n)
{
	uint32_t *roles = parse_array(parse, ntexts, sizeof(*roles)), index;
	size_t i, used = 0;

	*n = 0;
	if (!roles)
		return NULL;
	parse->stamp++;
	for (i = 0; i < ntexts; i++) {
		if (!parse_reference(parse, &texts[i], NAME_ROLE, &index))
			continue;
		if (parse->role_stamps[index] == parse->stamp) {
			diag_error(parse->diag, texts[i].loc, "the role \"%.*s\" is here twice: name it once",
				   QUOTED(&texts[i]));
			continue;
		}
		parse->role_stamps[index] = parse->stamp;
		roles[used++] = index;
	}
	*n = used;
	return roles;
}

static bool space_same(const void *owner, uint32_t index, const void *key)
{
	const struct parse *parse = owner;
	const struct text *text = key;

	return text_is(text, parse->space_names[index]);
}

/* The array is doubled whenever its length is a power of two. */
static bool spaces_grow(struct parse *parse)
{
	size_t n = parse->nspaces;
	const char **larger;

	if (n & (n - 1))
		return true;
	larger = realloc(parse->space_names, (n ? 2 * n : 1) * sizeof(*larger));
	if (!larger)
		return false;
	parse->space_names = larger;
	return true;
}

const char *parse_space(struct parse *parse, const struct text *text)
{
	uint32_t found;
	const char *copy;

	parse->spaces.same = space_same;
	parse->spaces.owner = parse;
	found = table_find(&parse->spaces, hash_bytes(text->s, text->len), text);
	if (found != UINT32_MAX)
		return parse->space_names[found];
	if (!value_space(parse->diag, text))
		return NULL;
	copy = parse_string(parse, text);
	if (!spaces_grow(parse)) {
		parse->out_of_memory = true;
		return NULL;
	}
	parse->space_names[parse->nspaces] = copy;
	parse->out_of_memory |= table_add(&parse->spaces, hash_bytes(text->s, text->len), text,
					  parse->nspaces, &found) < 0;
	parse->nspaces++;
	return copy;
}
