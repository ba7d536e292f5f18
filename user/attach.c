// SPDX-License-Identifier: GPL-2.0-only
#include "attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "attach_egress.h"
#include "changes.h"
#include "cleanup.h"
#include "offload.h"
#include "output.h"
#include "pins.h"

const char *attach_mode_name(enum attach_mode mode)
{
	static const char *const names[] = { "auto", "native", "generic" };

	return names[mode];
}

int parse_attach_mode(const char *text, enum attach_mode *out)
{
	for (enum attach_mode mode = ATTACH_AUTO; mode <= ATTACH_GENERIC; mode++) {
		if (!strcmp(text, attach_mode_name(mode))) {
			*out = mode;
			return 0;
		}
	}
	return -EINVAL;
}

int attach_prepare(void)
{
	return changes_make();
}

static void xdp_pin(uint32_t ifindex, char name[LINK_NAME_LEN])
{
	link_name("xdp", ifindex, name);
}

/* What XDP has on an interface: the program's id, 0: none, and its mode. */
static int xdp_query(uint32_t ifindex, uint32_t *id, enum attach_mode *mode)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, options);
	int err = bpf_xdp_query(ifindex, 0, &options);

	if (err)
		return err;
	*mode = ATTACH_AUTO;
	*id = options.prog_id;
	if (options.drv_prog_id || options.hw_prog_id) {
		*mode = ATTACH_NATIVE;
		*id = options.drv_prog_id ? options.drv_prog_id : options.hw_prog_id;
	} else if (options.skb_prog_id) {
		*mode = ATTACH_GENERIC;
		*id = options.skb_prog_id;
	}
	return 0;
}

/* The mode in which picket's own pinned link holds the interface; ATTACH_AUTO: none does. */
static enum attach_mode xdp_mode(uint32_t ifindex)
{
	char pin[LINK_NAME_LEN];
	enum attach_mode mode;
	uint32_t there, ours;

	xdp_pin(ifindex, pin);
	if (!link_alive(pin, ifindex, &ours) || xdp_query(ifindex, &there, &mode) || there != ours)
		return ATTACH_AUTO;
	return mode;
}

int attach_check(const char *interface, uint32_t ifindex)
{
	struct bpf_prog_info info = {};
	_cleanup_close_ int fd = -1;
	__u32 len = sizeof(info);
	enum attach_mode mode;
	uint32_t id;
	int err = xdp_query(ifindex, &id, &mode);

	if (err)
		return fail(err, "interface %s cannot be asked for its XDP program: %s", interface,
			    strerror(-err));
	if (!id || xdp_mode(ifindex) != ATTACH_AUTO)
		return 0;
	fd = bpf_prog_get_fd_by_id(id);
	if (fd >= 0)
		bpf_obj_get_info_by_fd(fd, &info, &len);
	return fail(-EBUSY, "interface %s has another XDP program, id %u (%s): remove it ('ip link set "
		    "dev %s xdp off', or end what attached it) and apply again", interface, id,
		    info.name[0] ? info.name : "without a name", interface);
}

/* 0 or -errno; the link is pinned, so that it outlives the process. */
static int attach_xdp(int program, uint32_t ifindex, enum attach_mode mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = mode == ATTACH_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	_cleanup_close_ int link = bpf_link_create(program, ifindex, BPF_XDP, &options);
	char pin[LINK_NAME_LEN];

	if (link < 0)
		return link;
	xdp_pin(ifindex, pin);
	return pins_put(link, "links", pin);
}

/* Turns off what hides frames from XDP in this mode, and back on what need no longer be. Says errors. */
static int set_offloads(const char *interface, uint32_t ifindex, enum attach_mode mode)
{
	uint32_t unwanted = OFFLOADS_VLAN | (mode == ATTACH_GENERIC ? OFFLOADS_MERGE : 0);
	struct change change;
	char names[OFFLOADS_LEN];
	uint32_t on, off, back;
	int err = offloads_get(interface, &on);

	if (!err)
		err = change_get(ifindex, interface, &change);
	if (err)
		return fail(err, "interface %s: its offloads cannot be read: %s", interface, strerror(-err));
	off = on & unwanted;
	back = change.offloads & ~unwanted;
	if (off) {
		/* Written down first: whoever finds this after a crash knows what to put back. */
		change.offloads |= off;
		err = change_put(ifindex, &change);
		if (!err)
			err = offloads_set(interface, off, false);
		if (err)
			return fail(err, "interface %s keeps %s, which hides frames from XDP: %s", interface,
				    format_offloads(off, names), strerror(-err));
		if (off & OFFLOADS_MERGE)
			warn("interface %s: turned off %s, as generic mode needs", interface,
			     format_offloads(off & OFFLOADS_MERGE, names));
	}
	if (back) {
		offloads_set(interface, back, true);
		change.offloads &= ~back;
		err = change_put(ifindex, &change);
		if (err)
			return fail(err, "interface %s: its offloads cannot be noted: %s", interface,
				    strerror(-err));
	}
	return 0;
}

/* Wanted or, when that is left to picket, native and else generic; says errors. */
static int attach_any(const struct entry_programs *entry, const char *interface, uint32_t ifindex,
		      enum attach_mode wanted, enum attach_mode *got)
{
	int err, native = 0;

