// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft_parts.h"
#include "lists.h"
#include "value.h"

#define NAME_LONGEST 63
#define NOTE_LONGEST 512

void draft_seen_join(struct draft_seen *seen, const struct draft_seen *other)
{
	if (!seen->times || other->first < seen->first)
		seen->first = other->first;
	if (!seen->times || other->last > seen->last)
		seen->last = other->last;
	seen->times += other->times;
}

void pace_join(struct pace *pace, const struct pace *other)
{
	if (other->most_packets > pace->most_packets)
		pace->most_packets = other->most_packets;
	if (other->most_bytes > pace->most_bytes)
		pace->most_bytes = other->most_bytes;
}

int draft_note(struct drafting *d, const char *format, ...)
{
	struct draft *draft = d->draft;
	char text[NOTE_LONGEST];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (array_reserve((void **)&draft->notes, &d->cap_notes, draft->nnotes + 1, sizeof(*draft->notes)))
		return -ENOMEM;
	draft->notes[draft->nnotes] = arena_string(&draft->arena, text, strlen(text));
	return draft->notes[draft->nnotes++] ? 0 : -ENOMEM;
}

/* ---- names ---- */

static bool name_same(const void *owner, uint32_t index, const void *key)
{
	const struct drafting *d = owner;

	return !strcmp(d->taken[index], key);
}

/* True: nothing had the name. False: taken, or no memory (then the arena failed). */
static bool take_name(struct drafting *d, const char *name)
{
	uint32_t found;

	if (array_reserve((void **)&d->taken, &d->cap_taken, d->ntaken + 1, sizeof(*d->taken)) ||
	    table_add(&d->names, hash_bytes(name, strlen(name)), name, d->ntaken, &found)) {
		d->draft->arena.failed = true;
		return false;
	}
	if (found != UINT32_MAX)
		return false;
	d->taken[d->ntaken] = arena_string(&d->draft->arena, name, strlen(name));
	return d->taken[d->ntaken++];
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* What the policy language takes as a name of anything; "" when nothing is left. */
static void clean_name(const char *wanted, char name[NAME_LONGEST + 1])
{
	struct text text = { .s = name };
	size_t len = 0;

	for (; *wanted && len < NAME_LONGEST - 2; wanted++) {
		char c = *wanted >= 'A' && *wanted <= 'Z' ? *wanted + 32 : *wanted;

		if (is_letter_or_digit(c) || (len && (c == '.' || c == '_')))
			name[len++] = c;
		else if (len && name[len - 1] != '-')
			name[len++] = '-';
	}
	while (len && !is_letter_or_digit(name[len - 1]))
		len--;
	name[len] = '\0';
	text.len = len;
	if (text_is_address(&text)) {
		memmove(name + 2, name, len + 1);
		memcpy(name, "n-", 2);
	}
}

const char *draft_name(struct drafting *d, const char *wanted, const char *otherwise)
{
	char name[NAME_LONGEST + 1], numbered[NAME_LONGEST + 16];

	clean_name(wanted, name);
	if (!*name)
		snprintf(name, sizeof(name), "%s", otherwise);
	snprintf(numbered, sizeof(numbered), "%s", name);
	for (unsigned int n = 2; !take_name(d, numbered); n++) {
		if (d->draft->arena.failed)
			return NULL;
		snprintf(numbered, sizeof(numbered), "%.50s-%u", name, n);
	}
	return d->taken[d->ntaken - 1];
}

/* ---- all of it ---- */

static void drafting_free(struct drafting *d)
{
	table_free(&d->names);
	table_free(&d->targets);
	table_free(&d->services);
	table_free(&d->peers);
	table_free(&d->devices);
	free(d->members);
	free(d->claims);
	free(d->talks);
	free(d->owners);
	free(d->calls);
	free(d->rules);
	free(d->peers_wanted);
	free(d->taken);
}

static int take_builtin_names(struct drafting *d)
{
	d->names = (struct table){ .same = name_same, .owner = d };
	return take_name(d, "gateway") && take_name(d, "any") ? 0 : -ENOMEM;
}

static int note_losses(struct drafting *d)
{
	const struct observer *o = d->observer;
	int err = 0;

	if (d->draft->strangers)
		err = draft_note(d, "not taken for devices, since they sent one frame and nobody answered: %llu MACs",
				 (unsigned long long)d->draft->strangers);
	if (!err && d->draft->scans)
		err = draft_note(d, "left out, since they look like scans and nobody answered: %llu calls",
				 (unsigned long long)d->draft->scans);
	if (!err && (o->stations.evicted || o->claims.evicted || o->talks.evicted))
		err = draft_note(d, "there were more MACs, addresses or connections than are kept: of those that "
				 "nobody answered %llu, %llu and %llu were forgotten",
				 (unsigned long long)o->stations.evicted, (unsigned long long)o->claims.evicted,
				 (unsigned long long)o->talks.evicted);
	if (!err && (o->stations.refused || o->claims.refused || o->talks.refused))
		err = draft_note(d, "there was no room for all: what is new in %llu frames was not learned",
				 (unsigned long long)(o->stations.refused + o->claims.refused + o->talks.refused));
	return err;
}

int draft_new(struct observer *observer, const struct draft_options *options, struct draft **out)
{
	struct drafting d = { .observer = observer, .options = options };
	int err;

	d.draft = calloc(1, sizeof(*d.draft));
	if (!d.draft)
		return -ENOMEM;
	err = take_builtin_names(&d) || draft_members(&d) || draft_segments(&d) || draft_owners(&d) ||
	      draft_devices(&d) || draft_calls(&d) || draft_rules(&d) || note_losses(&d) ||
	      d.draft->arena.failed ? -ENOMEM : 0;
	drafting_free(&d);
	if (err) {
		draft_free(d.draft);
		return err;
	}
	*out = d.draft;
	return 0;
}

void draft_free(struct draft *draft)
{
	if (!draft)
		return;
	free(draft->segments);
	free(draft->peers);
	free(draft->targets);
	free(draft->services);
	free(draft->roles);
	free(draft->devices);
	free(draft->conduits);
	free(draft->notes);
	arena_free(&draft->arena);
	free(draft);
}

bool draft_is_gateway_mac(const struct draft *draft, const uint8_t mac[6])
{
	for (size_t i = 0; i < draft->ngateway_macs; i++) {
		if (!memcmp(draft->gateway_macs[i], mac, 6))
			return true;
	}
	return false;
}
