// SPDX-License-Identifier: GPL-2.0-only
/* What the link needs for itself: ARP, neighbour discovery, routers, DHCP, groups. */
#include <string.h>

#include "frames.h"

static const struct picket_addr unspecified6;

static struct picket_addr ipv4(const char *text)
{
	return frame_addr(text);
}

/* A destination that control traffic has, with the MAC that fits. */
static void control_end(struct traffic *t, int version, struct end *to)
{
	if (rng_chance(t->r, 65))
		end_group(t, version, to);
	else
		end_receiver(t, version, to);
}

static struct picket_addr control_source(struct traffic *t, const struct end *from, int version)
{
	uint32_t what = rng_below(t->r, 100);

	if (version == 6 && what < 25)
		return link_local(t);
	if (what < 40)
		return version == 6 ? unspecified6 : ipv4("0.0.0.0");
	return what < 46 ? any_address(t, version) : from->addr;
}

static void arp_frame(struct traffic *t, struct sent *s)
{
	uint8_t sender_mac[6];
	struct end from, to;
	struct frame *f = &s->frame;

	end_sender(t, 4, &from);
	end_receiver(t, 4, &to);
	begin_frame(t, s, &from, &to);
	if (rng_chance(t->r, 60))
		memset(f->bytes, 0xff, 6);
	memcpy(sender_mac, f->bytes + 6, 6);
	if (rng_chance(t->r, 5))
		sender_mac[rng_below(t->r, 6)] ^= 1;
	frame_arp(f, rng_chance(t->r, 97) ? rng_range(t->r, 1, 2) : 3, sender_mac,
		  rng_chance(t->r, 20) ? ipv4("0.0.0.0") :
		  rng_chance(t->r, 10) ? any_address(t, 4) : from.addr, to.addr);
	if (rng_chance(t->r, 2))
		f->bytes[f->network + rng_below(t->r, 6)] ^= 2;
}

static void link_layer_option(struct traffic *t, struct frame *f, uint8_t type)
{
	uint8_t mac[6];

	memcpy(mac, f->bytes + 6, 6);
	if (rng_chance(t->r, 10))
		mac[rng_below(t->r, 6)] ^= 4;
	frame_nd_option(f, rng_chance(t->r, 90) ? type : rng_range(t->r, 1, 3), mac);
	if (rng_chance(t->r, 3))
		f->bytes[f->len - 7] = rng_below(t->r, 3); /* its length */
	if (rng_chance(t->r, 3))
		frame_zeros(f, 8); /* a second one, of length 0 */
}

static void nd_frame(struct traffic *t, struct sent *s)
{
	static const uint8_t types[] = { 133, 135, 135, 135, 136, 136 };
	uint8_t type = rng_pick(t->r, types);
	struct picket_addr target;
	struct end from, to;
	struct frame *f = &s->frame;

	end_sender(t, 6, &from);
	control_end(t, 6, &to);
	begin_frame(t, s, &from, &to);
	frame_ipv6(f, control_source(t, &from, 6), to.addr);
	if (rng_chance(t->r, 4))
		frame_fragment(f, 1, 0, rng_chance(t->r, 40));
	target = type == 135 && rng_chance(t->r, 60) ? to.addr :
		 rng_chance(t->r, 75)		     ? from.addr :
						       any_address(t, 6);
	frame_nd(f, type, target);
	if (rng_chance(t->r, 3))
		frame_hop_limit(f, 254);
	if (rng_chance(t->r, 2))
		frame_set8(f, f->transport + 1, 1);
	for (int n = rng_below(t->r, 3); n; n--)
		link_layer_option(t, f, type == 136 ? 2 : 1);
	if (rng_chance(t->r, 2))
		for (int n = rng_range(t->r, 6, 9); n; n--)
			link_layer_option(t, f, 5);
	if (rng_chance(t->r, 2))
		frame_zeros(f, rng_range(t->r, 1, 7));
}

