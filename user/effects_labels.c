// SPDX-License-Identifier: GPL-2.0-only
/* Words for ends: devices by role and segment, hosts by peer, prefix or segment. */
#include <string.h>

#include "effects_names.h"
#include "plan_words.h"

/* ---- devices ---- */

static void write_roles(const struct names *names, const struct who *who, int policy, bool noun,
			struct items *out)
{
	const struct view *view = &names->e->views[policy];
	const uint32_t *roles = list_numbers(&view->roles, who->roles[policy]);
	size_t n = list_length(&view->roles, who->roles[policy]);

	if (!n)
		items_append(out, "no role");
	else if (noun)
		items_append(out, "role%s ", n > 1 ? "s" : "");
	for (size_t i = 0; i < n; i++)
		items_append(out, "%s%s", i ? ", " : "", view->policy->roles[roles[i]].name);
}

static bool same_roles(const struct names *names, const struct who *who)
{
	const struct view *before = &names->e->views[BEFORE], *after = &names->e->views[AFTER];
	size_t n = list_length(&before->roles, who->roles[BEFORE]);

	if (n != list_length(&after->roles, who->roles[AFTER]))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t a = list_numbers(&before->roles, who->roles[BEFORE])[i];
		uint32_t b = list_numbers(&after->roles, who->roles[AFTER])[i];

		if (strcmp(before->policy->roles[a].name, after->policy->roles[b].name))
			return false;
	}
	return true;
}

static const char *who_segment(const struct names *names, const struct who *who, int policy)
{
	return names->segments[names->segment_of[policy][who->segment[policy]]];
}

static bool has_device(const struct who *who, int policy)
{
	return who->device[policy] != INDEX_NONE;
}

static bool is_host(const struct who *who, int policy)
{
	return !has_device(who, policy) && who->segment[policy] != INDEX_NONE;
}

/* "role thermometer -> camera in sensors"; "host of servers -> role camera in lab" */
static void write_words(const struct names *names, const struct who *who, struct items *out)
{
	int known = has_device(who, AFTER) ? AFTER : BEFORE;
	bool both = has_device(who, BEFORE) && has_device(who, AFTER);
	const char *segment = who_segment(names, who, known);

	if (is_host(who, BEFORE))
		items_append(out, "host of %s -> ", who_segment(names, who, BEFORE));

	if (both && !same_roles(names, who)) {
		write_roles(names, who, BEFORE, true, out);
		items_append(out, " -> ");
		write_roles(names, who, AFTER, false, out);
	} else {
		write_roles(names, who, known, true, out);
	}
	items_append(out, " in ");
	if (both && strcmp(who_segment(names, who, BEFORE), segment))
		items_append(out, "%s -> ", who_segment(names, who, BEFORE));
	items_append(out, "%s", segment);
	if (is_host(who, AFTER))
		items_append(out, " -> host of %s", who_segment(names, who, AFTER));
}

static const char *adjective(const struct who *who)
{
	if (is_host(who, BEFORE) || is_host(who, AFTER))
		return "";
	if (!has_device(who, BEFORE))
		return "new ";
	if (!has_device(who, AFTER))
		return "removed ";
	if (who->valid[BEFORE] != who->valid[AFTER])
		return who->valid[AFTER] ? "now valid " : "expired ";
	return "";
}

static void write_device(const struct names *names, const struct who *who, struct items *out)
{
	const char *device[POLICIES] = { NULL, NULL };

	for (int x = 0; x < POLICIES; x++)
		if (has_device(who, x))
			device[x] = names->e->input.policies[x]->devices[who->device[x]].name;
	items_append(out, "%sdevice ", adjective(who));
	if (device[BEFORE] && device[AFTER] && strcmp(device[BEFORE], device[AFTER]))
		items_append(out, "%s -> ", device[BEFORE]);
	items_append(out, "%s (", device[AFTER] ? device[AFTER] : device[BEFORE]);
	write_words(names, who, out);
	items_append(out, ")");
}

static void write_who(const struct names *names, enum side side, const struct who *who,
		      struct items *out)
{
	if (who->n == 1) {
		write_device(names, who, out);
		return;
	}
	if (*adjective(who))
		items_append(out, "%sdevices of ", adjective(who));
	write_words(names, who, out);
	if (side == FROM)
		items_append(out, " (%u devices)", who->n);
}

