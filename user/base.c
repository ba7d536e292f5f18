// SPDX-License-Identifier: GPL-2.0-only
#include "base.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changes.h"
#include "cleanup.h"
#include "entry.skel.h"
#include "output.h"
#include "pins.h"

#define MAPS_OF_ENTRY 8 /* more than an entry program uses */

/* What is pinned once, where it is open, and the kind of link whose program leads to it when its pin is lost. */
static const struct {
	const char *name, *link;
	bool program;
	size_t fd; /* in struct base */
} parts[] = {
	{ "meta", "", false, offsetof(struct base, meta_map) },
	{ "live", "xdp", false, offsetof(struct base, live_map) },
	{ "bystanders", "xdp", false, offsetof(struct base, bystanders) },
	{ "ingress_slots", "xdp", false, offsetof(struct base, ingress_slots) },
	{ "egress_slots", "tcx", false, offsetof(struct base, egress_slots) },
	{ "entry_ingress", "xdp", true, offsetof(struct base, entry.ingress) },
	{ "entry_egress", "tcx", true, offsetof(struct base, entry.egress) },
};

#define NPARTS (sizeof(parts) / sizeof(parts[0]))

static int make_dir(const char *name)
{
	char path[PATH_MAX];
	int err = pins_path(path, name, NULL);

	if (err)
		return err;
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int make_meta(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "meta", sizeof(__u32),
						sizeof(struct meta), 1, &options);
	struct meta meta = { .layout = PICKET_LAYOUT };
	__u32 zero = 0;

	if (fd < 0)
		return fd;
	if (getrandom(meta.secret, sizeof(meta.secret), 0) != sizeof(meta.secret))
		return -EIO;
	if (bpf_map_update_elem(fd, &zero, &meta, BPF_ANY))
		return -errno;
	return pins_put(fd, "meta", NULL);
}

/* -ENOEXEC: the kernel does not take the program, said on stderr. */
static int make_parts(void)
{
	struct entry *skeleton;
	int err;

	libbpf_set_print(NULL);
	skeleton = entry__open_and_load();
	if (!skeleton)
		return fail(-ENOEXEC, "the kernel refused the entry program: %s; picket needs Linux 6.1 or "
			    "newer, built with BPF and not locked down", strerror(errno));
	err = pins_put(bpf_map__fd(skeleton->maps.live), "live", NULL);
	if (!err)
		err = pins_put(bpf_map__fd(skeleton->maps.bystanders), "bystanders", NULL);
	if (!err)
		err = pins_put(bpf_map__fd(skeleton->maps.ingress_slots), "ingress_slots", NULL);
	if (!err)
		err = pins_put(bpf_map__fd(skeleton->maps.egress_slots), "egress_slots", NULL);
	if (!err)
		err = pins_put(bpf_program__fd(skeleton->progs.entry_ingress), "entry_ingress", NULL);
	if (!err)
		err = pins_put(bpf_program__fd(skeleton->progs.entry_egress), "entry_egress", NULL);
	entry__destroy(skeleton);
	return err;
}

/* The program of some pinned link of this kind: a file descriptor, or -ENOENT. */
static int linked_program(const char *kind)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t n = 0;
	int err = links_list(&ifindexes, &n);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		_cleanup_close_ int link = -1;
		struct bpf_link_info info = {};
		__u32 len = sizeof(info);
		char name[LINK_NAME_LEN];
		int fd;

		link_name(kind, ifindexes[i], name);
		link = pins_get("links", name);
		if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &len))
			continue;
		fd = bpf_prog_get_fd_by_id(info.prog_id);
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

/* A map that a program uses, by name: a file descriptor, or -ENOENT. */
static int map_of_program(int program, const char *name)
{
	__u32 ids[MAPS_OF_ENTRY];
	struct bpf_prog_info info = { .nr_map_ids = MAPS_OF_ENTRY, .map_ids = (uintptr_t)ids };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &len))
		return -errno;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAPS_OF_ENTRY; i++) {
		struct bpf_map_info map = {};
		int fd = bpf_map_get_fd_by_id(ids[i]);

		len = sizeof(map);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &map, &len) && !strcmp(map.name, name))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

/* The program that has this kind of link: by its pin or, when that is lost too, by what is attached. */
static int find_program(const char *link)
{
	for (size_t i = 0; i < NPARTS; i++) {
		int fd = parts[i].program && !strcmp(parts[i].link, link) ? pins_get(parts[i].name, NULL) : -ENOENT;

		if (fd >= 0)
			return fd;
	}
	return linked_program(link);
}

/* A lost pin: the program that uses the object still holds it. */
static int recover_part(const char *name, const char *link, bool program)
{
	_cleanup_close_ int holder = find_program(link), fd = -1;

	if (holder < 0)
		return holder;
	if (program)
		return pins_put(holder, name, NULL);
	fd = map_of_program(holder, name);
	return fd < 0 ? fd : pins_put(fd, name, NULL);
}

