// SPDX-License-Identifier: GPL-2.0-only
#include "ruleset.h"

#include <inttypes.h>
#include <linux/in.h>
#include <stdlib.h>

#include "names.h"

#define IPV4_BITS 96 /* an IPv4 /n has length 96 + n */

struct grants ruleset_grants(const struct ruleset *ruleset, size_t class, int64_t time)
{
	const struct device_class *c = &ruleset->classes[class];
	struct grants grants = c->grants;

	for (uint32_t i = 0; i < c->nsteps; i++) {
		const struct step *step = &ruleset->steps[c->first_step + i];

		if (step->from > time)
			break;
		grants = step->grants;
	}
	return grants;
}

void ruleset_free(struct ruleset *ruleset)
{
	if (!ruleset)
		return;
	free(ruleset->classes);
	free(ruleset->device_class);
	free(ruleset->device_name);
	free(ruleset->segment_target);
	free(ruleset->segment_profile);
	free(ruleset->targets);
	free(ruleset->role_lists);
	free(ruleset->roles);
	free(ruleset->entries);
	free(ruleset->conduits);
	free(ruleset->services);
	free(ruleset->prefixes);
	free(ruleset->steps);
	free(ruleset->profiles);
	free(ruleset);
}

/* What is printed, and names for its numbers. */
struct printer {
	const struct ruleset *ruleset;
	const struct policy *policy;
	FILE *stream;
};

static void print_prefix(const struct printer *p, const struct prefix *prefix)
{
	char addr[ADDR_LEN];

	fprintf(p->stream, "%s/%d", format_addr(&prefix->addr, addr),
		addr_is_ipv4(&prefix->addr) ? prefix->len - IPV4_BITS : prefix->len);
}

static void print_role_list(const struct printer *p, uint32_t index)
{
	const struct list *list = &p->ruleset->role_lists[index];

	fputs("roles", p->stream);
	for (uint32_t i = 0; i < list->n; i++)
		fprintf(p->stream, "%s%s", i ? "+" : " ",
			p->policy->roles[p->ruleset->roles[list->first + i]].name);
}

static void print_target(const struct printer *p, uint32_t number)
{
	const struct ruleset_target *target = &p->ruleset->targets[number];

	switch (target->kind) {
	case TARGET_ANY:
		fputs("any", p->stream);
		break;
	case TARGET_GATEWAY:
		fputs("gateway", p->stream);
		break;
	case TARGET_SEGMENT:
		fprintf(p->stream, "segment %s", p->policy->segments[target->index].name);
		break;
	case TARGET_DEVICE:
		fprintf(p->stream, "device %s", p->policy->devices[target->index].name);
		break;
	case TARGET_ROLE:
		print_role_list(p, target->index);
		break;
	default:
		print_prefix(p, &p->ruleset->prefixes[target->index].prefix);
		break;
	}
}

static void print_protocol(const struct printer *p, uint32_t protocol)
{
	char name[PROTOCOL_LEN];

	fputs(format_protocol(protocol, name), p->stream);
}

/* One interval, in the words of the policy language. */
static void print_interval(const struct printer *p, const struct service_range *range)
{
	uint32_t protocol = range->lo >> 16, lo = range->lo & 0xffff, hi = range->hi & 0xffff;

	if (!range->lo && range->hi == UINT32_MAX) {
		fputs("any", p->stream);
		return;
	}
	if (protocol != range->hi >> 16) {
		fprintf(p->stream, "0x%" PRIx32 "-0x%" PRIx32, range->lo, range->hi);
		return;
	}
	print_protocol(p, protocol);
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_SCTP)
		return;
	if (lo == hi)
		fprintf(p->stream, "/%" PRIu32, lo);
	else if (lo || hi != 0xffff)
		fprintf(p->stream, "/%" PRIu32 "-%" PRIu32, lo, hi);
}

static void print_services(const struct printer *p, const struct rule_services *services)
{
	for (uint32_t i = 0; i < services->n; i++) {
		fputs(i ? ", " : ": ", p->stream);
		print_interval(p, &p->ruleset->services[services->first + i]);
	}
	fputc('\n', p->stream);
}

static void print_targets(const struct printer *p)
{
	for (uint32_t i = 1; i < p->ruleset->ntargets; i++) {
		fprintf(p->stream, "target %" PRIu32 " ", i);
		print_target(p, i);
		if (p->ruleset->targets[i].parent)
			fprintf(p->stream, " in %" PRIu32, p->ruleset->targets[i].parent);
		fputc('\n', p->stream);
	}
}

