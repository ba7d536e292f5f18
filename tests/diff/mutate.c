// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes to a frame that came from a network: some lie about a header, some are what another sender might have
 * sent, some are noise. Lengths are kept right in half of what changes them.
 */
#include <string.h>

#include "captured.h"
#include "eval_packet.h"

#define NEAR 100 /* bytes, where headers are */

/* Where things are, as far as the first bytes tell; 0: not there. */
struct layout {
	size_t net, l4;
	int version;
	uint8_t protocol;
};

static struct layout layout_of(const struct frame *f)
{
	struct layout l = { .net = 14 };

	while (l.net + 4 <= f->len && f->bytes[l.net - 2] == 0x81 && !f->bytes[l.net - 1])
		l.net += 4;
	if (f->len < l.net + 20)
		return (struct layout){ .net = f->len < l.net ? 0 : l.net };
	l.version = f->bytes[l.net] >> 4;
	if (f->bytes[l.net - 2] == 0x08 && !f->bytes[l.net - 1] && l.version == 4) {
		l.protocol = f->bytes[l.net + 9];
		l.l4 = l.net + 4 * (f->bytes[l.net] & 15);
	} else if (f->bytes[l.net - 2] == 0x86 && f->len >= l.net + 40 && l.version == 6) {
		l.protocol = f->bytes[l.net + 6];
		l.l4 = l.net + 40;
	} else {
		l.version = 0;
	}
	return l;
}

static void put16(struct frame *f, size_t at, uint16_t value)
{
	if (at + 2 > f->len)
		return;
	f->bytes[at] = value >> 8;
	f->bytes[at + 1] = value;
}

static uint16_t get16(const struct frame *f, size_t at)
{
	return at + 2 <= f->len ? f->bytes[at] << 8 | f->bytes[at + 1] : 0;
}

/* The IP header's own length grows by so much. */
static void grow_length(struct frame *f, const struct layout *l, int by)
{
	size_t at = l->net + (l->version == 4 ? 2 : 4);

	put16(f, at, get16(f, at) + by);
}

/* False: no room. */
static bool insert(struct frame *f, size_t at, const void *bytes, size_t n)
{
	if (at > f->len || f->len + n > FRAME_MAX)
		return false;
	memmove(f->bytes + at + n, f->bytes + at, f->len - at);
	memcpy(f->bytes + at, bytes, n);
	f->len += n;
	return true;
}

/* ---- noise ---- */

static void flip_bits(struct rng *r, struct frame *f)
{
	for (int n = rng_range(r, 1, 3); n && f->len; n--)
		f->bytes[rng_below(r, f->len < NEAR || rng_chance(r, 10) ? f->len : NEAR)] ^= 1 << rng_below(r, 8);
}

static void set_byte(struct rng *r, struct frame *f)
{
	static const uint8_t values[] = { 0, 1, 2, 4, 5, 6, 8, 15, 17, 44, 58, 60, 64, 127, 128, 132, 255 };

	if (f->len)
		f->bytes[rng_below(r, f->len < NEAR ? f->len : NEAR)] = rng_chance(r, 80) ? rng_pick(r, values) :
									       (uint8_t)rng_below(r, 256);
}

static void cut(struct rng *r, struct frame *f)
{
	f->len = rng_below(r, (f->len < NEAR || rng_chance(r, 40) ? f->len : NEAR) + 1);
}

static void extend(struct rng *r, struct frame *f)
{
	size_t n = rng_range(r, 1, 60);

	if (f->len + n > FRAME_MAX)
		return;
	memset(f->bytes + f->len, rng_chance(r, 70) ? 0 : 0xff, n);
	f->len += n;
}

