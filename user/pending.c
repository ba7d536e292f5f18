// SPDX-License-Identifier: GPL-2.0-only
#include "pending.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "candidate.h"
#include "cleanup.h"
#include "history.h"
#include "liveword.h"
#include "output.h"
#include "pins.h"
#include "system.h"

/* ---- who is attached for the other policy ---- */

static bool is_port(const uint32_t *ifindexes, size_t n, uint32_t ifindex)
{
	for (size_t i = 0; i < n; i++) {
		if (ifindexes[i] == ifindex)
			return true;
	}
	return false;
}

static bool is_bundle_port(const struct bundle *bundle, uint32_t ifindex)
{
	uint16_t vlan;

	for (uint32_t i = 0; i < bundle->nports; i++) {
		if (bundle_port_ifindex(bundle, bundle_port(bundle, i, &vlan)) == ifindex)
			return true;
	}
	return false;
}

/* *flags gets LIVE_BYSTANDERS. 0 or -errno. */
static int add_bystander(const struct base *base, uint32_t ifindex, uint64_t word, uint64_t *flags)
{
	struct bystander key = { .ifindex = ifindex, .slot = LIVE_SLOT(word) };
	uint32_t one = 1;

	*flags |= LIVE_BYSTANDERS;
	return bpf_map_update_elem(base->bystanders, &key, &one, BPF_ANY) ? -errno : 0;
}

static void clear_bystanders(const struct base *base)
{
	struct bystander key;

	while (!bpf_map_get_next_key(base->bystanders, NULL, &key) &&
	       !bpf_map_delete_elem(base->bystanders, &key))
		;
}

/* Ports of one policy alone pass everything while the other decides. */
static int set_bystanders(const struct commit_input *in, uint64_t *word, uint64_t *back)
{
	const struct bundle *before = live_bundle(in->before);
	uint16_t vlan;
	int err = 0;

	clear_bystanders(in->base);
	for (size_t i = 0; i < in->policy->nports && !err; i++) {
		if (in->ifindexes[i] && !is_bundle_port(before, in->ifindexes[i]))
			err = add_bystander(in->base, in->ifindexes[i], *back, back);
	}
	for (uint32_t i = 0; i < before->nports && !err; i++) {
		uint32_t ifindex = bundle_port_ifindex(before, bundle_port(before, i, &vlan));

		if (ifindex && !is_port(in->ifindexes, in->policy->nports, ifindex))
			err = add_bystander(in->base, ifindex, *word, word);
	}
	return err;
}

/* ---- going live ---- */

/*
 * The policy before, once more, in a slot of its own and with the new one's state: a generation above the new
 * one's has it judge again what that let in.
 */
static int prepare_back(const struct commit_input *new, uint64_t new_word, uint64_t back_word)
{
	struct live *state __attribute__((cleanup(live_cleanup))) = NULL;
	struct candidate candidate = {};
	struct commit_input input = *new;
	const struct bundle *before = live_bundle(new->before);
	_cleanup_free_ uint32_t *ifindexes = calloc(before->nports + 1, sizeof(*ifindexes));
	struct commit *commit = NULL;
	uint16_t vlan;
	int err = ifindexes ? candidate_again(new->before, &candidate) : -ENOMEM;

	if (!err)
		err = live_open_word(0, new_word, &state);
	if (err) {
		candidate_free(&candidate);
		return fail(err, "the policy before cannot be kept ready: %s", strerror(-err));
	}
	for (uint32_t i = 0; i < before->nports; i++)
		ifindexes[i] = bundle_port_ifindex(before, bundle_port(before, i, &vlan));
	input.policy = candidate.policy;
	input.ruleset = candidate.ruleset;
	input.sources = candidate.sources;
	input.ifindexes = ifindexes;
	parse_attach_mode(before->attach_mode, &input.mode);
	input.state = state;
	input.again = true;
	err = commit_prepare(&input, back_word, &commit);
	commit_free(commit);
	candidate_free(&candidate);
	return err;
}

static int prepare_words(const struct commit_input *in, uint64_t old, uint64_t *word, uint64_t *back)
{
	int err;

	*word = commit_next_word(old, 1);
	*back = commit_next_word(old, 2);
	if (!in->before) {
		*back |= LIVE_NOTHING;
		return 0;
	}
	err = prepare_back(in, *word, *back);
	if (!err) {
		err = set_bystanders(in, word, back);
		if (err)
			fail(err, "who is attached cannot be noted: %s", strerror(-err));
	}
	return err;
}

int pending_commit(const struct commit_input *in, uint64_t within)
{
	uint64_t old = in->base->live->word, word, back;
	struct commit *commit;
	int err = commit_prepare(in, commit_next_word(old, 1), &commit);

	if (err)
		return err;
	err = prepare_words(in, old, &word, &back);
	if (err) {
		commit_empty_slot(in->base, word);
		commit_empty_slot(in->base, back);
		clear_bystanders(in->base);
	} else {
		liveword_store_pending(in->base->live, word, back, within);
		system_wait_for_grace();
		if (old)
			commit_empty_slot(in->base, old);
		commit_settle(commit);
	}
	commit_free(commit);
	return err;
}

/* ---- the end of it ---- */

/* Lets go of interfaces that are none of the live policy's ports. */
static int detach_strangers(const struct bundle *bundle)
{
	_cleanup_free_ struct attachment *attachments = NULL;
	size_t n = 0;
	int err = attachments_get(&attachments, &n);

	for (size_t i = 0; i < n; i++) {
		int one = is_bundle_port(bundle, attachments[i].ifindex) ? 0 : detach_interface(&attachments[i]);

		err = err ? err : one;
	}
	return err;
}

/* word decides from now on, and all of other's goes. */
static int end_with(struct base *base, uint64_t word, uint64_t other)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	int err;

	liveword_store(base->live, word & ~LIVE_PENDING);
	system_wait_for_grace();
	if (!(other & LIVE_NOTHING))
		commit_empty_slot(base, other);
	err = live_open_word(0, word, &live);
	if (!err && word & LIVE_BYSTANDERS)
		err = detach_strangers(live_bundle(live));
	if (err)
		return err; /* they pass, and the next one tries again */
	liveword_store(base->live, word & ~(LIVE_PENDING | LIVE_BYSTANDERS));
	clear_bystanders(base);
	return 0;
}

static int come_back(struct base *base)
{
	uint64_t word = base->live->word, back = base->live->back;

	return back & LIVE_NOTHING ? base_remove() : end_with(base, back, word);
}

int pending_confirm(struct base *base)
{
	return liveword_left(base->live) ? end_with(base, base->live->word, base->live->back) : -ENOENT;
}

int pending_return(struct base *base)
{
	return liveword_left(base->live) ? come_back(base) : -ENOENT;
}

int pending_settle(struct base *base)
{
	uint64_t word = base->live->word;
	int err;

	if (liveword_left(base->live) || !(word & (LIVE_PENDING | LIVE_BYSTANDERS)))
		return 0;
	if (!(word & LIVE_PENDING)) {
		err = end_with(base, word, LIVE_NOTHING);
	} else {
		err = come_back(base);
		if (!err)
			history_add(&(struct history_entry){ .action = "return", .result = "ok" });
	}
	return err ? err : 1;
}

bool pending_is_over(void)
{
	_cleanup_close_ int fd = pins_get("live", NULL);
	struct live_word live;
	uint32_t zero = 0;

	if (fd < 0 || bpf_map_lookup_elem(fd, &zero, &live))
		return false;
	return live.word & LIVE_PENDING ? !liveword_left(&live) : live.word & LIVE_BYSTANDERS;
}
