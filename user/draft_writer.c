// SPDX-License-Identifier: GPL-2.0-only
#include "draft_writer.h"

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "lists.h"
#include "policy_writer.h"

#define MARGIN 2 /* of a limit over the busiest second */

/* Rules of a role that become one line: the same services, and targets, if there are several. */
struct line {
	const struct draft_rule *rule; /* the first */
	uint32_t services; /* an id of lists */
	struct draft_seen seen;
};

struct writer {
	FILE *to;
	const struct draft *draft;
	char buf[POLICY_TEXT];
};

static void write_seen(FILE *to, const struct draft_seen *seen)
{
	if (seen->times == 1)
		fputs("  # once, ", to);
	else
		fprintf(to, "  # %llu times, ", (unsigned long long)seen->times);
	policy_when(to, seen->first, seen->last);
}

/* ---- segments and peers ---- */

static void write_subnets(struct writer *w, const struct draft_segment *segment)
{
	struct policy_list list;

	if (!segment->nsubnets)
		return;
	fputs("    ", w->to);
	policy_list_begin(&list, w->to, 4, "subnets");
	for (size_t i = 0; i < segment->nsubnets; i++)
		policy_list_add(&list, policy_prefix(&segment->subnets[i], w->buf));
	policy_list_end(&list);
	putc('\n', w->to);
}

static void write_ethertypes(struct writer *w, const struct draft_segment *segment)
{
	struct policy_list list;
	uint64_t frames = 0;

	if (!segment->nethertypes)
		return;
	fputs("    ", w->to);
	policy_list_begin(&list, w->to, 4, "ethertypes");
	for (size_t i = 0; i < segment->nethertypes; i++) {
		policy_list_add(&list, policy_ethertype(segment->ethertypes[i].ethertype, w->buf));
		frames += segment->ethertypes[i].frames;
	}
	policy_list_end(&list);
	fprintf(w->to, "  # %llu frames\n", (unsigned long long)frames);
}

static void write_segment(struct writer *w, const struct draft_segment *segment)
{
	struct policy_list list;

	fprintf(w->to, "  %s:\n", policy_text(segment->name, w->buf));
	if (segment->hosts)
		fputs("    kind: hosts\n", w->to);
	fputs("    ", w->to);
	policy_list_begin(&list, w->to, 4, "interfaces");
	for (size_t i = 0; i < segment->nports; i++)
		policy_list_add(&list, policy_port(segment->ports[i].interface, segment->ports[i].vlan, w->buf));
	policy_list_end(&list);
	fputs(segment->guessed ? "  # a guess: name the interface that leads there\n" : "\n", w->to);
	write_subnets(w, segment);
	if (segment->dhcp)
		fputs("    dhcp: true\n", w->to);
	if (segment->track_fragments)
		fputs("    fragments: track\n", w->to);
	if (segment->router_advertisements)
		fputs("    router-advertisements: true\n", w->to);
	write_ethertypes(w, segment);
}

static void write_peer(struct writer *w, const struct draft_peer *peer)
{
	struct policy_list list;

	fputs("  ", w->to);
	policy_list_begin(&list, w->to, 2, policy_text(peer->name, w->buf));
	for (size_t i = 0; i < peer->naddrs; i++)
		policy_list_add(&list, policy_addr(&peer->addrs[i], w->buf));
	policy_list_end(&list);
	putc('\n', w->to);
}

static void write_gateway(struct writer *w)
{
	const struct draft *draft = w->draft;
	struct policy_list list;

	if (!draft->ngateway)
		return;
	fputs("\ngateway:\n  ", w->to);
	policy_list_begin(&list, w->to, 2, "addresses");
	for (size_t i = 0; i < draft->ngateway; i++)
		policy_list_add(&list, policy_addr(&draft->gateway[i], w->buf));
	policy_list_end(&list);
	putc('\n', w->to);
}

/* ---- roles ---- */

static const char *target_text(struct writer *w, uint32_t index)
{
	const struct draft *draft = w->draft;
	const struct draft_target *target = &draft->targets[index];

	switch (target->kind) {
	case DRAFT_GATEWAY:
		return "gateway";
	case DRAFT_PEER:
		return policy_text(draft->peers[target->index].name, w->buf);
	case DRAFT_DEVICE:
		return policy_text(draft->devices[target->index].name, w->buf);
	case DRAFT_SEGMENT:
		return policy_text(draft->segments[target->index].name, w->buf);
	case DRAFT_ADDRESS:
		break;
	}
	return policy_addr(&target->addr, w->buf);
}

static void write_services(struct writer *w, struct policy_list *list, const uint32_t *services, size_t n)
{
	for (size_t i = 0; i < n; i++)
		policy_list_add(list, policy_service(&w->draft->services[services[i]], w->buf));
	policy_list_end(list);
}