static void splice(struct rng *r, struct frame *f, const struct frame *other)
{
	struct layout mine = layout_of(f), its = layout_of(other);
	size_t at = rng_chance(r, 40) && f->len ? rng_below(r, f->len) : mine.l4 && mine.l4 < f->len ? mine.l4 : 14;
	size_t from = rng_chance(r, 30) ? at : its.l4 && its.l4 < other->len ? its.l4 : 14;
	size_t n = from < other->len ? other->len - from : 0;

	if (at > f->len)
		return;
	if (at + n > FRAME_MAX)
		n = FRAME_MAX - at;
	memcpy(f->bytes + at, other->bytes + from, n);
	f->len = at + n;
	if (mine.version && rng_chance(r, 70))
		put16(f, mine.net + (mine.version == 4 ? 2 : 4),
		      mine.version == 4 ? f->len - mine.net : f->len - mine.net - 40);
}

/* ---- links ---- */

static void add_tags(struct rng *r, const struct captured_facts *facts, struct frame *f)
{
	static const uint8_t tpids[][2] = { { 0x81, 0 }, { 0x81, 0 }, { 0x88, 0xa8 } };
	uint16_t vlan = rng_chance(r, 40) ? 0 : rng_chance(r, 50) ? 100 : rng_below(r, 4096);
	uint8_t tag[4];

	if (facts->nvlans && rng_chance(r, 60))
		vlan = facts->vlans[rng_below(r, facts->nvlans)];
	for (int n = rng_chance(r, 85) ? 1 : 2; n; n--) {
		memcpy(tag, rng_pick(r, tpids), 2);
		tag[2] = vlan >> 8 | rng_below(r, 8) << 5;
		tag[3] = vlan;
		insert(f, 12, tag, 4);
	}
}

static void change_mac(struct rng *r, const struct captured_facts *facts, struct frame *f)
{
	size_t at = rng_chance(r, 70) ? 6 : 0;

	if (f->len < 14)
		return;
	if (facts->nmacs && rng_chance(r, 75))
		memcpy(f->bytes + at, facts->macs[rng_below(r, facts->nmacs)], 6);
	else
		memset(f->bytes + at, rng_chance(r, 50) ? 0xff : 0, 6);
}

static void change_ethertype(struct rng *r, const struct captured_facts *facts, struct frame *f)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x0806, 0x888e, 0x88cc, 0x05dc, 0x0600, 0x8100, 0x88a8, 0x9100 };

	put16(f, 12, facts->nethertypes && rng_chance(r, 40) ? facts->ethertypes[rng_below(r, facts->nethertypes)] :
								 rng_pick(r, types));
}

/* ---- addresses ---- */

static void put_address(struct frame *f, size_t at, int version, const struct picket_addr *addr)
{
	if (at + (version == 4 ? 4 : 16) > f->len)
		return;
	if (version == 4)
		memcpy(f->bytes + at, &addr->w[3], 4);
	else
		memcpy(f->bytes + at, addr, sizeof(*addr));
}

static void change_address(struct rng *r, const struct captured_facts *facts, struct frame *f)
{
	static const char *const odd[] = {
		"0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.251", "240.0.0.1", "10.255.255.255", "::", "::1",
		"ff02::1", "fe80::1", "::ffff:10.0.0.1", "::10.0.0.1", "2001:db8::1",
	};
	struct layout l = layout_of(f);
	bool source = rng_chance(r, 50);
	struct picket_addr addr = frame_addr(rng_pick(r, odd));
	size_t at = l.net + (l.version == 6 ? source ? 8 : 24 : source ? 12 : 16);

	if (l.net && !l.version) { /* ARP */
		l.version = 4;
		at = l.net + (source ? 14 : 24);
	}
	for (int tries = 8; tries && facts->naddrs && rng_chance(r, 95); tries--) {
		addr = facts->addrs[rng_below(r, facts->naddrs)].addr;
		if (addr_is_ipv4(&addr) == (l.version == 4))
			break;
	}
	if (l.net && addr_is_ipv4(&addr) == (l.version == 4))
		put_address(f, at, l.version, &addr);
}