static void print_prefixes(const struct printer *p)
{
	for (size_t i = 0; i < p->ruleset->nprefixes; i++) {
		const struct ruleset_prefix *prefix = &p->ruleset->prefixes[i];

		fputs("prefix ", p->stream);
		print_prefix(p, &prefix->prefix);
		if (prefix->segment != INDEX_NONE)
			fprintf(p->stream, " segment %s",
				p->policy->segments[prefix->segment].name);
		if (prefix->target)
			fprintf(p->stream, " target %" PRIu32, prefix->target);
		if (prefix->flags & PREFIX_DEFAULT)
			fputs(" default", p->stream);
		if (prefix->flags & PREFIX_BROADCAST)
			fprintf(p->stream, " broadcast of %s",
				p->policy->segments[prefix->broadcast_segment].name);
		fputc('\n', p->stream);
	}
}

static void print_rules(const struct printer *p)
{
	for (size_t i = 0; i < p->ruleset->nconduits; i++) {
		const struct ruleset_conduit *conduit = &p->ruleset->conduits[i];

		fprintf(p->stream, "conduit %s to %s", p->policy->segments[conduit->from].name,
			p->policy->segments[conduit->to].name);
		print_services(p, &conduit->services);
	}
	for (size_t i = 0; i < p->ruleset->nentries; i++) {
		const struct ruleset_entry *entry = &p->ruleset->entries[i];

		fprintf(p->stream, "set %" PRIu32 " ", entry->key.set);
		print_target(p, entry->key.target);
		print_services(p, &entry->services);
	}
}

static void print_grants(const struct printer *p, const struct grants *grants)
{
	fprintf(p->stream, " connect %" PRIu32 " accept %" PRIu32 " roles %" PRIu32
		" profile %" PRIu32 "\n", grants->connect, grants->accept, grants->roles,
		grants->profile);
}

static void print_classes(const struct printer *p)
{
	char time[TIME_LEN];

	for (size_t i = 0; i < p->ruleset->nclasses; i++) {
		const struct device_class *class = &p->ruleset->classes[i];

		fprintf(p->stream, "class %zu", i);
		print_grants(p, &class->grants);
		for (uint32_t j = 0; j < class->nsteps; j++) {
			const struct step *step = &p->ruleset->steps[class->first_step + j];

			fprintf(p->stream, "class %zu from %s", i, format_time(step->from, time));
			print_grants(p, &step->grants);
		}
	}
	for (size_t i = 0; i < p->policy->ndevices; i++)
		fprintf(p->stream, "device %s class %" PRIu32 "\n", p->policy->devices[i].name,
			p->ruleset->device_class[i]);
}

static void print_profiles(const struct printer *p)
{
	static const char *const names[BUCKETS] = {
		[BUCKET_SEND_FLOWS] = "send flows",
		[BUCKET_SEND_PACKETS] = "send packets",
		[BUCKET_SEND_BYTES] = "send bytes",
		[BUCKET_RECEIVE_FLOWS] = "receive flows",
		[BUCKET_RECEIVE_PACKETS] = "receive packets",
		[BUCKET_RECEIVE_BYTES] = "receive bytes",
	};

	for (size_t i = 1; i < p->ruleset->nprofiles; i++) {
		const struct profile *profile = &p->ruleset->profiles[i];

		for (int bucket = 0; bucket < BUCKETS; bucket++)
			if (profile->mult[bucket])
				fprintf(p->stream,
					"profile %zu %s: cost %llu >> %d, burst %llu\n", i,
					names[bucket], profile->mult[bucket],
					profile->shift[bucket], profile->burst[bucket]);
	}
	for (size_t i = 0; i < p->policy->nsegments; i++)
		if (p->ruleset->segment_profile[i])
			fprintf(p->stream, "segment %s profile %" PRIu32 "\n",
				p->policy->segments[i].name, p->ruleset->segment_profile[i]);
}

static void print_switches(const struct printer *p)
{
	const struct switches *switches = &p->ruleset->switches;
	const struct { const char *name; bool on; } all[] = {
		{ "ipv6", switches->use_ipv6 },
		{ "vlan", switches->use_vlan },
		{ "limits", switches->use_limits },
		{ "segment-limits", switches->use_segment_limits },
		{ "fragments", switches->use_fragments },
		{ "learning", switches->use_learning },
		{ "audit", switches->use_audit },
		{ "validity", switches->use_validity },
		{ "schedules", switches->use_schedules },
	};

	fputs("uses", p->stream);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].on)
			fprintf(p->stream, " %s", all[i].name);
	fputc('\n', p->stream);
}

void ruleset_print(const struct ruleset *ruleset, const struct policy *policy, FILE *stream)
{
	const struct printer p = { .ruleset = ruleset, .policy = policy, .stream = stream };

	print_switches(&p);
	print_targets(&p);
	print_prefixes(&p);
	print_rules(&p);
	print_profiles(&p);
	print_classes(&p);
}
