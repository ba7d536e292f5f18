// SPDX-License-Identifier: GPL-2.0-only
#include "bundle.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "bundle_format.h"
#include "cleanup.h"
#include "hugepages.h"
#include "table.h"

/* Bytes that grow; failed is kept until the end. */
struct bytes {
	char *data;
	size_t len, cap;
	bool failed;
};

static void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
}

/* Room for len zero bytes more, 8-byte aligned; returns its offset. */
static size_t bytes_reserve(struct bytes *bytes, size_t len, bool align)
{
	size_t at = align ? (bytes->len + 7) & ~7UL : bytes->len;

	if (bytes->failed)
		return 0;
	if (at + len > bytes->cap) {
		size_t cap = (at + len) * 2;
		char *data = realloc(bytes->data, cap);

		if (!data) {
			bytes->failed = true;
			return 0;
		}
		hugepages_prefer(data, cap);
		bytes->data = data;
		bytes->cap = cap;
	}
	memset(bytes->data + bytes->len, 0, at + len - bytes->len);
	bytes->len = at + len;
	return at;
}

static size_t bytes_add(struct bytes *bytes, const void *data, size_t len, bool align)
{
	size_t at = bytes_reserve(bytes, len, align);

	if (!bytes->failed && len)
		memcpy(bytes->data + at, data, len);
	return at;
}

/* ---- role lists: few differ, so that each is stored once ---- */

struct role_lists {
	const struct policy *policy;
	struct bytes *strings;
	struct table table;
	uint32_t *offsets; /* by device index: where its list is */
};

static bool same_roles(const void *owner, uint32_t index, const void *key)
{
	const struct role_lists *lists = owner;
	const struct device *a = &lists->policy->devices[index], *b = key;

	return a->nroles == b->nroles &&
	       (!a->nroles || !memcmp(a->roles, b->roles, a->nroles * sizeof(*a->roles)));
}

static uint32_t write_roles(struct role_lists *lists, const struct device *device)
{
	size_t at = bytes_reserve(lists->strings, 0, false);

	for (size_t i = 0; i < device->nroles; i++) {
		const char *name = lists->policy->roles[device->roles[i]].name;

		if (i)
			bytes_add(lists->strings, ", ", 2, false);
		bytes_add(lists->strings, name, strlen(name), false);
	}
	bytes_add(lists->strings, "", 1, false);
	return at;
}

static int roles_of(struct role_lists *lists, uint32_t index)
{
	const struct device *device = &lists->policy->devices[index];
	uint64_t hash = hash_bytes(device->roles, device->nroles * sizeof(*device->roles));
	uint32_t found;
	int err;

	if (!device->nroles)
		return 0;
	err = table_add(&lists->table, hash, device, index, &found);
	if (err)
		return err;
	lists->offsets[index] = found != UINT32_MAX ? lists->offsets[found] :
						      write_roles(lists, device);
	return 0;
}

static void role_lists_free(struct role_lists *lists)
{
	table_free(&lists->table);
	free(lists->offsets);
}

/* ---- building ---- */

static size_t add_string(struct bytes *strings, const char *text)
{
	return bytes_add(strings, text, strlen(text) + 1, false);
}

static int add_devices(const struct policy *policy, const struct rows *rows, struct bytes *out,
		       size_t at, struct bytes *strings)
{
	struct role_lists lists __attribute__((cleanup(role_lists_free))) = {
		.policy = policy, .strings = strings,
	};

	lists.table = (struct table){ .same = same_roles, .owner = &lists };
	lists.offsets = calloc(policy->ndevices + 1, sizeof(*lists.offsets));
	if (!lists.offsets || out->failed)
		return -ENOMEM;
	for (size_t i = 0; i < policy->ndevices; i++) {
		struct bundle_entry *entry = (struct bundle_entry *)(out->data + at) + rows->row[i];
		int err = roles_of(&lists, i);

		if (err)
			return err;
		entry->name = add_string(strings, policy->devices[i].name);
		entry->roles = lists.offsets[i];
		entry->index = i;
	}
	return 0;
}