static void router_frame(struct traffic *t, struct sent *s)
{
	int version = rng_chance(t->r, 25) ? 4 : 6;
	struct frame *f = &s->frame;
	struct end from, to;

	end_sender(t, version, &from);
	control_end(t, version, &to);
	begin_frame(t, s, &from, &to);
	if (version == 4) {
		frame_ipv4(f, from.addr, to.addr);
		frame_icmp(f, rng_chance(t->r, 50) ? 5 : 9, 0, 0);
		frame_zeros(f, 28);
		return;
	}
	frame_ipv6(f, rng_chance(t->r, 85) ? link_local(t) : control_source(t, &from, 6), to.addr);
	if (rng_chance(t->r, 5))
		frame_fragment(f, 1, 0, rng_chance(t->r, 70));
	frame_nd(f, rng_chance(t->r, 75) ? 134 : 137, from.addr);
	if (rng_chance(t->r, 50))
		link_layer_option(t, f, 1);
}

static void mld_frame(struct traffic *t, struct sent *s)
{
	static const uint8_t types[] = { 130, 131, 132, 143, 143 };
	struct frame *f = &s->frame;
	struct end from, to;

	end_sender(t, 6, &from);
	control_end(t, 6, &to);
	begin_frame(t, s, &from, &to);
	frame_ipv6(f, control_source(t, &from, 6), to.addr);
	if (rng_chance(t->r, 70))
		frame_extension(f, 0, 0);
	frame_icmp(f, rng_pick(t->r, types), 0, 0);
	frame_zeros(f, 16);
	frame_hop_limit(f, rng_chance(t->r, 92) ? 1 : 64);
}

static void igmp_frame(struct traffic *t, struct sent *s)
{
	static const uint8_t router_alert[4] = { 148, 4, 0, 0 };
	struct end from, to;

	end_sender(t, 4, &from);
	control_end(t, 4, &to);
	begin_frame(t, s, &from, &to);
	frame_ipv4(&s->frame, control_source(t, &from, 4), to.addr);
	if (rng_chance(t->r, 70))
		frame_ipv4_options(&s->frame, router_alert, 4);
	frame_protocol(&s->frame, 2);
	frame_zeros(&s->frame, 8);
}

static void dhcp4_frame(struct traffic *t, struct sent *s)
{
	bool server = rng_chance(t->r, 35);
	struct end from, to;

	end_sender(t, 4, &from);
	end_receiver(t, 4, &to);
	if (rng_chance(t->r, server ? 40 : 70)) {
		end_group(t, 4, &to);
		if (rng_chance(t->r, 70))
			to.addr = ipv4("255.255.255.255");
	}
	begin_frame(t, s, &from, &to);
	frame_ipv4(&s->frame, !server && rng_chance(t->r, 60) ? ipv4("0.0.0.0") : from.addr, to.addr);
	frame_udp(&s->frame, server ? 67 : 68, rng_chance(t->r, 96) ? server ? 68 : 67 : 53);
	frame_zeros(&s->frame, 40);
}

static void dhcp6_frame(struct traffic *t, struct sent *s)
{
	bool server = rng_chance(t->r, 35);
	struct end from, to;

	end_sender(t, 6, &from);
	end_receiver(t, 6, &to);
	if (!server && rng_chance(t->r, 85)) {
		end_group(t, 6, &to);
		to.addr = frame_addr("ff02::1:2");
	}
	begin_frame(t, s, &from, &to);
	frame_ipv6(&s->frame, rng_chance(t->r, 75) ? link_local(t) : from.addr, to.addr);
	frame_udp(&s->frame, server ? 547 : 546, server ? 546 : 547);
	frame_zeros(&s->frame, 24);
}

static void ethertype_frame(struct traffic *t, struct sent *s)
{
	static const uint16_t types[] = { 0x888e, 0x88cc, 0x8892, 0x88b8, 0x88a4, 0x88f7, 0x0842,
					  0x9000, 0x0600, 0x05ff, 0x0026, 0x86de };
	struct end from, to;

	end_sender(t, 4, &from);
	end_group(t, 4, &to);
	begin_frame(t, s, &from, &to);
	frame_ethertype(&s->frame, rng_pick(t->r, types));
	frame_zeros(&s->frame, rng_below(t->r, 50));
}

void control_frame(struct traffic *t, struct sent *s)
{
	static void (*const makers[])(struct traffic *, struct sent *) = {
		arp_frame, arp_frame, arp_frame, nd_frame, nd_frame, nd_frame, nd_frame,
		router_frame, router_frame, mld_frame, igmp_frame, dhcp4_frame, dhcp4_frame,
		dhcp6_frame, ethertype_frame, ethertype_frame,
	};

	rng_pick(t->r, makers)(t, s);
}