static int recover_parts(void)
{
	int err = 0;

	for (size_t i = 0; i < NPARTS && !err; i++) {
		_cleanup_close_ int fd = pins_get(parts[i].name, NULL);

		if (fd != -ENOENT)
			continue;
		err = recover_part(parts[i].name, parts[i].link, parts[i].program);
		if (!err)
			warn("the pin %s/%s was lost, and was found again", pins_dir(), parts[i].name);
	}
	return err;
}

bool base_complete(void)
{
	for (size_t i = 0; i < NPARTS; i++) {
		if (!pins_has(parts[i].name, NULL))
			return false;
	}
	return true;
}

bool base_in_use(void)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t n = 0;

	return links_list(&ifindexes, &n) || changes_list(&ifindexes, &n) || n;
}

/* Makes what is not there; of several interrupted attempts the last one counts. */
static int make_all(uint32_t layout)
{
	int err = 0;

	if (!layout && base_in_use())
		return -EUCLEAN;
	if (!layout)
		err = make_meta();
	if (!err)
		err = make_dir("links");
	if (!err)
		err = attach_prepare();
	if (err || base_complete())
		return err;
	return base_in_use() ? recover_parts() : make_parts();
}

static int *part_fd(struct base *base, size_t part)
{
	return (int *)((char *)base + parts[part].fd);
}

static int open_parts(struct base *base)
{
	__u32 zero = 0;
	void *word;

	for (size_t i = 0; i < NPARTS; i++) {
		int fd = pins_get(parts[i].name, NULL);

		if (fd < 0)
			return fd == -ENOENT ? -EUCLEAN : fd;
		*part_fd(base, i) = fd;
	}
	if (bpf_map_lookup_elem(base->meta_map, &zero, &base->meta))
		return -errno;
	word = mmap(NULL, sizeof(*base->live), PROT_READ | PROT_WRITE, MAP_SHARED, base->live_map, 0);
	if (word == MAP_FAILED)
		return -errno;
	base->live = word;
	return 0;
}

int base_open(struct base *out)
{
	struct base base = BASE_CLOSED;
	int err = open_parts(&base);

	if (err)
		base_close(&base);
	else
		*out = base;
	return err;
}

int base_put_back(struct base *base)
{
	int err = 0;

	for (size_t i = 0; i < NPARTS && !err; i++)
		err = pins_put_back(*part_fd(base, i), parts[i].name, NULL);
	return err;
}

int base_make(struct base *out)
{
	struct base base = BASE_CLOSED;
	uint32_t layout = 0;
	int err = pins_layout(&layout);
	bool fresh;

	if (!err && layout != PICKET_LAYOUT)
		return fail(-EPROTO, "the state in %s was written by another version of picket (layout "
			    "%u, not %u): run 'picket unload' first, which leaves the ports open until "
			    "you apply again", pins_dir(), layout, PICKET_LAYOUT);
	fresh = err == -ENOENT;
	if (!err || fresh)
		err = make_all(layout);
	if (!err)
		err = open_parts(&base);
	if (!err) {
		*out = base;
		return 0;
	}
	base_close(&base);
	if (err != -EUCLEAN && fresh)
		base_remove();
	rmdir(pins_dir()); /* that apply made for its lock; it is empty, or stays */
	if (err == -EUCLEAN || err == -ENOENT)
		return fail(err, "pins are missing in %s: run 'picket unload' first, which leaves the "
			    "ports open until you apply again", pins_dir());
	return err == -ENOEXEC ? err :
	       fail(err, "nothing can be pinned in %s: %s", pins_dir(), strerror(-err));
}

void base_close(struct base *base)
{
	for (size_t i = 0; i < NPARTS; i++)
		close_fd(part_fd(base, i));
	if (base->live)
		munmap((void *)base->live, sizeof(*base->live));
	base->live = NULL;
}

static int detach_all(void)
{
	_cleanup_free_ struct attachment *attachments = NULL;
	size_t n = 0;
	int err = attachments_get(&attachments, &n);

	for (size_t i = 0; i < n; i++) {
		int one = detach_interface(&attachments[i]);

		err = err ? err : one;
	}
	return err;
}

/* Links first: a port without a program is open, one whose program finds no policy is dead. */
int base_remove(void)
{
	static const char *const dirs[] = { "links", "slot0", "slot1", "slot2", NULL };
	int err = detach_all();

	/* What was changed is still written down: the next unload tries again. */
	if (err)
		return err;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && !err; i++)
		err = pins_remove_dir(dirs[i]);
	if (err)
		warn("%s could not be removed: %s", pins_dir(), strerror(-err));
	return err;
}
