// SPDX-License-Identifier: GPL-2.0-only
/* The maps with an entry a device, for a million of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "mapimage_work.h"

#define RADIX_BITS 16
#define RADIX (1 << RADIX_BITS)
#define PAGE_WORTH 4 /* addresses of one /24 that are worth a page */

/* ---- idents ---- */

static uint16_t ident_flags(const struct device *device, const struct device_class *class)
{
	uint16_t flags = IDENT_PRESENT;

	for (size_t i = 0; i < device->naddrs; i++)
		flags |= addr_is_ipv4(&device->addrs[i]) ? IDENT_IPV4 : IDENT_IPV6;
	flags |= device->has_mac ? IDENT_MAC : 0;
	flags |= device->router ? IDENT_ROUTER : 0;
	flags |= device->dhcp_server ? IDENT_DHCP_SERVER : 0;
	if (device->valid_from != TIME_ALWAYS_FROM || device->valid_until != TIME_NEVER_UNTIL)
		flags |= IDENT_VALIDITY;
	flags |= class->nsteps ? IDENT_SCHEDULE : 0;
	return flags;
}

int mapimage_idents(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_idents];
	const struct ruleset *ruleset = input->ruleset;
	struct ident *idents;

	if (map_reserve(map, input->devices->end))
		return -ENOMEM;
	map->n = input->devices->end;
	idents = map->values;
	for (size_t i = 0; i < input->policy->ndevices; i++) {
		const struct device *device = &input->policy->devices[i];
		const struct device_class *class = &ruleset->classes[ruleset->device_class[i]];
		struct ident *ident = &idents[input->devices->row[i]];

		if (device->has_mac)
			memcpy(ident->mac, device->mac, sizeof(ident->mac));
		ident->flags = ident_flags(device, class);
		ident->segment = input->segments->row[device->segment];
		ident->name = ruleset->device_name[i];
		ident->grants = class->grants;
		ident->first_step = class->first_step;
		ident->nsteps = class->nsteps;
		ident->valid_from = device->valid_from;
		ident->valid_until = device->valid_until;
	}
	return 0;
}

/* ---- macs ---- */

static size_t count_macs(const struct policy *policy)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->ndevices; i++)
		if (policy->devices[i].has_mac)
			n += policy->segments[policy->devices[i].segment].nports;
	return n;
}

int mapimage_macs(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_macs];
	const struct policy *policy = input->policy;

	if (map_reserve(map, count_macs(policy)))
		return -ENOMEM;
	for (size_t i = 0; i < policy->ndevices; i++) {
		const struct device *device = &policy->devices[i];
		const struct segment *segment = &policy->segments[device->segment];
		struct mac_key key = {};

		if (!device->has_mac)
			continue;
		memcpy(key.mac, device->mac, sizeof(key.mac));
		for (size_t j = 0; j < segment->nports; j++) {
			if (!input->ifindexes[segment->ports[j]])
				continue;
			key.port = segment->ports[j] + 1;
			*(__u32 *)map_entry(map, &key) = input->devices->row[i];
		}
	}
	return 0;
}

/* ---- addresses ---- */

/* An IPv4 address of a device, in host order. */
struct located {
	uint32_t addr, row;
};

static bool in_order(const struct located *all, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (all[i - 1].addr > all[i].addr)
			return false;
	return true;
}

/* Sorts by 16 bits of the address. */
static void radix_pass(const struct located *from, struct located *to, size_t n, int shift,
		       size_t *starts)
{
	memset(starts, 0, (RADIX + 1) * sizeof(*starts));
	for (size_t i = 0; i < n; i++)
		starts[(from[i].addr >> shift) % RADIX + 1]++;
	for (size_t i = 1; i < RADIX; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; i < n; i++)
		to[starts[(from[i].addr >> shift) % RADIX]++] = from[i];
}

/* By address; a million in a few milliseconds. */
static int sort_located(struct located *all, size_t n)
{
	_cleanup_free_ struct located *half = NULL;
	_cleanup_free_ size_t *starts = NULL;

	if (in_order(all, n))
		return 0;
	half = malloc(n * sizeof(*half));
	starts = malloc((RADIX + 1) * sizeof(*starts));
	if (!half || !starts)
		return -ENOMEM;
	radix_pass(all, half, n, 0, starts);
	radix_pass(half, all, n, RADIX_BITS, starts);
	return 0;
}

