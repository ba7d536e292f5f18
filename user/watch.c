// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "apply.h"
#include "base.h"
#include "candidate.h"
#include "cleanup.h"
#include "hostview.h"
#include "live.h"
#include "netlink.h"
#include "output.h"
#include "pending.h"
#include "pins.h"

#define RETRY_SECONDS 30 /* what failed is tried again then, or when the host changes */
#define LOCK_WAIT_MS 1000

/* An interface that was attached when it was looked at last, and what it had received by then. */
struct seen {
	uint32_t ifindex;
	uint64_t received;
	bool renamed;
};

struct watch {
	struct network_events *events;
	struct live *live;
	struct base base; /* what is live rests on; held, so that a lost pin empties no slot */
	bool lost; /* a pin could not be put back, which was said */
	struct seen *seen;
	size_t nseen;
	uint64_t failed_host; /* hostview_hash() that the policy could not be made for */
	time_t failed_at; /* CLOCK_MONOTONIC, s */
};

/* One look at the host. */
struct look {
	const struct bundle *bundle;
	struct network network;
	const char **names; /* of ports */
	uint32_t *ifindexes; /* by port, 0: it is not there */
	struct attachment *attachments;
	size_t nattachments;
};

static void look_free(struct look *look)
{
	network_free(&look->network);
	free(look->names);
	free(look->ifindexes);
	free(look->attachments);
}

int watch_new(struct watch **out)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int err = -ENOMEM;

	if (watch) {
		watch->base = (struct base)BASE_CLOSED;
		err = network_events_open(&watch->events);
	}
	if (err) {
		watch_free(watch);
		return fail(err, "changes of interfaces cannot be watched: %s", strerror(-err));
	}
	*out = watch;
	return 0;
}

static void let_go(struct watch *watch)
{
	live_close(watch->live);
	watch->live = NULL;
	base_close(&watch->base);
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	network_events_close(watch->events);
	let_go(watch);
	free(watch->seen);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return network_events_fd(watch->events);
}