static void swap(struct frame *f, size_t a, size_t b, size_t n)
{
	uint8_t kept[16];

	if (a + n > f->len || b + n > f->len)
		return;
	memcpy(kept, f->bytes + a, n);
	memcpy(f->bytes + a, f->bytes + b, n);
	memcpy(f->bytes + b, kept, n);
}

bool turn_round(struct frame *f)
{
	struct layout l = layout_of(f);

	if (!l.version || f->len < l.l4 + 4)
		return false;
	swap(f, 0, 6, 6);
	if (l.version == 4)
		swap(f, l.net + 12, l.net + 16, 4);
	else
		swap(f, l.net + 8, l.net + 24, 16);
	if (l.protocol == PROTOCOL_TCP || l.protocol == PROTOCOL_UDP || l.protocol == PROTOCOL_SCTP)
		swap(f, l.l4, l.l4 + 2, 2);
	if (l.protocol == PROTOCOL_TCP && f->len > l.l4 + 13 && f->bytes[l.l4 + 13] & TCP_SYN)
		f->bytes[l.l4 + 13] ^= TCP_ACK;
	if (l.protocol == PROTOCOL_ICMP && (f->bytes[l.l4] & 0xf7) == 0)
		f->bytes[l.l4] ^= 8; /* echo request, echo reply */
	if (l.protocol == PROTOCOL_ICMPV6 && f->bytes[l.l4] >> 1 == 64)
		f->bytes[l.l4] ^= 1;
	return true;
}

/* ---- IP ---- */

/* Into an IPv4 header without options. */
static void add_options(struct rng *r, struct frame *f, const struct layout *l)
{
	static const uint8_t sets[][12] = {
		{ 148, 4, 0, 0 }, { 131, 7, 4, 10, 0, 0, 1, 0 }, { 137, 7, 4, 10, 0, 0, 1, 0 }, { 1, 1, 1, 1 },
		{ 7, 39, 4, 0 }, { 68, 12, 5 }, { 0, 131, 7, 4 }, { 1, 131, 3, 4 }, { 148, 0, 0, 0 }, { 148, 1, 0, 0 },
		{ 1, 1, 1, 131 },
	};
	size_t n = 4 * rng_range(r, 1, 3);
	const uint8_t *options = sets[rng_below(r, sizeof(sets) / sizeof(sets[0]))];

	if ((f->bytes[l->net] & 15) + n / 4 > 15 || !insert(f, l->net + 20, options, n) || rng_chance(r, 10))
		return;
	f->bytes[l->net] += n / 4;
	grow_length(f, l, n);
}

static void add_extension(struct rng *r, struct frame *f, const struct layout *l)
{
	static const uint8_t kinds[] = { 0, 43, 44, 60, 60, 51, 135 };
	uint8_t kind = rng_pick(r, kinds), header[16] = { f->bytes[l->net + 6] };
	size_t n = kind != 44 && rng_chance(r, 30) ? 16 : 8;

	header[1] = kind == 44 ? 0 : n / 8 - 1;
	if (kind == 43)
		header[3] = rng_below(r, 2);
	if (kind == 44 && rng_chance(r, 75)) { /* else it is atomic */
		header[2] = rng_chance(r, 60) ? 0 : rng_below(r, 4);
		header[3] = rng_chance(r, 60) ? 1 : rng_below(r, 8) << 3;
		header[7] = rng_below(r, 3);
	}
	if (rng_chance(r, 4))
		header[1] = rng_below(r, 256);
	if (!insert(f, l->net + 40, header, n))
		return;
	f->bytes[l->net + 6] = kind;
	if (rng_chance(r, 92))
		grow_length(f, l, n);
}

