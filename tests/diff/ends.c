// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "frames.h"
#include "policies.h"

static const char *const odd_pool[] = {
	"0.0.0.0", "0.1.2.3", "127.0.0.1", "240.0.0.1", "255.255.255.255", "224.0.0.1",
	"10.20.255.255", "10.20.1.255", "10.20.1.31", "10.1.0.255", "192.168.7.3", "192.168.7.0",
	"10.255.255.255", "8.8.8.8", "10.20.2.1", "10.20.9.9", "::", "::1", "::5",
	"::ffff:10.20.0.2", "::10.20.0.2", "ff02::1", "fe80::1", "fe80::2", "fe80::77",
	"fd00:20::77", "fd00:20:0:2::9", "2001:db8::99", "fec0::1",
};

static const char *const group_pool[] = {
	"224.0.0.1", "224.0.0.251", "239.1.2.3", "255.255.255.255", "10.20.255.255",
	"10.20.1.31", "192.168.7.3", "ff02::1", "ff02::2", "ff02::fb", "ff02::1:2", "ff0e::5",
	"ff02::1:ff00:2", "fe80::2",
};

static int version_of(const struct picket_addr *addr)
{
	return addr_is_ipv4(addr) ? 4 : 6;
}

/* IPv6 text of the pools may hold ::ffff:0:0/96, which in a frame is an IPv6 address. */
static struct picket_addr from_pool(struct traffic *t, const char *const *pool, size_t n, int version)
{
	const char *text;

	do
		text = pool[rng_below(t->r, n)];
	while ((strchr(text, ':') ? 6 : 4) != version);
	return frame_addr(text);
}

#define pool_address(t, pool, version) \
	from_pool(t, pool, sizeof(pool) / sizeof((pool)[0]), version)

static void random_mac(struct traffic *t, uint8_t mac[6])
{
	static const char *const macs[] = { "02:00:00:00:99:01", "02:00:00:00:99:02",
					    "02:00:00:00:99:03" };

	frame_mac(rng_chance(t->r, 95) ? rng_pick(t->r, macs) : "02:00:5e:10:00:01", mac);
}

struct picket_addr link_local(struct traffic *t)
{
	static const char *const pool[] = { "fe80::2", "fe80::3", "fe80::5eff:fe10:1", "febf::9" };

	return frame_addr(rng_chance(t->r, 95) ? rng_pick(t->r, pool) : "fe80::1");
}

static uint32_t segment_of(const struct policy *p, const struct picket_addr *addr)
{
	uint32_t found = INDEX_NONE;
	int longest = -1;

	for (size_t i = 0; i < p->nsegments; i++)
		for (size_t k = 0; k < p->segments[i].nsubnets; k++) {
			const struct prefix *prefix = &p->segments[i].subnets[k].prefix;

			if (version_of(&prefix->addr) == version_of(addr) && prefix->len > longest &&
			    prefix_holds(prefix, addr)) {
				longest = prefix->len;
				found = i;
			}
		}
	return found;
}

static uint32_t port_of_segment(struct traffic *t, uint32_t segment)
{
	const struct segment *s = &t->policy->segments[segment];

	return s->nports ? s->ports[rng_below(t->r, s->nports)] : INDEX_NONE;
}

static bool taken(const struct policy *p, const struct picket_addr *addr)
{
	for (size_t i = 0; i < p->ngateway; i++)
		if (!memcmp(&p->gateway[i], addr, sizeof(*addr)))
			return true;
	for (size_t i = 0; i < p->ndevices; i++)
		for (size_t k = 0; k < p->devices[i].naddrs; k++)
			if (!memcmp(&p->devices[i].addrs[k], addr, sizeof(*addr)))
				return true;
	return false;
}

/*
 * An address of the segment, nobody's as a rule: one of many, so that more are learned than a
 * device may hold. False when none came up.
 */
static bool in_segment(struct traffic *t, uint32_t segment, int version, struct picket_addr *out)
{
	bool anyones = rng_chance(t->r, 5);

	for (int tries = 0; tries < 60; tries++) {
		struct picket_addr addr = from_pool(t, address_pool, address_pool_size, version);

		if (rng_chance(t->r, 25))
			((uint8_t *)addr.w)[15] ^= 0x40 + rng_below(t->r, 24);
		if (segment_of(t->policy, &addr) != segment || (!anyones && taken(t->policy, &addr)))
			continue;
		*out = addr;
		return true;
	}
	return false;
}