/* ---- classes ---- */

static void write_narrowing(const struct names *names, const struct narrowing *narrow, struct items *out)
{
	const char *peer = names_peer(names, narrow->prefix);
	char word[WORD_LEN];

	write_prefix(narrow->prefix, word);
	items_append(out, "%s", narrow->rest ? "the rest of " : "");
	if (peer)
		items_append(out, "%s (%s)", peer, word);
	else
		items_append(out, "%s", word);
}

/* Where other classes go by the same words: what they do not have in common. */
static void write_difference(const struct names *names, const struct end_class *class,
			     const struct prefix *narrow, struct items *out)
{
	const char *segment[POLICIES] = { NULL, NULL };
	const struct prefix *wide = NULL;
	char word[WORD_LEN];

	for (int x = 0; x < POLICIES; x++) {
		const struct prefix *prefix = names_prefix(names, x, class->end[x].prefix);

		if (prefix && (!wide || prefix->len > wide->len))
			wide = prefix;
		if (class->end[x].kind == END_HOST)
			segment[x] = names->segments[names->segment_of[x][class->end[x].segment]];
	}
	if (wide && !narrow)
		items_append(out, " in %s", write_prefix(wide, word));
	if (!segment[BEFORE])
		items_append(out, " (new in %s)", segment[AFTER]);
	else if (!segment[AFTER])
		items_append(out, " (no longer in %s)", segment[BEFORE]);
	else if (strcmp(segment[BEFORE], segment[AFTER]))
		items_append(out, " (%s -> %s)", segment[BEFORE], segment[AFTER]);
	else if (narrow)
		items_append(out, " in %s", segment[AFTER]);
}

static bool changes_segment(const struct names *names, const struct end_class *class)
{
	return class->end[BEFORE].kind == END_HOST && class->end[AFTER].kind == END_HOST &&
	       names->segment_of[BEFORE][class->end[BEFORE].segment] !=
	       names->segment_of[AFTER][class->end[AFTER].segment];
}

static void write_host(const struct names *names, enum side side, const struct end_class *class,
		       bool different, struct items *out)
{
	const struct narrowing narrow = names_narrowing(names, side, class);
	uint32_t home = class_home(names, class);

	if (narrow.prefix)
		write_narrowing(names, &narrow, out);
	else
		items_append(out, "%shosts of %s", names->narrower[side][home] ? "other " : "",
			     names->segments[home]);
	if (different || changes_segment(names, class))
		write_difference(names, class, narrow.prefix, out);
}

static void write_group(const struct names *names, enum side side, const struct end_class *class,
			struct items *out)
{
	const struct narrowing narrow = names_narrowing(names, side, class);

	for (int x = AFTER; x >= BEFORE; x--) {
		uint32_t segment = class->end[x].kind == END_GROUP ? class->end[x].segment : INDEX_NONE;

		if (segment == INDEX_NONE)
			continue;
		items_append(out, "broadcast of %s", names->segments[names->segment_of[x][segment]]);
		return;
	}
	if (narrow.prefix)
		write_narrowing(names, &narrow, out);
	else
		items_append(out, "multicast");
}

/* In what rule prefix a device's address is in one policy; NULL: there is no device to speak of. */
static const char *where(const struct names *names, const struct end_class *class, int policy,
			 char word[WORD_LEN])
{
	const struct prefix *prefix = names_prefix(names, policy, class->end[policy].prefix);
	const struct who *who = &names->e->whos.all[class->who];

	if (class->end[policy].kind != END_DEVICE)
		return has_device(who, policy) && who->valid[policy] ? "nowhere" : NULL;
	return prefix ? write_prefix(prefix, word) : "addresses that no rule names";
}

/* What sets devices apart that go by the same words: rules tell their addresses apart. */
static void write_where(const struct names *names, const struct end_class *class, struct items *out)
{
	char words[POLICIES][WORD_LEN];
	const char *before = where(names, class, BEFORE, words[BEFORE]);
	const char *after = where(names, class, AFTER, words[AFTER]);

	if (before && after && strcmp(before, after))
		items_append(out, " at %s -> %s", before, after);
	else if (before || after)
		items_append(out, " at %s", after ? after : before);
}