static void change_ipv4(struct rng *r, struct frame *f, const struct layout *l)
{
	switch (rng_below(r, 6)) {
	case 0:
		f->bytes[l->net] = (rng_chance(r, 70) ? 4 : rng_below(r, 16)) << 4 | rng_below(r, 16);
		break;
	case 1:
		put16(f, l->net + 2, rng_chance(r, 50) ? get16(f, l->net + 2) + rng_range(r, -9, 9) :
							 (int)rng_below(r, 1600));
		break;
	case 2: /* a fragment: the first, a later one, the last */
		put16(f, l->net + 6, rng_chance(r, 40) ? 0x2000 : (rng_below(r, 12) | (rng_chance(r, 50) ? 0x2000 : 0)));
		if (rng_chance(r, 70))
			put16(f, l->net + 4, rng_below(r, 3));
		break;
	case 3:
		f->bytes[l->net + 8] = rng_chance(r, 50) ? 1 : 255;
		break;
	case 4:
		f->bytes[l->net + 9] = rng_chance(r, 70) ? (const uint8_t[]){ 1, 2, 6, 17, 47, 58, 132 }[rng_below(r, 7)] :
							   rng_below(r, 256);
		break;
	default:
		add_options(r, f, l);
	}
}

static void change_ipv6(struct rng *r, struct frame *f, const struct layout *l)
{
	switch (rng_below(r, 5)) {
	case 0:
		put16(f, l->net + 4, rng_chance(r, 50) ? get16(f, l->net + 4) + rng_range(r, -9, 9) :
							 (int)rng_below(r, 1600));
		break;
	case 1:
		f->bytes[l->net + 6] = rng_chance(r, 70) ? (const uint8_t[]){ 0, 1, 6, 17, 43, 44, 58, 59, 60, 132 }
							   [rng_below(r, 10)] : rng_below(r, 256);
		break;
	case 2:
		f->bytes[l->net + 7] = rng_chance(r, 50) ? 1 : 255;
		break;
	default:
		for (int n = rng_chance(r, 80) ? 1 : rng_range(r, 2, 9); n; n--)
			add_extension(r, f, l);
	}
}

static void change_ip(struct rng *r, struct frame *f)
{
	struct layout l = layout_of(f);

	if (l.version == 4)
		change_ipv4(r, f, &l);
	else if (l.version == 6)
		change_ipv6(r, f, &l);
	else
		flip_bits(r, f);
}

/* ---- what IP carries ---- */

static void change_l4(struct rng *r, const struct captured_facts *facts, struct frame *f)
{
	static const uint8_t icmp[] = { 0, 3, 4, 5, 8, 9, 11, 12, 1, 2, 128, 129, 130, 133, 134, 135, 136, 137, 143 };
	static const uint16_t ports[] = { 53, 67, 68, 546, 547, 80, 443, 0, 65535 };
	struct layout l = layout_of(f);
	uint16_t port = rng_pick(r, ports);

	if (!l.version || f->len < l.l4 + 8)
		return;
	if (facts->nservices && rng_chance(r, 50))
		port = facts->services[rng_below(r, facts->nservices)].lo;
	if (l.protocol == PROTOCOL_ICMP || l.protocol == PROTOCOL_ICMPV6) {
		f->bytes[l.l4 + rng_below(r, 2)] = rng_pick(r, icmp);
		if (rng_chance(r, 60))
			f->bytes[l.l4 + 1] = 0;
		if (rng_chance(r, 50))
			f->bytes[l.net + (l.version == 4 ? 8 : 7)] = 255;
	} else if (l.protocol == PROTOCOL_TCP && rng_chance(r, 60) && f->len > l.l4 + 13) {
		f->bytes[l.l4 + 13] = rng_chance(r, 70) ? (const uint8_t[]){ 2, 16, 18, 4, 20, 17 }[rng_below(r, 6)] :
							 rng_below(r, 256);
		if (rng_chance(r, 15))
			f->bytes[l.l4 + 12] = rng_below(r, 16) << 4;
	} else if (l.protocol == PROTOCOL_UDP && rng_chance(r, 30)) {
		put16(f, l.l4 + 4, rng_chance(r, 50) ? get16(f, l.l4 + 4) + rng_range(r, -9, 9) : (int)rng_below(r, 64));
	} else {
		put16(f, l.l4 + (rng_chance(r, 70) ? 2 : 0), port);
	}
}

