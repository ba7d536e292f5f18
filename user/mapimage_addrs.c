// SPDX-License-Identifier: GPL-2.0-only
/* "roots", "pages", "places", "addrs" and "guesses": where an address is, for a million of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "mapimage_pages.h"
#include "mapimage_work.h"

#define RADIX_BITS 16
#define RADIX (1 << RADIX_BITS)
#define PAGE_WORTH 4 /* addresses of one /24 that are worth a page */
#define IPV4_BITS 96 /* before an IPv4 prefix's own */

/* ---- devices' addresses in order ---- */

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

/* ---- places ---- */

/* What is said of a prefix. */
struct area {
	uint32_t addr; /* host order */
	uint8_t len;
	struct place_info place;
};

static int shorter_first(const void *a, const void *b)
{
	return ((const struct area *)a)->len - ((const struct area *)b)->len;
}

/* The one port that a segment is attached to, untagged; 0: there are more, or others. */
static uint32_t only_port(const struct mapimage_input *input, const struct segment *segment)
{
	if (segment->nports != 1 || input->policy->ports[segment->ports[0]].vlan ||
	    !input->ifindexes[segment->ports[0]])
		return 0;
	return segment->ports[0] + 1;
}

static size_t gather_subnets(const struct mapimage_input *input, struct area *areas)
{
	size_t n = 0;

	for (size_t i = 0; i < input->policy->nsegments; i++) {
		const struct segment *segment = &input->policy->segments[i];

		for (size_t j = 0; j < segment->nsubnets; j++) {
			const struct prefix *prefix = &segment->subnets[j].prefix;

			if (!addr_is_ipv4(&prefix->addr) || prefix->len < IPV4_BITS)
				continue;
			areas[n++] = (struct area){
				.addr = ntohl(prefix->addr.w[3]), .len = prefix->len - IPV4_BITS,
				.place = { .segment = input->segments->row[i],
					   .flags = prefix->len == IPV4_BITS ? PREFIX_DEFAULT : 0,
					   .port = only_port(input, segment) },
			};
		}
	}
	return n;
}

static size_t gather_broadcasts(const struct mapimage_input *input, struct area *areas)
{
	size_t n = 0;

	for (size_t i = 0; i < input->ruleset->nprefixes; i++) {
		const struct ruleset_prefix *prefix = &input->ruleset->prefixes[i];

		if (!(prefix->flags & PREFIX_BROADCAST))
			continue;
		areas[n++] = (struct area){
			.addr = ntohl(prefix->prefix.addr.w[3]), .len = 32,
			.place = { .segment = segment_row(input, prefix->segment), .flags = prefix->flags,
				   .broadcast_segment = segment_row(input, prefix->broadcast_segment) },
		};
	}
	return n;
}

static size_t count_areas(const struct mapimage_input *input)
{
	size_t n = input->ruleset->nprefixes;

	for (size_t i = 0; i < input->policy->nsegments; i++)
		n += input->policy->segments[i].nsubnets;
	return n;
}

/* The number of a place, which is added when it is a new one. "places" has room. */
static uint32_t place_number(struct map_image *places, const struct place_info *place)
{
	struct place_info *all = places->values;

	for (uint32_t i = 1; i < places->n; i++) {
		if (!memcmp(&all[i], place, sizeof(*place)))
			return i;
	}
	all[places->n] = *place;
	return places->n++;
}

/* An address of this host is what it was before, and the gateway's. */
static int paint_gateway(const struct picket_addr *addr, struct pages *pages, struct map_image *places)
{
	uint32_t ip = ntohl(addr->w[3]), entry = pages_entry(pages, ip);
	struct place_info place = {};

	if (!addr_is_ipv4(addr))
		return 0;
	if (entry & PICKET_ENTRY_PLACE)
		place = ((struct place_info *)places->values)[entry & PICKET_ENTRY_NUMBER];
	place.flags |= PREFIX_GATEWAY;
	return pages_paint(pages, ip, 32, PICKET_ENTRY_PLACE | place_number(places, &place));
}

static int paint_places(const struct mapimage_input *input, struct pages *pages, struct map_image *places)
{
	size_t room = count_areas(input), n, listed = input->policy->ngateway;
	_cleanup_free_ struct area *areas = calloc(room + 1, sizeof(*areas));
	int err = 0;

	if (!areas || map_reserve(places, 1 + room + listed + input->ngateway))
		return -ENOMEM;
	places->n = 1;
	n = gather_subnets(input, areas);
	n += gather_broadcasts(input, areas + n);
	qsort(areas, n, sizeof(*areas), shorter_first);
	for (size_t i = 0; i < n && !err; i++)
		err = pages_paint(pages, areas[i].addr, areas[i].len,
				  PICKET_ENTRY_PLACE | place_number(places, &areas[i].place));
	for (size_t i = 0; i < listed + input->ngateway && !err; i++)
		err = paint_gateway(i < listed ? &input->policy->gateway[i] : &input->gateway[i - listed],
				    pages, places);
	return err;
}

/* ---- devices ---- */

/* Whole /24s at a time; what is not worth a page goes into the hash. */
static int paint_devices(const struct located *all, size_t n, struct pages *pages, struct map_image *addrs)
{
	int err = 0;
	size_t end;

	for (size_t i = 0; i < n && !err; i = end) {
		end = block_end(all, n, i);
		if (end - i >= PAGE_WORTH || pages_deep(pages, all[i].addr)) {
			for (size_t j = i; j < end && !err; j++)
				err = pages_paint(pages, all[j].addr, 32, all[j].row);
			continue;
		}
		for (size_t j = i; j < end; j++) {
			struct picket_addr addr = { .w = { 0, 0, htonl(0xffff), htonl(all[j].addr) } };

			*(__u32 *)map_entry(addrs, &addr) = all[j].row;
		}
	}
	return err;
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

static int build_pages(const struct mapimage_input *input, const struct located *all, size_t n,
		       struct mapimage *image)
{
	struct map_image *map = &image->maps[MAPIMAGE_pages], *addrs = &image->maps[MAPIMAGE_addrs];
	struct pages pages = { .roots = image->maps[MAPIMAGE_roots].values };
	size_t before = addrs->n;
	int err = pages_init(&pages);

	if (!err)
		err = paint_places(input, &pages, &image->maps[MAPIMAGE_places]);
	if (!err)
		err = paint_devices(all, n, &pages, addrs);
	image->sparse = addrs->n > before;
	map->values = pages.entries;
	map->n = pages.n * PICKET_PAGE;
	return err;
}

int mapimage_addrs(const struct mapimage_input *input, struct mapimage *image)
{
	struct map_image *roots = &image->maps[MAPIMAGE_roots];
	struct map_image *addrs = &image->maps[MAPIMAGE_addrs];
	struct map_image *guesses = &image->maps[MAPIMAGE_guesses];
	_cleanup_free_ struct located *all = NULL;
	size_t ipv4, ipv6;

	count_addrs(input->policy, &ipv4, &ipv6);
	all = malloc((ipv4 + 1) * sizeof(*all));
	/* Room for all: what goes into pages never touches its part. */
	if (!all || map_reserve(addrs, ipv4 + ipv6) || map_reserve(guesses, PICKET_GUESSES) ||
	    map_reserve(roots, PICKET_ROOTS))
		return -ENOMEM;
	guesses->n = PICKET_GUESSES;
	roots->n = PICKET_ROOTS;
	gather_addrs(input, all, addrs, guesses->values);
	if (sort_located(all, ipv4))
		return -ENOMEM;
	return build_pages(input, all, ipv4, image);
}
