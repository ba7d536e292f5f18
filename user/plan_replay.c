// SPDX-License-Identifier: GPL-2.0-only
#include "plan_replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath.h"
#include "diag.h"
#include "eval_packet.h"
#include "lists.h"
#include "names.h"
#include "plan_addrs.h"
#include "plan_items.h"
#include "plan_words.h"
#include "table.h"

#define SHOWN_LINES 20

/* What becomes of a packet. */
enum fate { FATE_DROPPED, FATE_PASSED, FATE_REPORTED, FATE_UNREPORTED };

/* Packets between the same ends that are judged otherwise in the same way. */
struct group {
	enum fate fate;
	enum reason reason;
	uint32_t words; /* the first of three in words: from, to, service */
	uint64_t packets;
};

struct replay_work {
	const struct plan_replay *asked;
	struct datapath *datapaths[POLICIES];
	struct addrs addrs[POLICIES];
	struct replay *replay;
	struct group *groups;
	size_t n, capacity;
	struct table table; /* of groups */
	struct items words, sentence;
	uint64_t packets, fates[FATE_UNREPORTED + 1];
};

static void work_free(struct replay_work *w)
{
	replay_close(w->replay);
	for (int x = 0; x < POLICIES; x++) {
		datapath_free(w->datapaths[x]);
		addrs_free(&w->addrs[x]);
	}
	free(w->groups);
	table_free(&w->table);
	items_free(&w->words);
	items_free(&w->sentence);
}

/* ---- groups ---- */

static bool same_group(const void *owner, uint32_t index, const void *key)
{
	const struct replay_work *w = owner;
	const struct group *group = &w->groups[index], *wanted = key;

	if (group->fate != wanted->fate || group->reason != wanted->reason)
		return false;
	for (int i = 0; i < 3; i++)
		if (strcmp(item(&w->words, group->words + i), item(&w->words, wanted->words + i)))
			return false;
	return true;
}

/* The group's words are the last three. */
static int count(struct replay_work *w, enum fate fate, enum reason reason)
{
	struct group group = { fate, reason, w->words.n - 3, 1 };
	uint64_t hash = fate << 8 | reason;
	uint32_t found;

	for (int i = 0; i < 3; i++) {
		const char *word = item(&w->words, group.words + i);

		hash = hash * 31 + hash_bytes(word, strlen(word));
	}
	if (array_reserve((void **)&w->groups, &w->capacity, w->n + 1, sizeof(group)) ||
	    table_add(&w->table, hash, &group, w->n, &found))
		return -ENOMEM;
	if (found == UINT32_MAX) {
		w->groups[w->n++] = group;
		return 0;
	}
	w->groups[found].packets++;
	w->words.len = w->words.at[group.words];
	w->words.n = group.words;
	return 0;
}

/* ---- words ---- */

/* The peer with the longest prefix that holds it. */
static const char *peer_of(const struct policy *policy, const struct picket_addr *addr)
{
	const char *name = NULL;
	uint8_t len = 0;

	for (size_t i = 0; i < policy->npeers; i++) {
		for (size_t k = 0; k < policy->peers[i].nprefixes; k++) {
			const struct prefix *prefix = &policy->peers[i].prefixes[k];

			if (prefix_holds(prefix, addr) && (!name || prefix->len > len)) {
				name = policy->peers[i].name;
				len = prefix->len;
			}
		}
	}
	return name;
}