static void add_segments(const struct policy *policy, const struct rows *rows, struct bytes *out,
			 size_t at, struct bytes *strings)
{
	for (size_t i = 0; i < policy->nsegments && !out->failed; i++) {
		struct bundle_entry *entry = (struct bundle_entry *)(out->data + at) + rows->row[i];

		entry->name = add_string(strings, policy->segments[i].name);
		entry->index = i;
	}
}

static void add_ports(const struct policy *policy, const uint32_t *ifindexes, struct bytes *out, size_t at,
		      struct bytes *strings)
{
	for (size_t i = 0; i < policy->nports && !out->failed; i++) {
		struct bundle_port *port = (struct bundle_port *)(out->data + at) + i;

		port->interface = add_string(strings, policy->ports[i].interface);
		port->vlan = policy->ports[i].vlan;
		port->ifindex = ifindexes[i];
	}
}

/* All but the packed sources, which come last. */
static int build(const struct policy *policy, const struct rows *devices, const struct rows *segments,
		 const struct bundle_facts *facts, struct bundle_header *header, struct bytes *out)
{
	struct bytes strings __attribute__((cleanup(bytes_free))) = {};
	const struct packed *sources = facts->sources;
	int err;

	bytes_reserve(out, sizeof(*header), true);
	header->devices = bytes_reserve(out, devices->end * sizeof(struct bundle_entry), true);
	header->segments = bytes_reserve(out, segments->end * sizeof(struct bundle_entry), true);
	header->ports = bytes_reserve(out, policy->nports * sizeof(struct bundle_port), true);
	add_string(&strings, "");
	header->name = add_string(&strings, policy->name);
	err = add_devices(policy, devices, out, header->devices, &strings);
	if (err)
		return err;
	add_segments(policy, segments, out, header->segments, &strings);
	add_ports(policy, facts->ifindexes, out, header->ports, &strings);
	header->strings = bytes_add(out, strings.data, strings.len, true);
	header->sources = bytes_reserve(out, 0, true);
	if (strings.failed || out->failed)
		return -ENOMEM;
	header->nfiles = policy->nfiles;
	header->sources_packed = sources->len;
	header->sources_size = sources->unpacked;
	header->size = out->len + sources->len;
	memcpy(out->data, header, sizeof(*header));
	return 0;
}

/* One array element is as large as it may be mapped: pages of one element make a long file. */
static int write_map(const struct bytes *bytes, const struct packed *sources, int *out)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	size_t len = bytes->len + sources->len;
	uint32_t pages = (len + BUNDLE_PAGE - 1) / BUNDLE_PAGE;
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "bundle", sizeof(uint32_t),
						BUNDLE_PAGE, pages, &options);
	char *to;

	if (fd < 0)
		return fd;
	to = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (to == MAP_FAILED)
		return -errno;
	memcpy(to, bytes->data, bytes->len);
	memcpy(to + bytes->len, sources->data, sources->len);
	munmap(to, len);
	*out = take_fd(&fd);
	return 0;
}

int bundle_new(const struct policy *policy, const struct rows *devices, const struct rows *segments,
	       const struct bundle_facts *facts, int *fd)
{
	struct bytes out __attribute__((cleanup(bytes_free))) = {};
	struct bundle_header header = {
		.magic = BUNDLE_MAGIC,
		.layout = PICKET_LAYOUT,
		.generation = facts->generation,
		.uid = facts->uid,
		.applied = facts->applied,
		.ndevices = devices->n,
		.nsegments = segments->n,
		.nports = policy->nports,
		.device_end = devices->end,
		.segment_end = segments->end,
		.device_next = devices->next,
		.segment_next = segments->next,
		.host = facts->host,
		.config = *facts->config,
	};
	int err;

	snprintf(header.hash, sizeof(header.hash), "%s", facts->sources->hash);
	snprintf(header.attach_mode, sizeof(header.attach_mode), "%s", facts->attach_mode);
	err = build(policy, devices, segments, facts, &header, &out);
	return err ? err : write_map(&out, facts->sources, fd);
}
