// SPDX-License-Identifier: GPL-2.0-only
#include "apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "cleanup.h"
#include "commit.h"
#include "hostview.h"
#include "learn.h"
#include "live.h"
#include "liveword.h"
#include "names.h"
#include "netlink.h"
#include "offload.h"
#include "output.h"
#include "pending.h"
#include "pins.h"

#define LOCK_TRIES 10 /* each unload that was waited for takes the directory with it */

struct application {
	const struct apply_input *input;
	const struct policy *policy;
	struct network network;
	uint32_t *ifindexes; /* by port index */
	struct applied_interface *interfaces;
	size_t n;
	struct base base;
	int lock;
};

static void application_free(struct application *app)
{
	network_free(&app->network);
	free(app->ifindexes);
	free(app->interfaces);
	base_close(&app->base);
	close_fd(&app->lock);
}

static struct applied_interface *interface_of(struct application *app, uint32_t ifindex)
{
	for (size_t i = 0; i < app->n; i++) {
		if (app->interfaces[i].ifindex == ifindex)
			return &app->interfaces[i];
	}
	return NULL;
}

/* One that was renamed is a port by the name that it had. */
static const char *name_now(const struct application *app, uint32_t ifindex)
{
	return network_at(&app->network, ifindex)->name;
}

static int absent(const struct application *app, const struct port *port)
{
	if (app->input->absent_ok) {
		warn("there is no interface %s yet: it is filtered as soon as there is", port->interface);
		return 0;
	}
	return fail(-ENODEV, "there is no interface %s (%s:%u): make it, or take it out of the policy",
		    port->interface, app->policy->files[port->loc.file].name, port->loc.line);
}

static void note_interface(struct application *app, const struct port *port, uint32_t ifindex)
{
	struct applied_interface *interface = interface_of(app, ifindex);

	if (!interface) {
		interface = &app->interfaces[app->n++];
		interface->name = port->interface;
		interface->ifindex = ifindex;
	}
	interface->vlans |= port->vlan != 0;
}

/* Every port's interface must be there, unless it may come later. before: NULL, nothing was live. */
static int find_interfaces(struct application *app, const struct bundle *before)
{
	const struct policy *policy = app->policy;
	_cleanup_free_ const char **names = calloc(policy->nports + 1, sizeof(*names));
	int err = 0;

	app->ifindexes = calloc(policy->nports + 1, sizeof(*app->ifindexes));
	app->interfaces = calloc(policy->nports + 1, sizeof(*app->interfaces));
	if (!app->ifindexes || !app->interfaces || !names)
		return fail(-ENOMEM, "there is not enough memory");
	for (size_t i = 0; i < policy->nports; i++)
		names[i] = policy->ports[i].interface;
	hostview_find(names, policy->nports, &app->network, before, app->ifindexes);
	for (size_t i = 0; i < policy->nports; i++) {
		if (app->ifindexes[i])
			note_interface(app, &policy->ports[i], app->ifindexes[i]);
		else
			err = absent(app, &policy->ports[i]);
	}
	return err;
}

/* The gateway's own addresses are nobody else's: the policy may list some, the kernel knows all. */
static int check_addresses(const struct application *app, struct diag *diag)
{
	const struct policy *policy = app->policy;
	char text[ADDR_LEN];
	int err = 0;

	for (size_t i = 0; i < policy->ndevices; i++) {
		const struct device *device = &policy->devices[i];

		for (size_t k = 0; k < device->naddrs * app->network.naddrs; k++) {
			const struct picket_addr *addr = &device->addrs[k / app->network.naddrs];

			if (memcmp(addr, &app->network.addrs[k % app->network.naddrs], sizeof(*addr)))
				continue;
			diag_error(diag, device->loc, "\"%s\" has %s, which is an address of this host: "
				   "a device needs one of its own", device->name, format_addr(addr, text));
			err = -EINVAL;
		}
	}
	return err;
}

static int take_lock(struct application *app)
{
	int err = -ENOENT;

	for (int i = 0; i < LOCK_TRIES && err == -ENOENT; i++) {
		err = pins_make_dir();
		if (!err)
			err = pins_lock(PINS_LOCK_WAIT_MS, &app->lock);
	}
	if (err == -EBUSY)
		return fail(err, "another picket is changing what is in %s: try again when it is done",
			    pins_dir());
	return err ? fail(err, "%s cannot be used for pins: %s", pins_dir(), strerror(-err)) : 0;
}

static int check_ports(const struct application *app)
{
	int err = 0;

	for (size_t i = 0; i < app->n; i++) {
		uint32_t ifindex = app->interfaces[i].ifindex;
		int one = attach_check(name_now(app, ifindex), ifindex);

		err = err ? err : one;
	}
	return err;
}

/* before: NULL when nothing was live, or what was cannot be read. */
static int commit(struct application *app, const struct live *before)
{
	struct commit_input input = {
		.policy = app->policy, .ruleset = app->input->ruleset, .sources = app->input->sources,
		.network = &app->network, .ifindexes = app->ifindexes, .mode = app->input->mode,
		.base = &app->base, .before = before, .again = app->input->again,
	};

	return app->input->within ? pending_commit(&input, app->input->within) : commit_policy(&input);
}