static bool holds_addr(const struct picket_addr *addrs, size_t n, const struct picket_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(&addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

static bool is_gateway(const struct replay_work *w, const struct policy *policy,
		       const struct picket_addr *addr)
{
	return holds_addr(policy->gateway, policy->ngateway, addr) ||
	       holds_addr(w->asked->gateway, w->asked->ngateway, addr);
}

static int add_addr(struct replay_work *w, const struct picket_addr *addr)
{
	const char *peer = NULL;
	char text[ADDR_LEN];
	uint32_t device;

	format_addr(addr, text);
	for (int x = AFTER; x >= BEFORE; x--) {
		const struct policy *policy = w->addrs[x].policy;

		if (addrs_find(&w->addrs[x], addr, &device))
			return -ENOMEM;
		if (device != INDEX_NONE || is_gateway(w, policy, addr)) {
			items_add(&w->words, "%s", device == INDEX_NONE ? "the gateway" :
							policy->devices[device].name);
			return 0;
		}
		if (!peer)
			peer = peer_of(policy, addr);
	}
	if (peer)
		items_add(&w->words, "%s (%s)", peer, text);
	else
		items_add(&w->words, "%s", text);
	return 0;
}

/* A connection by the port that is a service's: an answer comes from there. */
static void add_ported(struct replay_work *w, const struct packet *p, const char *protocol)
{
	bool opens = p->protocol == PROTOCOL_TCP && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	if (!opens && p->sport < p->dport)
		items_add(&w->words, "%s/%u (answers)", protocol, p->sport);
	else
		items_add(&w->words, "%s/%u", protocol, p->dport);
}

static void add_service(struct replay_work *w, const struct packet *p)
{
	char protocol[PROTOCOL_LEN];

	format_protocol(p->protocol, protocol);
	if (p->later)
		items_add(&w->words, "%s (fragments)", protocol);
	else if (packet_has_ports(p))
		add_ported(w, p, protocol);
	else if (packet_is_echo_request(p) || !packet_is_icmp(p))
		items_add(&w->words, "%s", protocol);
	else if (packet_is_echo(p))
		items_add(&w->words, "icmp (answers)");
	else
		items_add(&w->words, "icmp type %u", p->icmp_type);
}

static int add_link(struct replay_work *w, const struct packet *p)
{
	char mac[MAC_LEN];

	items_add(&w->words, "%s", format_mac(p->src_mac, mac));
	items_add(&w->words, "%s", format_mac(p->dst_mac, mac));
	if (p->ethertype == ETHERTYPE_ARP)
		items_add(&w->words, "arp");
	else
		items_add(&w->words, "EtherType 0x%04x", p->ethertype);
	return 0;
}

/* From, to, service; device is the name of who sent it, NULL: its address says. */
static int add_words(struct replay_work *w, const struct replay_frame *frame, const char *device)
{
	struct packet p = {};
	int err;

	if (packet_link(&p, frame->frame.data, frame->frame.len) || !packet_ip(&p) || !packet_chain(&p) ||
	    !packet_l4(&p))
		return add_link(w, &p);
	if (device)
		items_add(&w->words, "%s", device);
	err = device ? 0 : add_addr(w, &p.src);
	if (!err)
		err = add_addr(w, &p.dst);
	add_service(w, &p);
	return err || w->words.failed ? -ENOMEM : 0;
}

/* Of a device that lists no address, the datapath alone knows that it sent the frame. */
static const char *sender(const struct replay_work *w, const struct replay_frame *frame, int policy,
			  const struct result *result)
{
	const struct policy *p = w->addrs[policy].policy;
	const struct device *device;

	if (frame->input->out || !result->device || result->device > p->ndevices)
		return NULL;
	device = &p->devices[result->device - 1];
	return device->has_mac && frame->frame.len >= 12 && !memcmp(device->mac, frame->frame.data + 6, 6) ?
	       device->name : NULL;
}

/* ---- frames ---- */

static bool is_fate(const struct result results[POLICIES], enum fate *fate, enum reason *reason)
{
	unsigned int before = results[BEFORE].verdict, after = results[AFTER].verdict;

	if (before == after)
		return false;
	if (after == VERDICT_DROP)
		*fate = FATE_DROPPED;
	else if (before == VERDICT_DROP)
		*fate = FATE_PASSED;
	else
		*fate = after == VERDICT_AUDIT ? FATE_REPORTED : FATE_UNREPORTED;
	*reason = results[*fate == FATE_DROPPED || *fate == FATE_REPORTED ? AFTER : BEFORE].reason;
	return true;
}

static int run_frame(struct replay_work *w, const struct replay_frame *frame)
{
	struct result results[POLICIES];
	const char *device = NULL;
	enum reason reason;
	enum fate fate;
	int err;

	for (int x = 0; x < POLICIES; x++) {
		err = datapath_run(w->datapaths[x], frame->input->interface, frame->input->out,
				   frame->frame.data, frame->frame.len, frame->frame.time, &results[x]);
		if (err)
			return fail(EXIT_SYSTEM, "%s: packet %llu: the kernel would not run it: %s",
				    frame->input->path, (unsigned long long)frame->frame.index + 1,
				    strerror(-err));
		device = sender(w, frame, x, &results[x]) ?: device;
	}
	w->packets++;
	if (!is_fate(results, &fate, &reason))
		return 0;
	w->fates[fate]++;
	if (add_words(w, frame, device) || count(w, fate, reason))
		return fail(EXIT_SYSTEM, "there is not enough memory");
	return 0;
}

static int run_frames(struct replay_work *w)
{
	char error[CAPTURE_ERROR_SIZE];
	struct replay_frame frame;
	int got, status;

	while ((got = replay_next(w->replay, &frame, error)) > 0) {
		status = run_frame(w, &frame);
		if (status)
			return status;
	}
	return got < 0 ? fail(EXIT_SYSTEM, "%s", error) : 0;
}

/* ---- printing ---- */

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	return (x->words > y->words) - (x->words < y->words);
}

static void print_group(struct replay_work *w, const struct group *group, struct output *out)
{
	static const struct {
		enum output_mark mark;
		const char *name, *words;
	} fates[] = {
		[FATE_DROPPED] = { MARK_REMOVED, "dropped", "would be dropped" },
		[FATE_PASSED] = { MARK_ADDED, "passed", "would pass, and was dropped" },
		[FATE_REPORTED] = { MARK_CHANGED, "reported", "would be reported" },
		[FATE_UNREPORTED] = { MARK_CHANGED, "unreported", "would no longer be reported" },
	};
	const char *from = item(&w->words, group->words), *to = item(&w->words, group->words + 1);
	const char *service = item(&w->words, group->words + 2);

	items_clear(&w->sentence);
	items_append(&w->sentence, "%llu packet%s from %s to %s, %s: %s: %s",
		     (unsigned long long)group->packets, group->packets == 1 ? "" : "s", from, to,
		     service, fates[group->fate].words, reason_name(group->reason));
	output_begin_object(out, NULL);
	output_mark(out, "change", fates[group->fate].mark);
	output_string(out, "fate", fates[group->fate].name);
	output_number(out, "packets", group->packets);
	output_string(out, "from", from);
	output_string(out, "to", to);
	output_string(out, "service", service);
	output_string(out, "reason", reason_name(group->reason));
	output_word(out, "text", w->sentence.failed ? NULL : item(&w->sentence, 0));
	output_end_object(out);
}

static void print_replay(struct replay_work *w, struct output *out)
{
	if (w->n)
		qsort(w->groups, w->n, sizeof(*w->groups), compare_groups);
	output_begin_object(out, "replay");
	output_number(out, "packets", w->packets);
	output_number(out, "dropped", w->fates[FATE_DROPPED]);
	output_number(out, "passed", w->fates[FATE_PASSED]);
	output_number(out, "reported", w->fates[FATE_REPORTED]);
	output_number(out, "unreported", w->fates[FATE_UNREPORTED]);
	output_begin_lines(out, "groups", SHOWN_LINES);
	for (size_t i = 0; i < w->n; i++)
		print_group(w, &w->groups[i], out);
	output_end_lines(out);
	output_end_object(out);
}

static int open_datapath(const struct plan_replay *asked, const struct policy *policy,
			 struct datapath **out)
{
	const struct datapath_options options = { .gateway = asked->gateway, .ngateway = asked->ngateway };
	struct diag *diag = diag_new();
	int err = diag ? datapath_open_offline(policy, diag, &options, out) : -ENOMEM;

	diag_free(diag);
	if (err == -EPERM || err == -EACCES)
		return fail(EXIT_SYSTEM, "--replay runs the BPF program itself, and may not load it; "
			    "run it as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON");
	return err ? fail(EXIT_SYSTEM, "cannot load the datapath: %s", strerror(-err)) : 0;
}

int plan_replay(const struct plan_replay *replay, struct output *out)
{
	struct replay_work w __attribute__((cleanup(work_free))) = { .asked = replay };
	char error[CAPTURE_ERROR_SIZE];
	int status = 0;

	w.table = (struct table){ .same = same_group, .owner = &w };
	/* A wrong file name is the commoner mistake. */
	if (replay_open(replay->inputs, replay->ninputs, &w.replay, error))
		return fail(EXIT_SYSTEM, "%s", error);
	for (int x = 0; x < POLICIES && !status; x++) {
		w.addrs[x].policy = replay->policies[x];
		status = open_datapath(replay, replay->policies[x], &w.datapaths[x]);
	}
	if (!status)
		status = run_frames(&w);
	if (!status)
		print_replay(&w, out);
	return status;
}
