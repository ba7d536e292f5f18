// SPDX-License-Identifier: GPL-2.0-only
#include "effects_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan_words.h"

void names_free(struct names *names)
{
	for (int x = 0; x < POLICIES; x++) {
		free(names->segment_of[x]);
		free(names->peers[x]);
	}
	for (int side = 0; side < ENDS; side++) {
		free(names->narrower[side]);
		free(names->divided[side][BEFORE]);
		free(names->divided[side][AFTER]);
	}
	free(names->segments);
}

/* Those of the policy after come first; then what only the other has. */
static int name_segments(struct names *names)
{
	const struct policy *before = names->e->input.policies[BEFORE];
	const struct policy *after = names->e->input.policies[AFTER];

	names->segments = calloc(before->nsegments + after->nsegments + 1, sizeof(*names->segments));
	for (int x = 0; x < POLICIES; x++)
		names->segment_of[x] = calloc(names->e->input.policies[x]->nsegments + 1, sizeof(uint32_t));
	if (!names->segments || !names->segment_of[BEFORE] || !names->segment_of[AFTER])
		return -ENOMEM;
	for (size_t i = 0; i < after->nsegments; i++) {
		names->segments[names->nsegments] = after->segments[i].name;
		names->segment_of[AFTER][i] = names->nsegments++;
	}
	for (size_t i = 0; i < before->nsegments; i++) {
		uint32_t found = policy_find_segment(after, before->segments[i].name);

		names->segment_of[BEFORE][i] = found == INDEX_NONE ? names->nsegments : found;
		if (found == INDEX_NONE)
			names->segments[names->nsegments++] = before->segments[i].name;
	}
	return 0;
}

static int compare_peers(const void *a, const void *b)
{
	const struct peer_prefix *x = a, *y = b;
	int order = memcmp(&x->prefix.addr, &y->prefix.addr, sizeof(x->prefix.addr));

	return order ? order : (int)x->prefix.len - (int)y->prefix.len;
}

static int name_peers(struct names *names, int policy)
{
	const struct policy *p = names->e->input.policies[policy];
	size_t n = 0;

	for (size_t i = 0; i < p->npeers; i++)
		n += p->peers[i].nprefixes;
	names->peers[policy] = calloc(n + 1, sizeof(*names->peers[policy]));
	if (!names->peers[policy])
		return -ENOMEM;
	for (size_t i = 0; i < p->npeers; i++)
		for (size_t k = 0; k < p->peers[i].nprefixes; k++)
			names->peers[policy][names->npeers[policy]++] =
				(struct peer_prefix){ p->peers[i].prefixes[k], i };
	qsort(names->peers[policy], n, sizeof(*names->peers[policy]), compare_peers);
	return 0;
}

static const char *peer_name(const struct names *names, const struct prefix *prefix)
{
	const struct peer_prefix key = { .prefix = *prefix };

	for (int x = AFTER; x >= BEFORE; x--) {
		const struct peer_prefix *found =
			bsearch(&key, names->peers[x], names->npeers[x], sizeof(key), compare_peers);

		if (found)
			return names->e->input.policies[x]->peers[found->peer].name;
	}
	return NULL;
}

uint32_t class_home(const struct names *names, const struct end_class *class)
{
	for (int x = AFTER; x >= BEFORE; x--)
		if (class->end[x].kind == END_HOST || class->end[x].kind == END_DEVICE)
			return names->segment_of[x][class->end[x].segment];
	return INDEX_NONE;
}

/* ---- what narrows a class ---- */

static const struct prefix *rule_prefix(const struct effects *e, int policy, uint32_t target)
{
	const struct ruleset *ruleset = e->input.rulesets[policy];

	return target ? &ruleset->prefixes[ruleset->targets[target].index].prefix : NULL;
}

/* The length of the subnet that makes a class's addresses its segment's; 0: none does. */
static uint8_t subnet_len(const struct names *names, const struct end_class *class, int policy)
{
	const struct effects *e = names->e;
	const struct end *end = &class->end[policy];
	const struct segment *segment;
	uint8_t len = 0;

	if ((end->kind != END_HOST && end->kind != END_DEVICE) || class->region == INDEX_NONE)
		return 0;
	segment = &e->input.policies[policy]->segments[end->segment];
	for (size_t i = 0; i < segment->nsubnets; i++) {
		const struct prefix *subnet = &segment->subnets[i].prefix;

		if (prefix_holds(subnet, &e->space.regions[class->region].prefix.addr) && subnet->len > len)
			len = subnet->len;
	}
	return len;
}

/* The rule prefix that a class is in, when it is less than its segment's subnet. */
struct narrowing {
	const struct prefix *prefix; /* NULL: there is none */
	bool rest; /* classes in longer rule prefixes are apart */
};

static struct narrowing narrowing(const struct names *names, enum side side,
				  const struct end_class *class)
{
	struct narrowing narrow = {};

	for (int x = 0; x < POLICIES; x++) {
		uint32_t target = class->end[x].prefix;
		const struct prefix *prefix = rule_prefix(names->e, x, target);

		if (!prefix || prefix->len <= subnet_len(names, class, x) ||
		    (narrow.prefix && prefix->len <= narrow.prefix->len))
			continue;
		narrow.prefix = prefix;
		narrow.rest = names->divided[side][x][target];
	}
	return narrow;
}