/* The end of the /24 that begins with all[at]. */
static size_t block_end(const struct located *all, size_t n, size_t at)
{
	size_t end = at + 1;

	while (end < n && all[end].addr >> 8 == all[at].addr >> 8)
		end++;
	return end;
}

/* Page 0, and for each /16 and each /24 that is worth it a page. */
static size_t count_pages(const struct located *all, size_t n)
{
	uint32_t last = UINT32_MAX;
	size_t pages = 1, end;

	for (size_t i = 0; i < n; i = end) {
		end = block_end(all, n, i);
		if (end - i < PAGE_WORTH)
			continue;
		pages += 1 + (all[i].addr >> 16 != last);
		last = all[i].addr >> 16;
	}
	return pages;
}

static void fill_pages(const struct located *all, size_t n, __u32 *roots, __u32 *pages,
		       struct map_image *addrs)
{
	uint32_t npages = 1;
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		uint32_t *root = &roots[all[i].addr >> 16], *page = NULL;

		end = block_end(all, n, i);
		if (end - i >= PAGE_WORTH) {
			if (!*root)
				*root = npages++;
			pages[*root * PICKET_PAGE + (all[i].addr >> 8) % PICKET_PAGE] = npages;
			page = &pages[npages++ * PICKET_PAGE];
		}
		for (size_t j = i; j < end; j++) {
			struct picket_addr addr = {
				.w = { 0, 0, htonl(0xffff), htonl(all[j].addr) },
			};

			if (page)
				page[all[j].addr % PICKET_PAGE] = all[j].row;
			else
				*(__u32 *)map_entry(addrs, &addr) = all[j].row;
		}
	}
}

static void count_addrs(const struct policy *policy, size_t *ipv4, size_t *ipv6)
{
	*ipv4 = *ipv6 = 0;
	for (size_t i = 0; i < policy->ndevices; i++)
		for (size_t j = 0; j < policy->devices[i].naddrs; j++)
			++*(addr_is_ipv4(&policy->devices[i].addrs[j]) ? ipv4 : ipv6);
}

/* A block's first address makes the guess. */
static void guess(__u32 *guesses, const struct picket_addr *addr, uint32_t row)
{
	uint32_t low = ntohl(addr->w[3]);
	__u32 *block = &guesses[PICKET_GUESS_BLOCK(addr->w[0], addr->w[1], addr->w[2], low >> 16)];

	if (!*block)
		*block = row - (low & 0xffff);
}

/* IPv4 addresses go into all, others into the hash. */
static void gather_addrs(const struct mapimage_input *input, struct located *all,
			 struct map_image *addrs, __u32 *guesses)
{
	size_t n = 0;

	for (size_t i = 0; i < input->policy->ndevices; i++) {
		const struct device *device = &input->policy->devices[i];
		uint32_t row = input->devices->row[i];

		for (size_t j = 0; j < device->naddrs; j++) {
			const struct picket_addr *addr = &device->addrs[j];

			guess(guesses, addr, row);
			if (!addr_is_ipv4(addr))
				*(__u32 *)map_entry(addrs, addr) = row;
			else
				all[n++] = (struct located){ ntohl(addr->w[3]), row };
		}
	}
}

int mapimage_addrs(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *roots = &image->maps[MAPIMAGE_roots];
	struct map_image *pages = &image->maps[MAPIMAGE_pages];
	struct map_image *addrs = &image->maps[MAPIMAGE_addrs];
	struct map_image *guesses = &image->maps[MAPIMAGE_guesses];
	_cleanup_free_ struct located *all = NULL;
	size_t ipv4, ipv6, npages;

	count_addrs(input->policy, &ipv4, &ipv6);
	all = malloc((ipv4 + 1) * sizeof(*all));
	/* Room for all: what goes into pages never touches its part. */
	if (!all || map_reserve(addrs, ipv4 + ipv6) || map_reserve(guesses, PICKET_GUESSES))
		return -ENOMEM;
	guesses->n = PICKET_GUESSES;
	gather_addrs(input, all, addrs, guesses->values);
	if (sort_located(all, ipv4))
		return -ENOMEM;
	npages = count_pages(all, ipv4);
	if (map_reserve(roots, PICKET_ROOTS) || map_reserve(pages, npages * PICKET_PAGE))
		return -ENOMEM;
	roots->n = PICKET_ROOTS;
	pages->n = npages * PICKET_PAGE;
	fill_pages(all, ipv4, roots->values, pages->values, addrs);
	return 0;
}
