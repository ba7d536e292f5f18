// SPDX-License-Identifier: GPL-2.0-only
#include "apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "cleanup.h"
#include "commit.h"
#include "learn.h"
#include "live.h"
#include "names.h"
#include "netlink.h"
#include "offload.h"
#include "output.h"
#include "pins.h"

#define LOCK_TRIES 10 /* each unload that was waited for takes the directory with it */

struct application {
	const struct policy *policy;
	const struct ruleset *ruleset;
	const struct packed *sources;
	enum attach_mode mode;
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

static void live_cleanup(struct live **live)
{
	live_close(*live);
}

static struct applied_interface *interface_of(struct application *app, uint32_t ifindex)
{
	for (size_t i = 0; i < app->n; i++) {
		if (app->interfaces[i].ifindex == ifindex)
			return &app->interfaces[i];
	}
	return NULL;
}

/* Every port's interface must be there. */
static int find_interfaces(struct application *app)
{
	const struct policy *policy = app->policy;
	int err = 0;

	app->ifindexes = calloc(policy->nports + 1, sizeof(*app->ifindexes));
	app->interfaces = calloc(policy->nports + 1, sizeof(*app->interfaces));
	if (!app->ifindexes || !app->interfaces)
		return fail(-ENOMEM, "there is not enough memory");
	for (size_t i = 0; i < policy->nports; i++) {
		const struct port *port = &policy->ports[i];
		const struct interface *found = network_find(&app->network, port->interface);
		struct applied_interface *interface;

		if (!found) {
			err = fail(-ENODEV, "there is no interface %s (%s:%u): make it, or take it out "
				   "of the policy", port->interface,
				   policy->files[port->loc.file].name, port->loc.line);
			continue;
		}
		app->ifindexes[i] = found->ifindex;
		interface = interface_of(app, found->ifindex);
		if (!interface) {
			interface = &app->interfaces[app->n++];
			interface->name = port->interface;
			interface->ifindex = found->ifindex;
		}
		interface->vlans |= port->vlan != 0;
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
		int one = attach_check(app->interfaces[i].name, app->interfaces[i].ifindex);

		err = err ? err : one;
	}
	return err;
}

static int commit(struct application *app)
{
	struct live *before __attribute__((cleanup(live_cleanup))) = NULL;
	struct commit_input input = {
		.policy = app->policy, .ruleset = app->ruleset, .sources = app->sources,
		.network = &app->network, .ifindexes = app->ifindexes, .mode = app->mode,
		.base = &app->base,
	};
	int err = *app->base.word ? live_open_parts(0, &before) : 0;

	if (err)
		warn("the state before cannot be read (%s): counters and flows start anew", strerror(-err));
	input.before = before;
	return commit_policy(&input);
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
		int one = attach_interface(&app->base.entry, interface->name, interface->ifindex,
					   app->mode, &interface->mode);

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

static int look_around(struct application *app, struct diag *diag)
{
	int err = network_get(&app->network);

	if (err)
		return fail(err, "the kernel's interfaces cannot be listed: %s", strerror(-err));
	err = find_interfaces(app);
	return err ? err : check_addresses(app, diag);
}

/* A first apply that fails leaves nothing behind; a later one leaves what was live. */
static int apply_locked(struct application *app)
{
	bool first;
	int err = base_make(&app->base);

	if (err)
		return err;
	first = !*app->base.word;
	err = check_ports(app);
	if (!err)
		err = commit(app);
	if (err) {
		if (first)
			base_remove();
		return err;
	}
	sync_learned(app);
	err = attach_ports(app);
	if (err && first) {
		base_remove();
		return err;
	}
	detach_others(app);
	return err ? -EREMOTEIO : 0;
}

int apply_policy(const struct apply_input *input, struct diag *diag, struct applied *out)
{
	struct application app __attribute__((cleanup(application_free))) = {
		.policy = input->policy, .ruleset = input->ruleset, .sources = input->sources,
		.mode = input->mode, .lock = -1,
		.base = { .entry = { -1, -1 }, .ingress_slots = -1, .egress_slots = -1 },
	};
	int err = look_around(&app, diag);

	if (!err)
		err = take_lock(&app);
	if (!err)
		err = apply_locked(&app);
	if (err && err != -EREMOTEIO)
		return err;
	*out = (struct applied){
		.interfaces = app.interfaces, .n = app.n, .generation = *app.base.word >> 1,
	};
	app.interfaces = NULL;
	return err;
}
