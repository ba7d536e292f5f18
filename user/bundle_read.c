// SPDX-License-Identifier: GPL-2.0-only
#include "bundle.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bundle_format.h"
#include "cleanup.h"
#include "diag.h"

int bundle_map(int fd, struct bundle *out)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	const struct bundle_header *h;
	size_t size;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	size = (size_t)info.max_entries * info.value_size;
	if (info.type != BPF_MAP_TYPE_ARRAY || size < sizeof(*h))
		return -EPROTO;
	h = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (h == MAP_FAILED)
		return -errno;
	if (h->magic != BUNDLE_MAGIC || h->layout != PICKET_LAYOUT || h->size > size) {
		munmap((void *)h, size);
		return -EPROTO;
	}
	*out = (struct bundle){
		.header = h, .size = size,
		.name = (const char *)h + h->strings + h->name,
		.hash = h->hash, .attach_mode = h->attach_mode,
		.generation = h->generation, .applied = h->applied, .uid = h->uid,
		.ndevices = h->ndevices, .nsegments = h->nsegments,
		.device_end = h->device_end, .segment_end = h->segment_end,
		.device_next = h->device_next, .segment_next = h->segment_next,
		.nports = h->nports, .host = h->host, .config = &h->config,
	};
	return 0;
}

void bundle_unmap(struct bundle *bundle)
{
	if (bundle->header)
		munmap((void *)bundle->header, bundle->size);
	bundle->header = NULL;
}

static const void *at_offset(const struct bundle *bundle, uint64_t offset)
{
	return (const char *)bundle->header + offset;
}

static const char *string_at(const struct bundle *bundle, uint32_t offset)
{
	return (const char *)at_offset(bundle, bundle->header->strings) + offset;
}

/* NULL: the row is not in use. */
static const struct bundle_entry *entry_at(const struct bundle *bundle, uint64_t entries,
					   uint32_t end, uint32_t row)
{
	const struct bundle_entry *entry;

	if (row >= end)
		return NULL;
	entry = (const struct bundle_entry *)at_offset(bundle, entries) + row;
	return entry->name ? entry : NULL;
}

static const struct bundle_entry *device_at(const struct bundle *bundle, uint32_t row)
{
	return entry_at(bundle, bundle->header->devices, bundle->device_end, row);
}

static const struct bundle_entry *segment_at(const struct bundle *bundle, uint32_t row)
{
	return entry_at(bundle, bundle->header->segments, bundle->segment_end, row);
}

const char *bundle_device_name(const struct bundle *bundle, uint32_t row)
{
	const struct bundle_entry *entry = device_at(bundle, row);

	return entry ? string_at(bundle, entry->name) : NULL;
}

const char *bundle_device_roles(const struct bundle *bundle, uint32_t row)
{
	const struct bundle_entry *entry = device_at(bundle, row);

	return entry ? string_at(bundle, entry->roles) : "";
}

uint32_t bundle_device_index(const struct bundle *bundle, uint32_t row)
{
	const struct bundle_entry *entry = device_at(bundle, row);

	return entry ? entry->index : INDEX_NONE;
}

const char *bundle_segment_name(const struct bundle *bundle, uint32_t row)
{
	const struct bundle_entry *entry = segment_at(bundle, row);

	return entry ? string_at(bundle, entry->name) : NULL;
}

uint32_t bundle_segment_index(const struct bundle *bundle, uint32_t row)
{
	const struct bundle_entry *entry = segment_at(bundle, row);

	return entry ? entry->index : INDEX_NONE;
}

const char *bundle_port(const struct bundle *bundle, uint32_t index, uint16_t *vlan)
{
	const struct bundle_port *ports = at_offset(bundle, bundle->header->ports);

	*vlan = ports[index].vlan;
	return string_at(bundle, ports[index].interface);
}

uint32_t bundle_port_ifindex(const struct bundle *bundle, const char *interface)
{
	const struct bundle_port *ports = at_offset(bundle, bundle->header->ports);

	for (uint32_t i = 0; i < bundle->nports; i++) {
		if (!strcmp(string_at(bundle, ports[i].interface), interface))
			return ports[i].ifindex;
	}
	return 0;
}

struct packed bundle_sources(const struct bundle *bundle)
{
	const struct bundle_header *h = bundle->header;
	struct packed packed = {
		.data = (char *)at_offset(bundle, h->sources),
		.len = h->sources_packed, .unpacked = h->sources_size,
	};

	memcpy(packed.hash, h->hash, sizeof(packed.hash));
	return packed;
}

int bundle_policy(const struct bundle *bundle, struct policy **out)
{
	struct diag *diag __attribute__((cleanup(diag_cleanup))) = diag_new();
	struct packed sources = bundle_sources(bundle);

	return diag ? packed_policy(&sources, diag, out) : -ENOMEM;
}