/* Marks the prefixes around those that some class is in. */
static int find_divided(struct names *names, enum side side, int policy)
{
	const struct classes *classes = &names->e->classes[side];
	const struct ruleset *ruleset = names->e->input.rulesets[policy];
	bool *divided = calloc(ruleset->ntargets + 1, sizeof(*divided));

	names->divided[side][policy] = divided;
	if (!divided)
		return -ENOMEM;
	for (size_t i = 0; i < classes->n; i++) {
		uint32_t at = classes->all[i].end[policy].prefix;

		while (at && classes->all[i].who == INDEX_NONE && (at = ruleset->targets[at].parent))
			divided[at] = true;
	}
	return 0;
}

static int count_narrower(struct names *names, enum side side)
{
	const struct classes *classes = &names->e->classes[side];
	int err = 0;

	for (int x = 0; x < POLICIES && !err; x++)
		err = find_divided(names, side, x);
	names->narrower[side] = calloc(names->nsegments + 1, sizeof(uint32_t));
	if (err || !names->narrower[side])
		return -ENOMEM;
	for (size_t i = 0; i < classes->n; i++) {
		const struct end_class *class = &classes->all[i];
		uint32_t home = class_home(names, class);

		if (class->who == INDEX_NONE && home != INDEX_NONE && narrowing(names, side, class).prefix)
			names->narrower[side][home]++;
	}
	return 0;
}

int names_init(const struct effects *e, struct names *names)
{
	int err;

	*names = (struct names){ .e = e };
	err = name_segments(names);
	for (int x = 0; x < POLICIES && !err; x++)
		err = name_peers(names, x);
	for (int side = 0; side < ENDS && !err; side++)
		err = count_narrower(names, side);
	return err;
}

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

/* "role thermometer -> camera in sensors" */
static void write_words(const struct names *names, const struct who *who, struct items *out)
{
	int known = has_device(who, AFTER) ? AFTER : BEFORE;
	bool both = has_device(who, BEFORE) && has_device(who, AFTER);
	const char *segment = who_segment(names, who, known);

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
}

static const char *adjective(const struct who *who)
{
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

/* ---- labels ---- */

static void write_narrowing(const struct names *names, const struct narrowing *narrow, struct items *out)
{
	const char *peer = peer_name(names, narrow->prefix);
	char word[WORD_LEN];

	write_prefix(narrow->prefix, word);
	items_append(out, "%s", narrow->rest ? "the rest of " : "");
	if (peer)
		items_append(out, "%s (%s)", peer, word);
	else
		items_append(out, "%s", word);
}

/* Whether the policy after has hosts in the segment elsewhere than the policy before. */
static bool moved(const struct names *names, const struct end_class *class)
{
	uint32_t home = class_home(names, class);
	bool known[POLICIES] = { false, false };

	if (class->end[BEFORE].kind != END_NOBODY && class->end[AFTER].kind != END_NOBODY)
		return false;
	for (int x = 0; x < POLICIES; x++)
		for (size_t i = 0; i < names->e->input.policies[x]->nsegments; i++)
			known[x] |= names->segment_of[x][i] == home;
	return known[BEFORE] && known[AFTER];
}

static void write_host(const struct names *names, enum side side, const struct end_class *class,
		       struct items *out)
{
	const struct narrowing narrow = narrowing(names, side, class);
	uint32_t home = class_home(names, class);
	char word[WORD_LEN];

	if (narrow.prefix) {
		write_narrowing(names, &narrow, out);
		return;
	}
	items_append(out, "%shosts of %s", names->narrower[side][home] ? "other " : "",
		     names->segments[home]);
	if (moved(names, class))
		items_append(out, " in %s",
			     write_prefix(&names->e->space.regions[class->region].prefix, word));
}

static void write_group(const struct names *names, enum side side, const struct end_class *class,
			struct items *out)
{
	const struct narrowing narrow = narrowing(names, side, class);

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

static void write_class(const struct names *names, enum side side, uint32_t index, struct items *out)
{
	const struct end_class *class = &names->e->classes[side].all[index];
	const struct prefix *prefix = narrowing(names, side, class).prefix;
	char word[WORD_LEN];

	if (class->end[BEFORE].kind == END_GATEWAY || class->end[AFTER].kind == END_GATEWAY) {
		items_append(out, "the gateway%s%s", prefix ? " in " : "",
			     prefix ? write_prefix(prefix, word) : "");
	} else if (class->who != INDEX_NONE) {
		write_who(names, side, &names->e->whos.all[class->who], out);
		if (prefix)
			items_append(out, " with an address in %s", write_prefix(prefix, word));
		else
			items_append(out, " with another address");
	} else if (class_home(names, class) == INDEX_NONE) {
		write_group(names, side, class, out);
	} else {
		write_host(names, side, class, out);
	}
}

/* An address in the label tells the version. */
static bool has_address(const struct names *names, enum side side, const struct label *label)
{
	return label->kind == LABEL_CLASS &&
	       narrowing(names, side, &names->e->classes[side].all[label->index]).prefix;
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
		write_class(names, side, label->index, out);
		break;
	}
	if (label->version && !has_address(names, side, label))
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
	prefix = narrowing(names, side, class).prefix;
	if (prefix)
		return peer_name(names, prefix) ? "peer" : "prefix";
	return class_home(names, class) == INDEX_NONE ? "groups" : "hosts";
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