bool watch_changes(struct watch *watch)
{
	return network_events_take(watch->events);
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* As live_open(). */
static int hold_live(struct watch *watch)
{
	int err = live_open_parts(0, &watch->live);

	if (!err && base_open(&watch->base))
		err = -EIO;
	if (err)
		let_go(watch);
	return err;
}

/* False: nothing is live that this version could look after. */
static bool find_live(struct watch *watch)
{
	bool was_live = watch->live;
	int err;

	if (was_live && !live_stale(watch->live))
		return true;
	let_go(watch);
	err = hold_live(watch);
	if (err && was_live)
		live_fail(err);
	return !err;
}

/* Somebody removed pins of what is live, which is not how it ends: they are put back, and nothing was changed by it. */
static void put_back(struct watch *watch)
{
	_cleanup_close_ int lock = -1;
	int err;

	if (!watch->live || live_complete(watch->live) || pins_lock(LOCK_WAIT_MS, &lock))
		return;
	if (pins_has("live", NULL) ? live_stale(watch->live) : !base_in_use())
		return;
	err = base_put_back(&watch->base);
	if (!err)
		err = live_put_back(watch->live);
	if (err && !watch->lost)
		warn("pins are missing in %s, and cannot be put back: %s", pins_dir(), strerror(-err));
	watch->lost = err;
}

static int look_at(const struct bundle *bundle, struct look *look)
{
	uint16_t vlan;
	int err = network_get(&look->network);

	look->bundle = bundle;
	look->names = calloc(bundle->nports + 1, sizeof(*look->names));
	look->ifindexes = calloc(bundle->nports + 1, sizeof(*look->ifindexes));
	if (!look->names || !look->ifindexes)
		return -ENOMEM;
	if (!err)
		err = attachments_get(&look->attachments, &look->nattachments);
	if (err)
		return err;
	for (uint32_t i = 0; i < bundle->nports; i++)
		look->names[i] = bundle_port(bundle, i, &vlan);
	hostview_find(look->names, bundle->nports, &look->network, bundle, look->ifindexes);
	return 0;
}

static bool is_attached(const struct look *look, uint32_t ifindex)
{
	return attachment_works(attachment_at(look->attachments, look->nattachments, ifindex));
}

/* ---- attaching what came back ---- */

static struct seen seen_before(const struct watch *watch, uint32_t ifindex)
{
	for (size_t i = 0; i < watch->nseen; i++) {
		if (watch->seen[i].ifindex == ifindex)
			return watch->seen[i];
	}
	return (struct seen){};
}

static struct seen see(const struct watch *watch, const struct look *look, uint32_t port)
{
	const struct interface *at = network_at(&look->network, look->ifindexes[port]);
	bool renamed = strcmp(at->name, look->names[port]) != 0;

	if (renamed && !seen_before(watch, at->ifindex).renamed)
		warn("interface %s is called %s now: it stays the port that it was, until another has the name",
		     look->names[port], at->name);
	return (struct seen){ at->ifindex, at->received, renamed };
}

/* What ports have received while they are attached: what one receives beyond that came in unfiltered. */
static void remember(struct watch *watch, const struct look *look)
{
	struct seen *seen = calloc(look->bundle->nports + 1, sizeof(*seen));
	size_t n = 0;

	for (uint32_t i = 0; seen && i < look->bundle->nports; i++) {
		if (look->ifindexes[i] && is_attached(look, look->ifindexes[i]))
			seen[n++] = see(watch, look, i);
	}
	free(watch->seen);
	watch->seen = seen;
	watch->nseen = n;
}

static void say_attached(struct watch *watch, uint32_t ifindex, enum attach_mode mode)
{
	struct network network __attribute__((cleanup(network_free))) = {};
	const struct interface *now = network_get(&network) ? NULL : network_at(&network, ifindex);
	uint64_t received = now ? now->received : 0, before = seen_before(watch, ifindex).received;
	uint64_t open = received > before ? received - before : 0;

	if (!now)
		return;
	live_count_stat(watch->live, STAT_UNFILTERED, open);
	notice("interface %s (index %u) is attached in %s mode; %llu frames came in on it before that, and "
	       "were not filtered", now->name, ifindex, attach_mode_name(mode), (unsigned long long)open);
}

static int attach_missing(struct watch *watch, const struct look *look)
{
	struct base base __attribute__((cleanup(base_close))) = BASE_CLOSED;
	_cleanup_close_ int lock = -1;
	enum attach_mode wanted = ATTACH_AUTO, got;
	int err = pins_lock(LOCK_WAIT_MS, &lock);

	if (err || live_stale(watch->live))
		return err ? err : -ESTALE;
	err = base_make(&base);
	parse_attach_mode(look->bundle->attach_mode, &wanted);
	for (uint32_t i = 0; i < look->bundle->nports && !err; i++) {
		uint32_t ifindex = look->ifindexes[i];
		const struct interface *at = ifindex ? network_at(&look->network, ifindex) : NULL;

		if (!at || is_attached(look, ifindex))
			continue;
		if (!attach_check(at->name, ifindex) &&
		    !attach_interface(&base.entry, at->name, ifindex, wanted, &got))
			say_attached(watch, ifindex, got);
	}
	return err;
}

static bool any_missing(const struct look *look)
{
	for (uint32_t i = 0; i < look->bundle->nports; i++) {
		if (look->ifindexes[i] && !is_attached(look, look->ifindexes[i]))
			return true;
	}
	return false;
}

/* ---- the policy once more ---- */

static int apply_again(struct watch *watch)
{
	struct candidate candidate __attribute__((cleanup(candidate_free))) = {};
	struct applied applied = {};
	struct apply_input input = { .absent_ok = true, .again = watch->live };
	int err = candidate_again(watch->live, &candidate);

	if (err)
		return fail(err, "the live policy cannot be read again: %s", strerror(-err));
	input.policy = candidate.policy;
	input.ruleset = candidate.ruleset;
	input.sources = candidate.sources;
	parse_attach_mode(live_bundle(watch->live)->attach_mode, &input.mode);
	err = apply_policy(&input, candidate.diag, &applied);
	free(applied.interfaces);
	if (err == -EINVAL) {
		diag_sort(candidate.diag);
		diag_print(candidate.diag, stderr);
	}
	return err;
}

static void renew(struct watch *watch, const struct look *look)
{
	uint64_t host = hostview_hash(look->ifindexes, look->bundle->nports, &look->network);
	int err;

	if (!host || host == look->bundle->host ||
	    (host == watch->failed_host && seconds() - watch->failed_at < RETRY_SECONDS))
		return;
	err = apply_again(watch);
	watch->failed_host = 0;
	if (!err) {
		notice("the policy is live for the interfaces and addresses that this host has now");
	} else if (err != -ESTALE) {
		watch->failed_host = host;
		watch->failed_at = seconds();
		live_count_stat(watch->live, STAT_APPLY_FAILURES, 1);
		warn("the policy could not be made live for the interfaces and addresses that this host has now; "
		     "what was live stays");
	}
}

/* The programs went back by themselves: this clears away what the policy that was not confirmed had. */
static void settle_pending(void)
{
	struct base base __attribute__((cleanup(base_close))) = BASE_CLOSED;
	_cleanup_close_ int lock = -1;

	if (pins_lock(LOCK_WAIT_MS, &lock) || base_make(&base))
		return;
	if (pending_settle(&base) > 0)
		notice("the last policy was not confirmed: the one before it is live again");
}

void watch_check(struct watch *watch)
{
	struct look look __attribute__((cleanup(look_free))) = {};
	int err;

	if (pending_is_over())
		settle_pending();
	put_back(watch);
	if (!find_live(watch))
		return;
	err = look_at(live_bundle(watch->live), &look);
	if (err) {
		warn("interfaces cannot be looked at: %s", strerror(-err));
		return;
	}
	if (any_missing(&look))
		attach_missing(watch, &look);
	else
		remember(watch, &look);
	if (!live_pending(watch->live)) /* what is ready to come back would not be made for the new host */
		renew(watch, &look);
}