/* The other end, or who stands between, says that it got lost. */
static void make_error(struct rng *r, struct frame *f)
{
	static const uint8_t ipv4[] = { 3, 11, 12, 3 }, ipv6[] = { 1, 2, 3, 4 };
	struct frame quoted = *f;
	struct layout l = layout_of(f);
	size_t header = l.version == 4 ? 20 : 40, n = f->len - l.net;
	uint8_t *bytes = f->bytes + l.net;

	if (!l.version || !turn_round(f))
		return;
	n = n < 100 ? n : rng_chance(r, 20) ? rng_below(r, 60) : 100;
	if (l.version == 4) {
		bytes[0] = 0x45;
		bytes[9] = PROTOCOL_ICMP;
		put16(f, l.net + 2, header + 8 + n);
		put16(f, l.net + 6, 0);
	} else {
		bytes[6] = PROTOCOL_ICMPV6;
		put16(f, l.net + 4, 8 + n);
	}
	f->len = l.net + header + 8 + n;
	memset(bytes + header, 0, 8);
	bytes[header] = l.version == 4 ? rng_pick(r, ipv4) : rng_pick(r, ipv6);
	memcpy(bytes + header + 8, quoted.bytes + l.net, n);
}

/* Neighbour discovery, a router's word or ARP from the same sender: of an address that is his, or another's. */
static void make_control(struct rng *r, const struct captured_facts *facts, struct frame *f)
{
	static const uint8_t types[] = { 133, 134, 135, 135, 136, 136, 137 };
	const struct captured_addr *known = facts->naddrs ? &facts->addrs[rng_below(r, facts->naddrs)] : NULL;
	struct picket_addr target = known ? known->addr : frame_addr("fe80::1"), from = target;
	uint8_t dst[6], mac[6], type = rng_pick(r, types);

	if (f->len < 14)
		return;
	memcpy(dst, f->bytes, 6);
	memcpy(mac, f->bytes + 6, 6);
	if (known && known->mac != INDEX_NONE && rng_chance(r, 60))
		memcpy(mac, facts->macs[known->mac], 6);
	frame_ethernet_raw(f, dst, mac);
	if (rng_chance(r, 12))
		mac[rng_below(r, 6)] ^= 1;
	if (addr_is_ipv4(&target)) {
		frame_arp(f, rng_range(r, 1, 2), mac, target, target);
		return;
	}
	if (type == 134 || type == 137 || rng_chance(r, 30))
		from = frame_addr("fe80::2");
	frame_ipv6(f, from, rng_chance(r, 60) ? frame_addr("ff02::1") : target);
	if (rng_chance(r, 5))
		frame_fragment(f, 1, 0, rng_chance(r, 50));
	frame_nd(f, type, target);
	if (rng_chance(r, 70))
		frame_nd_option(f, type == 136 ? 2 : 1, mac);
}

void mutate(struct rng *r, const struct captured_facts *facts, struct frame *f, const struct frame *other)
{
	uint32_t what = rng_below(r, 100);

	if (what < 14)
		flip_bits(r, f);
	else if (what < 19)
		set_byte(r, f);
	else if (what < 24)
		cut(r, f);
	else if (what < 28)
		extend(r, f);
	else if (what < 34 && other)
		splice(r, f, other);
	else if (what < 41)
		add_tags(r, facts, f);
	else if (what < 47)
		change_mac(r, facts, f);
	else if (what < 49)
		change_ethertype(r, facts, f);
	else if (what < 62)
		change_address(r, facts, f);
	else if (what < 80)
		change_ip(r, f);
	else if (what < 91)
		change_l4(r, facts, f);
	else if (what < 95)
		make_control(r, facts, f);
	else
		make_error(r, f);
}