static bool listed_address(struct traffic *t, const struct device *d, int version,
			   struct picket_addr *out)
{
	size_t start = d->naddrs ? rng_below(t->r, d->naddrs) : 0;

	for (size_t i = 0; i < d->naddrs; i++) {
		const struct picket_addr *addr = &d->addrs[(start + i) % d->naddrs];

		if (version_of(addr) == version) {
			*out = *addr;
			return true;
		}
	}
	return false;
}

bool end_device(struct traffic *t, int version, struct end *out)
{
	const struct policy *p = t->policy;
	const struct device *d;
	bool found;

	if (!p->ndevices)
		return false;
	d = &p->devices[rng_below(t->r, p->ndevices)];
	*out = (struct end){ .kind = END_DEVICE, .port = port_of_segment(t, d->segment) };
	if (d->has_mac)
		memcpy(out->mac, d->mac, 6);
	else
		random_mac(t, out->mac);
	found = !rng_chance(t->r, 4) && listed_address(t, d, version, &out->addr);
	if (!found && !(version == 6 && rng_chance(t->r, 20)))
		found = in_segment(t, d->segment, version, &out->addr);
	if (!found && version == 6 && d->has_mac) {
		out->addr = link_local(t);
		found = true;
	}
	return found;
}

bool end_host(struct traffic *t, int version, struct end *out)
{
	const struct policy *p = t->policy;
	uint32_t start = rng_below(t->r, p->nsegments);

	for (size_t i = 0; i < p->nsegments; i++) {
		uint32_t segment = (start + i) % p->nsegments;

		*out = (struct end){ .kind = END_HOST, .port = port_of_segment(t, segment) };
		if (!p->segments[segment].hosts || !in_segment(t, segment, version, &out->addr))
			continue;
		random_mac(t, out->mac);
		return true;
	}
	return false;
}

void end_gateway(struct traffic *t, int version, struct end *out)
{
	const struct policy *p = t->policy;

	*out = (struct end){ .kind = END_GATEWAY, .port = INDEX_NONE };
	frame_mac("02:00:00:00:00:fe", out->mac);
	out->addr = frame_addr(version == 4 ? "10.20.0.1" : "fd00:20::1");
	for (int tries = 0; p->ngateway && tries < 8; tries++) {
		const struct picket_addr *addr = &p->gateway[rng_below(t->r, p->ngateway)];

		if (version_of(addr) == version)
			out->addr = *addr;
	}
}

void end_group(struct traffic *t, int version, struct end *out)
{
	*out = (struct end){ .kind = END_GROUP, .port = INDEX_NONE,
			     .addr = pool_address(t, group_pool, version) };
	frame_mac(version == 4 ? "01:00:5e:00:00:01" : "33:33:00:00:00:01", out->mac);
	if (out->addr.w[3] == 0xffffffff || ((uint8_t *)out->addr.w)[15] == 255)
		frame_mac("ff:ff:ff:ff:ff:ff", out->mac);
}

struct picket_addr any_address(struct traffic *t, int version)
{
	struct end end;

	switch (rng_below(t->r, 6)) {
	case 0:
		return pool_address(t, odd_pool, version);
	case 1:
		end_gateway(t, version, &end);
		return end.addr;
	case 2:
		if (end_device(t, version, &end))
			return end.addr;
		/* fall through */
	case 3:
		if (version == 6 && rng_chance(t->r, 50))
			return link_local(t);
		/* fall through */
	default:
		return from_pool(t, address_pool, address_pool_size, version);
	}
}

void end_stray(struct traffic *t, int version, struct end *out)
{
	*out = (struct end){ .kind = END_STRAY, .addr = any_address(t, version) };
	random_mac(t, out->mac);
	out->port = rng_chance(t->r, 5) ? INDEX_NONE : rng_below(t->r, t->policy->nports);
}

void end_sender(struct traffic *t, int version, struct end *out)
{
	for (int tries = 0; tries < 4; tries++)
		if (rng_chance(t->r, 70) && end_device(t, version, out))
			return;
	if (rng_chance(t->r, 85) && end_host(t, version, out))
		return;
	end_stray(t, version, out);
}

void end_receiver(struct traffic *t, int version, struct end *out)
{
	uint32_t what = rng_below(t->r, 100);

	if (what < 22)
		end_gateway(t, version, out);
	else if (what < 32)
		end_group(t, version, out);
	else if (what < 68 && end_device(t, version, out))
		return;
	else if (what < 94 && end_host(t, version, out))
		return;
	else
		end_stray(t, version, out);
}
