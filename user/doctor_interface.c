// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach.h"
#include "cleanup.h"
#include "doctor.h"
#include "netdev.h"
#include "netlink.h"
#include "offload.h"

#define PLAIN_MTU 3498 /* what one page's buffer takes of a frame, about: more wants several */
#define MEND 96

static bool wants_vlans(const struct policy *policy, const char *interface)
{
	for (size_t i = 0; policy && i < policy->nports; i++) {
		if (policy->ports[i].vlan && !strcmp(policy->ports[i].interface, interface))
			return true;
	}
	return false;
}

static void look_at_driver(struct doctor *doctor, const struct interface *at, const char *driver)
{
	uint64_t features;
	int err = netdev_xdp_features(at->ifindex, &features);

	if (err)
		doctor_add(doctor, FINDING_WARNING, at->name, "--mode auto finds out when a policy is applied",
			   "this kernel does not say whether %s has native XDP", driver);
	else if (!(features & NETDEV_XDP_BASIC))
		doctor_add(doctor, FINDING_WARNING, at->name, "use an interface whose driver has native XDP where speed counts",
			   "%s has no native XDP: generic mode is used, about half as fast", driver);
	else if (at->mtu > PLAIN_MTU && !(features & NETDEV_XDP_FRAGMENTS))
		doctor_add(doctor, FINDING_WARNING, at->name, "lower its MTU, or live with generic mode",
			   "%s has no native XDP for frames of an MTU of %u", driver, at->mtu);
	else
		doctor_add(doctor, FINDING_OK, at->name, NULL, "%s has native XDP, at an MTU of %u", driver, at->mtu);
}

static void look_at_offloads(struct doctor *doctor, const struct interface *at, const char *driver)
{
	char names[OFFLOADS_LEN], mend[MEND];
	uint32_t on = 0, fixed = 0, wrong;

	if (offloads_get(at->name, &on) || offloads_fixed(at->name, &fixed))
		return;
	wrong = on & fixed & (OFFLOADS_VLAN | OFFLOAD_LRO);
	if (wrong & OFFLOAD_LRO)
		doctor_add(doctor, FINDING_WARNING, at->name, "use another interface, or expect limits to count joined frames",
			   "its driver joins frames (%s) and cannot be told not to",
			   format_offloads(wrong & OFFLOAD_LRO, names));
	if (wrong & OFFLOADS_VLAN)
		doctor_add(doctor, wants_vlans(doctor->policy, at->name) ? FINDING_BAD : FINDING_WARNING, at->name,
			   "use another interface for VLANs", "its driver takes VLAN tags off (%s) and cannot be told not to",
			   format_offloads(wrong & OFFLOADS_VLAN, names));
	else if (on & OFFLOADS_VLAN)
		doctor_add(doctor, FINDING_OK, at->name, NULL, "%s is turned off while picket is attached, and on again after it",
			   format_offloads(on & OFFLOADS_VLAN, names));
	if (wants_vlans(doctor->policy, at->name) && !strcmp(driver, "veth")) {
		snprintf(mend, sizeof(mend), "ethtool -K PEER tx-vlan-offload off");
		doctor_add(doctor, FINDING_WARNING, at->name, mend, "it is a veth: its peer may hide VLAN tags");
	}
}

static void look_at_queues(struct doctor *doctor, const struct interface *at)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t now = 0, most = 0;
	char mend[MEND];

	if (channels_get(at->name, &now, &most) || now >= cpus || now >= most)
		return;
	snprintf(mend, sizeof(mend), "ethtool -L %s combined %ld", at->name, cpus < (long)most ? cpus : (long)most);
	doctor_add(doctor, FINDING_WARNING, at->name, mend, "%u of %u queues are in use for %ld CPUs: one CPU filters "
		   "what comes in by one queue", now, most, cpus);
}

/* Somebody else's program, and its name. */
static void look_at_programs(struct doctor *doctor, const struct interface *at)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, options);
	_cleanup_free_ struct attachment *list = NULL;
	const struct attachment *ours;
	char mend[MEND];
	size_t n = 0;

	if (bpf_xdp_query(at->ifindex, 0, &options) || !options.attach_mode)
		return;
	ours = attachments_get(&list, &n) ? NULL : attachment_at(list, n, at->ifindex);
	if (attachment_works(ours)) {
		doctor_add(doctor, FINDING_OK, at->name, NULL, "picket filters it, in %s mode", attach_mode_name(ours->mode));
		return;
	}
	snprintf(mend, sizeof(mend), "ip link set dev %s xdp off", at->name);
	doctor_add(doctor, FINDING_BAD, at->name, mend, "it has another XDP program (id %u): there can be one",
		   options.prog_id ? options.prog_id : options.drv_prog_id ? options.drv_prog_id : options.skb_prog_id);
}

void doctor_interface(struct doctor *doctor, const char *interface)
{
	struct network network __attribute__((cleanup(network_free))) = {};
	const struct interface *at;
	char driver[DRIVER_LEN], mend[MEND];
	int err = network_get(&network);

	at = err ? NULL : network_find(&network, interface);
	if (!at) {
		doctor_add(doctor, FINDING_BAD, interface, "make it, or take it out of the policy", "there is no such interface");
		return;
	}
	if (interface_driver(interface, driver))
		strcpy(driver, "its driver");
	look_at_driver(doctor, at, driver);
	look_at_offloads(doctor, at, driver);
	look_at_queues(doctor, at);
	look_at_programs(doctor, at);
	snprintf(mend, sizeof(mend), "ip link set dev %s up", interface);
	if (!at->up)
		doctor_add(doctor, FINDING_WARNING, interface, mend, "it is down");
	if (at->master)
		doctor_add(doctor, FINDING_OK, interface, NULL, "it is a member of a bridge or bond, and is filtered as such");
}