/* Lines that differ in their target alone, which come after one another. */
static void write_lines(struct writer *w, const struct lists *lists, const struct line *lines, size_t n)
{
	const struct draft_rule *rule = lines->rule;
	const char *word = rule->accept ? "from" : "to";
	struct draft_seen seen = lines->seen;
	struct policy_list list;

	fputs("      - {", w->to);
	if (n == 1) {
		fprintf(w->to, "%s: %s", word, target_text(w, rule->target));
	} else {
		policy_list_begin(&list, w->to, 9, word);
		for (size_t i = 0; i < n; i++)
			policy_list_add(&list, target_text(w, lines[i].rule->target));
		policy_list_end(&list);
	}
	for (size_t i = 1; i < n; i++)
		draft_seen_join(&seen, &lines[i].seen);
	fputs(", ", w->to);
	policy_list_begin(&list, w->to, 20, "ports");
	write_services(w, &list, list_numbers(lists, lines->services), list_length(lists, lines->services));
	putc('}', w->to);
	write_seen(w->to, &seen);
	fputs(rule->answered ? "\n" : "; never answered\n", w->to);
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->rule->accept != y->rule->accept)
		return x->rule->accept ? 1 : -1;
	if (x->rule->answered != y->rule->answered)
		return x->rule->answered ? -1 : 1;
	if (x->services != y->services)
		return x->services < y->services ? -1 : 1;
	return x->rule->target < y->rule->target ? -1 : 1;
}

static bool same_but_target(const struct line *a, const struct line *b)
{
	return a->rule->accept == b->rule->accept && a->rule->answered == b->rule->answered &&
	       a->services == b->services;
}

/* The rules of one target, answered or not, as a line. */
static int make_line(const struct draft_rule *rules, size_t n, bool answered, struct lists *lists, struct line *line)
{
	_cleanup_free_ uint32_t *services = calloc(n + 1, sizeof(*services));
	size_t nservices = 0;

	if (!services)
		return -ENOMEM;
	*line = (struct line){ .rule = NULL };
	for (size_t i = 0; i < n; i++) {
		if (rules[i].answered != answered)
			continue;
		services[nservices++] = rules[i].service;
		draft_seen_join(&line->seen, &rules[i].seen);
		if (!line->rule)
			line->rule = &rules[i];
	}
	return nservices ? lists_intern(lists, services, nservices, &line->services) : 0;
}

static int make_lines(const struct draft_role *role, struct lists *lists, struct line *lines, size_t *n)
{
	size_t end;

	for (size_t i = 0; i < role->nrules; i = end) {
		for (end = i; end < role->nrules && role->rules[end].accept == role->rules[i].accept &&
			      role->rules[end].target == role->rules[i].target;)
			end++;
		for (int answered = 1; answered >= 0; answered--) {
			if (make_line(role->rules + i, end - i, answered, lists, &lines[*n]))
				return -ENOMEM;
			*n += lines[*n].rule != NULL;
		}
	}
	qsort(lines, *n, sizeof(*lines), compare_lines);
	return 0;
}

static int write_rules(struct writer *w, const struct draft_role *role)
{
	_cleanup_free_ struct line *lines = calloc(role->nrules + 1, sizeof(*lines));
	struct lists lists = {};
	size_t n = 0, end;
	int err = lines ? make_lines(role, &lists, lines, &n) : -ENOMEM;

	for (size_t i = 0; i < n && !err; i = end) {
		for (end = i + 1; end < n && same_but_target(&lines[i], &lines[end]);)
			end++;
		if (!i || lines[i].rule->accept != lines[i - 1].rule->accept)
			fprintf(w->to, "    %s:\n", lines[i].rule->accept ? "accept" : "connect");
		write_lines(w, &lists, lines + i, end - i);
	}
	lists_free(&lists);
	return err;
}

static void write_limit(FILE *to, const char *word, const struct pace *pace)
{
	uint64_t packets = MARGIN * pace->most_packets, kib = (MARGIN * pace->most_bytes + 1023) / 1024;

	fprintf(to, "%s: {packets: %llu/s, bytes: %lluKiB/s}", word, (unsigned long long)(packets ? packets : 1),
		(unsigned long long)(kib ? kib : 1));
}

static int write_role(struct writer *w, const struct draft_role *role, bool base)
{
	int err;

	fprintf(w->to, "  %s:", policy_text(role->name, w->buf));
	if (!base)
		fprintf(w->to, "  # %u device%s", role->devices, role->devices == 1 ? "" : "s");
	putc('\n', w->to);
	if (role->extends_base)
		fprintf(w->to, "    extends: [%s]\n", policy_text(w->draft->roles[0].name, w->buf));
	err = write_rules(w, role);
	if (err || base)
		return err;
	fputs("    # limit: {", w->to);
	write_limit(w->to, "send", &role->pace[DIR_SEND]);
	fputs(", ", w->to);
	write_limit(w->to, "receive", &role->pace[DIR_RECEIVE]);
	fputs("}  # twice the busiest second\n", w->to);
	return 0;
}