static void warn_hidden_tags(const struct applied_interface *interface)
{
	if (interface->vlans && interface_has_driver(interface->name, "veth"))
		warn("interface %s is a veth: VLAN tags on it are hidden unless its peer has "
		     "tx-vlan-offload off (ethtool -K PEER tx-vlan-offload off)", interface->name);
}

static int attach_ports(struct application *app)
{
	int err = 0;

	for (size_t i = 0; i < app->n; i++) {
		struct applied_interface *interface = &app->interfaces[i];
		uint32_t ifindex = interface->ifindex;
		int one = attach_interface(&app->base.entry, name_now(app, ifindex), ifindex, app->input->mode,
					   &interface->mode);

		if (one)
			interface->mode = ATTACH_AUTO;
		else
			warn_hidden_tags(interface);
		err = err ? err : one;
	}
	return err;
}

/* Interfaces that the policy no longer names, and pins of deleted ones. */
static void detach_others(struct application *app)
{
	_cleanup_free_ struct attachment *attachments = NULL;
	size_t n = 0;

	if (attachments_get(&attachments, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (!interface_of(app, attachments[i].ifindex))
			detach_interface(&attachments[i]);
	}
}

static void sync_learned(const struct application *app)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	int err = live_open_parts(LIVE_IDENTS, &live);

	if (!err)
		err = learn_sync(live, app->policy, &app->network, app->ifindexes);
	if (err)
		warn("nothing was learned from the neighbour table: %s", strerror(-err));
}

/* What is live, to go on from; its names of interfaces count where the policy is the same. */
static int open_before(struct application *app, struct live **before)
{
	int err = app->base.live->word ? live_open_parts(0, before) : 0;

	if (err)
		warn("the state before cannot be read (%s): counters and flows start anew", strerror(-err));
	if (app->input->again && (!*before || live_stale(app->input->again)))
		return -ESTALE;
	return 0;
}

static int look_around(struct application *app, const struct live *before, struct diag *diag)
{
	const struct bundle *names = before && app->input->absent_ok ? live_bundle(before) : NULL;
	int err = network_get(&app->network);

	if (err)
		return fail(err, "the kernel's interfaces cannot be listed: %s", strerror(-err));
	err = find_interfaces(app, names);
	return err ? err : check_addresses(app, diag);
}

/* Up to the commit: what was live still is. */
static int replace(struct application *app, struct diag *diag)
{
	struct live *before __attribute__((cleanup(live_cleanup))) = NULL;
	int err = open_before(app, &before);

	if (!err)
		err = look_around(app, before, diag);
	if (!err)
		err = check_ports(app);
	return err ? err : commit(app, before);
}

/* No policy was left, and so no base. */
static bool live_gone(void)
{
	_cleanup_close_ int fd = pins_get("live", NULL);

	return fd == -ENOENT;
}

static int say_pending(const struct application *app)
{
	char left[DURATION_LEN];

	return fail(-EINPROGRESS, "the live policy waits to be confirmed, and goes back in %s: 'picket confirm' keeps "
		    "it, 'picket rollback' goes back now",
		    format_duration(liveword_left(app->base.live) / NSEC_PER_SEC * NSEC_PER_SEC, left));
}

/* Takes the lock and opens the base, with nothing pending in it. */
static int open_base(struct application *app)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int err = take_lock(app);

		if (!err)
			err = base_make(&app->base);
		if (err)
			return err;
		if (liveword_left(app->base.live))
			return say_pending(app);
		err = pending_settle(&app->base);
		if (err < 0)
			return fail(err, "the policy that was not confirmed cannot be taken away: %s", strerror(-err));
		if (!err || !live_gone())
			return 0;
		/* Nothing was live before that one: all of it is gone, the directory with the lock too. */
		base_close(&app->base);
		close_fd(&app->lock);
		app->lock = -1;
	}
	return fail(-EBUSY, "%s cannot be used for pins", pins_dir());
}

/* A first apply that fails leaves nothing behind; a later one leaves what was live. */
static int apply_locked(struct application *app, struct diag *diag)
{
	bool first = !app->base.live->word;
	int err = replace(app, diag);

	if (!err) {
		sync_learned(app);
		err = attach_ports(app);
		if (!app->input->within && (!err || !first))
			detach_others(app);
		if (err && !first)
			return -EREMOTEIO;
	}
	if (err && first)
		base_remove();
	return err;
}

int apply_policy(const struct apply_input *input, struct diag *diag, struct applied *out)
{
	struct application app __attribute__((cleanup(application_free))) = {
		.input = input, .policy = input->policy, .lock = -1, .base = BASE_CLOSED,
	};
	int err = open_base(&app);

	if (!err)
		err = apply_locked(&app, diag);
	if (err && err != -EREMOTEIO)
		return err;
	*out = (struct applied){
		.interfaces = app.interfaces, .n = app.n, .generation = LIVE_GENERATION(app.base.live->word),
	};
	app.interfaces = NULL;
	return err;
}