	*got = wanted == ATTACH_GENERIC ? ATTACH_GENERIC : ATTACH_NATIVE;
	err = set_offloads(interface, ifindex, *got);
	if (err)
		return err;
	err = attach_xdp(entry->ingress, ifindex, *got);
	if (err && wanted == ATTACH_AUTO && err != -EBUSY && err != -EEXIST && err != -EPERM) {
		native = err;
		*got = ATTACH_GENERIC;
		err = set_offloads(interface, ifindex, *got);
		if (err)
			return err;
		err = attach_xdp(entry->ingress, ifindex, *got);
	}
	if (err)
		return fail(err, "nothing could be attached to interface %s in %s mode: %s%s", interface,
			    attach_mode_name(*got), strerror(-err),
			    wanted == ATTACH_NATIVE ? "; --mode generic may work" : "");
	if (native)
		warn("interface %s runs in generic mode, which is slower: native was refused (%s)",
		     interface, strerror(-native));
	return 0;
}

static int change_mode(const struct entry_programs *entry, const char *interface, uint32_t ifindex,
		       enum attach_mode has, enum attach_mode wanted, enum attach_mode *got)
{
	char pin[LINK_NAME_LEN];
	int err, again;

	warn("interface %s changes from %s to %s mode; until that is done nothing filters it", interface,
	     attach_mode_name(has), attach_mode_name(wanted));
	xdp_pin(ifindex, pin);
	err = link_remove(pin);
	if (err)
		return fail(err, "interface %s: its link could not be removed: %s", interface, strerror(-err));
	err = attach_any(entry, interface, ifindex, wanted, got);
	if (!err)
		return 0;
	again = set_offloads(interface, ifindex, has);
	if (!again)
		again = attach_xdp(entry->ingress, ifindex, has);
	if (again)
		warn("interface %s is not filtered: it cannot be attached again (%s)", interface,
		     strerror(-again));
	return err;
}

int attach_interface(const struct entry_programs *entry, const char *interface, uint32_t ifindex,
		     enum attach_mode wanted, enum attach_mode *got)
{
	enum attach_mode has = xdp_mode(ifindex);
	int err = 0;

	/* Egress first: replies to what the gateway sends from now on find their flow. */
	if (!egress_attached(ifindex, NULL))
		err = egress_attach(entry->egress, interface, ifindex);
	if (err)
		return fail(err, "nothing could be attached to what leaves interface %s: %s", interface,
			    strerror(-err));
	if (has == ATTACH_AUTO)
		return attach_any(entry, interface, ifindex, wanted, got);
	if (wanted != ATTACH_AUTO && wanted != has)
		return change_mode(entry, interface, ifindex, has, wanted, got);
	*got = has;
	return set_offloads(interface, ifindex, has);
}

int detach_interface(const struct attachment *attachment)
{
	const char *name = attachment->interface;
	uint32_t ifindex = attachment->ifindex;
	char pin[LINK_NAME_LEN], names[OFFLOADS_LEN];
	int err, egress;

	xdp_pin(ifindex, pin);
	err = link_remove(pin);
	egress = egress_detach(ifindex);
	if (!err)
		err = egress;
	if (err)
		warn("something stays on interface %s: %s", *name ? name : "(gone)", strerror(-err));
	if (*name && attachment->offloads && offloads_set(name, attachment->offloads, true))
		warn("interface %s: %s could not be turned on again; see ethtool -K", name,
		     format_offloads(attachment->offloads, names));
	if (!err)
		err = change_remove(ifindex);
	return err;
}

/* ---- finding what is there ---- */

static int add_attachment(struct attachment **list, size_t *n, uint32_t ifindex)
{
	struct attachment *more, *a;

	for (size_t i = 0; i < *n; i++) {
		if ((*list)[i].ifindex == ifindex)
			return 0;
	}
	more = realloc(*list, (*n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*list = more;
	a = &more[(*n)++];
	*a = (struct attachment){ .ifindex = ifindex, .mode = ATTACH_AUTO };
	if (!if_indextoname(ifindex, a->interface))
		return 0;
	a->mode = xdp_mode(ifindex);
	a->egress = egress_attached(ifindex, &a->clsact);
	return 0;
}

int attachments_get(struct attachment **out, size_t *n)
{
	_cleanup_free_ struct attachment *list = NULL;
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t nindexes = 0, found = 0;
	struct change change;
	int err = links_list(&ifindexes, &nindexes);

	if (!err)
		err = changes_list(&ifindexes, &nindexes);
	for (size_t i = 0; i < nindexes && !err; i++)
		err = add_attachment(&list, &found, ifindexes[i]);
	if (err)
		return err;
	for (size_t i = 0; i < found; i++) {
		if (!change_get(list[i].ifindex, list[i].interface, &change))
			list[i].offloads = change.offloads;
	}
	*out = list;
	*n = found;
	list = NULL;
	return 0;
}

const struct attachment *attachment_find(const struct attachment *list, size_t n, const char *interface)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(list[i].interface, interface))
			return &list[i];
	}
	return NULL;
}

bool attachment_works(const struct attachment *attachment)
{
	return attachment && attachment->mode != ATTACH_AUTO && attachment->egress;
}