/* ---- devices and conduits ---- */

static size_t write_addrs(struct writer *w, const struct draft_device *device)
{
	struct policy_list list;
	size_t listed = 0;

	for (size_t i = 0; i < device->naddrs; i++)
		listed += device->addrs[i].listed;
	if (!listed)
		return 0;
	fputs(", ", w->to);
	policy_list_begin(&list, w->to, 8, "ip");
	for (size_t i = 0; i < device->naddrs; i++) {
		if (device->addrs[i].listed)
			policy_list_add(&list, policy_addr(&device->addrs[i].addr, w->buf));
	}
	policy_list_end(&list);
	return listed;
}

static void write_device(struct writer *w, const struct draft_device *device)
{
	const struct draft *draft = w->draft;
	size_t listed;

	fprintf(w->to, "  %s: {", policy_text(device->name, w->buf));
	if (device->role != INDEX_NONE)
		fprintf(w->to, "role: %s, ", policy_text(draft->roles[device->role].name, w->buf));
	fprintf(w->to, "mac: %s", policy_mac(device->mac, w->buf));
	listed = write_addrs(w, device);
	if (!listed)
		fprintf(w->to, ", segment: %s", policy_text(draft->segments[device->segment].name, w->buf));
	if (device->router)
		fputs(", router: true", w->to);
	if (device->dhcp_server)
		fputs(", dhcp-server: true", w->to);
	fprintf(w->to, "}  # %llu frames, ", (unsigned long long)device->sent.frames);
	policy_when(w->to, device->sent.first, device->sent.last);
	for (size_t i = 0, n = 0; i < device->naddrs; i++) {
		if (!device->addrs[i].listed)
			fprintf(w->to, "%s%s", n++ ? ", " : "; by its MAC ", policy_addr(&device->addrs[i].addr, w->buf));
	}
	putc('\n', w->to);
}

static void write_conduit(struct writer *w, const struct draft_conduit *conduit)
{
	struct policy_list list;

	fprintf(w->to, "  - {from: %s", policy_text(w->draft->segments[conduit->from].name, w->buf));
	fprintf(w->to, ", to: %s, ", policy_text(w->draft->segments[conduit->to].name, w->buf));
	policy_list_begin(&list, w->to, 20, "ports");
	write_services(w, &list, conduit->services, conduit->nservices);
	putc('}', w->to);
	write_seen(w->to, &conduit->seen);
	putc('\n', w->to);
}

/* ---- the whole ---- */

static void write_head(struct writer *w, const struct sighting *all, bool enforce)
{
	fputs("# What picket saw, as a policy: ", w->to);
	fprintf(w->to, "%llu frames, ", (unsigned long long)all->frames);
	policy_when(w->to, all->first, all->last);
	fputs(".\n"
	      "# Read it before it is enforced: what was seen need not be right, and what is right was perhaps not seen.\n"
	      "# Comments say how often connections were opened, and when they were seen first and last.\n",
	      w->to);
	for (size_t i = 0; i < w->draft->nnotes; i++)
		fprintf(w->to, "# Note: %s.\n", w->draft->notes[i]);
	fputs("picket: 1\n", w->to);
	if (!enforce)
		fputs("mode: audit  # reports what it would drop, and drops nothing; see 'picket audit'\n", w->to);
}

static void section(struct writer *w, const char *key, size_t n)
{
	if (n)
		fprintf(w->to, "\n%s:\n", key);
}

int draft_write(FILE *to, const struct draft *draft, const struct sighting *all, bool enforce)
{
	struct writer w = { .to = to, .draft = draft };
	int err = 0;

	write_head(&w, all, enforce);
	write_gateway(&w);
	section(&w, "segments", draft->nsegments);
	for (size_t i = 0; i < draft->nsegments; i++)
		write_segment(&w, &draft->segments[i]);
	section(&w, "peers", draft->npeers);
	for (size_t i = 0; i < draft->npeers; i++)
		write_peer(&w, &draft->peers[i]);
	section(&w, "roles", draft->nroles);
	for (size_t i = 0; i < draft->nroles && !err; i++)
		err = write_role(&w, &draft->roles[i], !i && draft->has_base);
	section(&w, "devices", draft->ndevices);
	for (size_t i = 0; i < draft->ndevices; i++)
		write_device(&w, &draft->devices[i]);
	section(&w, "conduits", draft->nconduits);
	for (size_t i = 0; i < draft->nconduits; i++)
		write_conduit(&w, &draft->conduits[i]);
	return err;
}
