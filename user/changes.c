// SPDX-License-Identifier: GPL-2.0-only
#include "changes.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "pins.h"

#define CHANGES_MAX 4096 /* interfaces */

int changes_make(void)
{
	_cleanup_close_ int fd = pins_get("changes", NULL);

	if (fd >= 0)
		return 0;
	if (fd != -ENOENT)
		return fd;
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "changes", sizeof(uint32_t), sizeof(struct change),
			    CHANGES_MAX, NULL);
	return fd < 0 ? fd : pins_put(fd, "changes", NULL);
}

/* A file descriptor, or -errno: -ENOENT when there is none that this version can read. */
static int changes_open(void)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int fd = pins_get("changes", NULL);

	if (fd < 0)
		return fd;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.key_size == sizeof(uint32_t) &&
	    info.value_size == sizeof(struct change))
		return fd;
	close(fd);
	return -ENOENT;
}

int change_get(uint32_t ifindex, const char *interface, struct change *out)
{
	_cleanup_close_ int fd = changes_open();

	*out = (struct change){};
	snprintf(out->interface, sizeof(out->interface), "%s", interface);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return bpf_map_lookup_elem(fd, &ifindex, out) && errno != ENOENT ? -errno : 0;
}

int change_put(uint32_t ifindex, const struct change *change)
{
	_cleanup_close_ int fd = -1;

	if (!change->offloads && !change->egress)
		return change_remove(ifindex);
	fd = changes_open();
	if (fd < 0)
		return fd;
	return bpf_map_update_elem(fd, &ifindex, change, BPF_ANY) ? -errno : 0;
}

int change_remove(uint32_t ifindex)
{
	_cleanup_close_ int fd = changes_open();

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return bpf_map_delete_elem(fd, &ifindex) && errno != ENOENT ? -errno : 0;
}

static int append(uint32_t **list, size_t *n, uint32_t ifindex)
{
	uint32_t *more = realloc(*list, (*n + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[(*n)++] = ifindex;
	*list = more;
	return 0;
}

int changes_list(uint32_t **list, size_t *n)
{
	_cleanup_close_ int fd = changes_open();
	uint32_t key, *before = NULL;
	int err = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	while (!err && !bpf_map_get_next_key(fd, before, &key)) {
		before = &key;
		err = append(list, n, key);
	}
	return err;
}

int links_list(uint32_t **list, size_t *n)
{
	char path[PATH_MAX];
	struct dirent *entry;
	uint32_t ifindex;
	int err = pins_path(path, "links", NULL);
	DIR *dir;

	if (err)
		return err;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "xdp_%u", &ifindex) == 1 ||
		    sscanf(entry->d_name, "tcx_%u", &ifindex) == 1)
			err = append(list, n, ifindex);
	}
	closedir(dir);
	return err;
}

void link_name(const char *kind, uint32_t ifindex, char out[LINK_NAME_LEN])
{
	snprintf(out, LINK_NAME_LEN, "%s_%u", kind, ifindex);
}

bool link_alive(const char *name, uint32_t ifindex, uint32_t *program)
{
	_cleanup_close_ int fd = pins_get("links", name);
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return false;
	/* tcx's ifindex is in the same place; this libbpf has no name for it. */
	if (info.xdp.ifindex != ifindex)
		return false;
	*program = info.prog_id;
	return true;
}

/* A link that only loses its pin lets go of its interface some time later. */
int link_remove(const char *name)
{
	_cleanup_close_ int fd = pins_get("links", name);

	/* One whose interface is gone refuses, and has nothing to let go of. */
	if (fd >= 0)
		bpf_link_detach(fd);
	return pins_remove("links", name);
}