void class_write(const struct names *names, enum side side, uint32_t index, bool different,
		 struct items *out)
{
	const struct end_class *class = &names->e->classes[side].all[index];
	const struct prefix *prefix = names_narrowing(names, side, class).prefix;
	char word[WORD_LEN];

	if (class->end[BEFORE].kind == END_GATEWAY || class->end[AFTER].kind == END_GATEWAY) {
		items_append(out, "the gateway%s%s", prefix ? " in " : "",
			     prefix ? write_prefix(prefix, word) : "");
	} else if (class->who != INDEX_NONE) {
		write_who(names, side, &names->e->whos.all[class->who], out);
		write_where(names, class, out);
	} else if (class_home(names, class) == INDEX_NONE) {
		write_group(names, side, class, out);
	} else {
		write_host(names, side, class, different, out);
	}
}

/* An address in the label tells the version. */
static bool has_address(const struct names *names, enum side side, const struct label *label)
{
	const struct end_class *class = &names->e->classes[side].all[label->index];

	return class->who == INDEX_NONE && names_narrowing(names, side, class).prefix;
}

void label_write(const struct names *names, enum side side, const struct label *label,
		 struct items *out)
{
	items_add(out, "%s", "");
	switch (label->kind) {
	case LABEL_ANY:
		items_append(out, "anything");
		break;
	case LABEL_GATEWAY:
		items_append(out, "the gateway");
		break;
	case LABEL_GROUPS:
		items_append(out, "multicast and broadcast");
		break;
	case LABEL_SEGMENT:
		items_append(out, "%s", names->segments[label->index]);
		break;
	case LABEL_HOSTS:
		items_append(out, "hosts of %s", names->segments[label->index]);
		break;
	case LABEL_DEVICES:
		items_append(out, "devices of %s", names->segments[label->index]);
		break;
	case LABEL_WHO:
		write_who(names, side, &names->e->whos.all[label->index], out);
		break;
	case LABEL_CLASS:
		class_write(names, side, label->index, names->alike[side][label->index], out);
		break;
	}
	if (label->version && (label->kind != LABEL_CLASS || !has_address(names, side, label)))
		items_append(out, " over IPv%u", label->version);
}

const char *label_kind_name(const struct names *names, enum side side, const struct label *label)
{
	static const char *const kinds[] = {
		[LABEL_ANY] = "any", [LABEL_GATEWAY] = "gateway", [LABEL_GROUPS] = "groups",
		[LABEL_SEGMENT] = "segment", [LABEL_HOSTS] = "hosts", [LABEL_DEVICES] = "devices",
		[LABEL_WHO] = "role",
	};
	const struct end_class *class;
	const struct prefix *prefix;

	if (label->kind == LABEL_WHO && names->e->whos.all[label->index].n == 1)
		return "device";
	if (label->kind != LABEL_CLASS)
		return kinds[label->kind];
	class = &names->e->classes[side].all[label->index];
	if (class->end[BEFORE].kind == END_GATEWAY || class->end[AFTER].kind == END_GATEWAY)
		return "gateway";
	if (class->who != INDEX_NONE)
		return names->e->whos.all[class->who].n == 1 ? "device" : "role";
	prefix = names_narrowing(names, side, class).prefix;
	if (prefix)
		return names_peer(names, prefix) ? "peer" : "prefix";
	return class_home(names, class) == INDEX_NONE ? "groups" : "hosts";
}

const struct who *label_who(const struct names *names, enum side side, const struct label *label)
{
	uint32_t who = label->kind == LABEL_WHO ? label->index : INDEX_NONE;

	if (label->kind == LABEL_CLASS)
		who = names->e->classes[side].all[label->index].who;
	return who == INDEX_NONE ? NULL : &names->e->whos.all[who];
}

const char *label_segment(const struct names *names, enum side side, const struct label *label)
{
	const struct who *who;
	uint32_t home;

	switch (label->kind) {
	case LABEL_SEGMENT:
	case LABEL_HOSTS:
	case LABEL_DEVICES:
		return names->segments[label->index];
	case LABEL_WHO:
		who = &names->e->whos.all[label->index];
		return who_segment(names, who, has_device(who, AFTER) ? AFTER : BEFORE);
	case LABEL_CLASS:
		home = class_home(names, &names->e->classes[side].all[label->index]);
		return home == INDEX_NONE ? NULL : names->segments[home];
	default:
		return NULL;
	}
}
