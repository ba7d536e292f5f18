// SPDX-License-Identifier: GPL-2.0-only
/* Conversations: TCP, UDP, SCTP, echo and the rest, their fragments and their errors. */
#include <string.h>

#include "frames.h"

#define TCP 6
#define UDP 17
#define SCTP 132

static const uint16_t port_numbers[] = { 80, 80, 443, 8883, 53, 53, 123, 85, 5000, 1000,
					 0, 65535, 68, 67, 40000, 40001 };

static void tag_frame(struct traffic *t, struct frame *f, uint32_t port)
{
	uint16_t vlan = port == INDEX_NONE ? 0 : t->policy->ports[port].vlan;
	uint16_t tpid = rng_chance(t->r, 85) ? 0x8100 : 0x88a8;

	if (rng_chance(t->r, 2)) {
		frame_vlan(f, tpid, rng_chance(t->r, 50) ? rng_below(t->r, 4096) : 20);
		if (rng_chance(t->r, 40))
			frame_vlan(f, 0x8100, 20);
		return;
	}
	if (vlan)
		frame_vlan(f, tpid, vlan | rng_below(t->r, 8) << 13);
	else if (rng_chance(t->r, 4))
		frame_vlan(f, tpid, rng_below(t->r, 8) << 13);
}

void begin_frame(struct traffic *t, struct sent *s, const struct end *from, const struct end *to)
{
	const struct policy *p = t->policy;
	uint32_t port = from->port;
	uint8_t gateway[6], src[6];

	memset(s, 0, sizeof(*s));
	s->from = *from;
	s->to = *to;
	s->out = from->kind == END_GATEWAY && rng_chance(t->r, 97);
	if (s->out)
		port = to->port;
	frame_mac("02:00:00:00:00:fe", gateway);
	memcpy(src, from->mac, 6);
	if (rng_chance(t->r, 3)) {
		struct end other;

		end_sender(t, 4, &other);
		memcpy(src, other.mac, 6);
	}
	if (rng_chance(t->r, 3) && p->nports)
		port = rng_below(t->r, p->nports);
	s->interface = port == INDEX_NONE ? rng_chance(t->r, 80) ? p->ports[0].interface : "nic9" :
					    p->ports[port].interface;
	frame_ethernet_raw(&s->frame, to->kind == END_GROUP || rng_chance(t->r, 20) ? to->mac : gateway,
			   src);
	if (rng_chance(t->r, 1))
		s->frame.bytes[0] |= 1;
	tag_frame(t, &s->frame, port);
}

static void begin_ip(struct traffic *t, struct frame *f, int version, struct picket_addr src,
		     struct picket_addr dst)
{
	static const uint8_t options[][8] = {
		{ 148, 4, 0, 0 }, { 1, 1, 1, 0 }, { 7, 7, 4, 0, 0, 0, 0, 0 }, { 131, 3, 4, 0 },
		{ 137, 3, 4, 0 }, { 7, 1, 0, 0 }, { 7, 9, 4, 0 }, { 1, 1, 1, 7 }, { 0, 131, 3, 4 },
	};

	if (version == 4) {
		frame_ipv4(f, src, dst);
		if (rng_chance(t->r, 4)) {
			uint32_t which = rng_below(t->r, 9);

			frame_ipv4_options(f, options[which], which == 2 ? 8 : 4);
		}
		return;
	}
	frame_ipv6(f, src, dst);
}

/* Extension headers before the transport; most are good ones. */
static void extend(struct traffic *t, struct frame *f)
{
	int n;

	if (f->version != 6 || !rng_chance(t->r, 12))
		return;
	if (rng_chance(t->r, 50))
		frame_extension(f, 0, rng_below(t->r, 2));
	n = rng_chance(t->r, 15) ? rng_range(t->r, 6, 9) : rng_range(t->r, 0, 2);
	while (n--) {
		if (rng_chance(t->r, 80))
			frame_extension(f, 60, rng_below(t->r, 3));
		else if (rng_chance(t->r, 60))
			frame_routing(f, rng_chance(t->r, 25));
		else if (rng_chance(t->r, 50))
			frame_fragment(f, rng_below(t->r, 3), 0, false);
		else
			frame_extension(f, 0, 0);
	}
}

static uint8_t tcp_flags(struct traffic *t, const struct talk *talk, bool reply)
{
	static const uint8_t later[] = { FRAME_ACK, FRAME_ACK | FRAME_PSH, FRAME_ACK,
					 FRAME_FIN | FRAME_ACK, FRAME_FIN | FRAME_ACK, FRAME_RST,
					 FRAME_RST | FRAME_ACK, FRAME_SYN, FRAME_SYN | FRAME_ACK,
					 FRAME_ACK | 32, FRAME_FIN };
	static const uint8_t odd[] = { 0, FRAME_PSH, FRAME_SYN | FRAME_FIN, FRAME_SYN | FRAME_RST,
				       0xff, FRAME_SYN | 0xc0 };

	if (rng_chance(t->r, 3))
		return rng_pick(t->r, odd);
	if (rng_chance(t->r, 70) && !talk->said)
		return FRAME_SYN;
	if (rng_chance(t->r, 60) && talk->said == 1)
		return reply ? FRAME_SYN | FRAME_ACK : FRAME_SYN;
	return rng_pick(t->r, later);
}

static void icmp_other(struct traffic *t, struct frame *f)
{
	static const uint8_t types4[] = { 13, 14, 10, 3, 11, 12, 4, 5, 9, 0 };
	static const uint8_t types6[] = { 1, 2, 3, 4, 129, 134, 137, 141, 130, 143, 200 };
	uint8_t type = f->version == 4 ? rng_pick(t->r, types4) : rng_pick(t->r, types6);

	if (rng_chance(t->r, 50))
		frame_hop_limit(f, rng_chance(t->r, 50) ? 255 : 1);
	frame_icmp(f, type, 0, rng_below(t->r, 3));
}

static void transport(struct traffic *t, struct frame *f, const struct talk *talk, bool reply)
{
	uint16_t sport = reply ? talk->dport : talk->sport, dport = reply ? talk->sport : talk->dport;

	if (talk->protocol == TCP)
		frame_tcp(f, sport, dport, tcp_flags(t, talk, reply));
	else if (talk->protocol == UDP)
		frame_udp(f, sport, dport);
	else if (talk->protocol == SCTP)
		frame_sctp(f, sport, dport);
	else if (talk->echo)
		frame_echo(f, reply ? rng_chance(t->r, 85) : rng_chance(t->r, 10), talk->sport,
			   talk->said);
	else if (talk->protocol == (f->version == 4 ? 1 : 58))
		icmp_other(t, f);
	else
		frame_protocol(f, talk->protocol);
}

static void payload(struct traffic *t, struct frame *f)
{
	uint32_t what = rng_below(t->r, 100);

	frame_zeros(f, what < 60 ? rng_below(t->r, 24) : what < 97 ? rng_below(t->r, 200) : 1400);
}

static void new_talk(struct traffic *t, struct talk *talk)
{
	static const uint8_t others[] = { 1, 58, 47, 50, 51, 0, 59, 2, 132, 135 };
	uint32_t what = rng_below(t->r, 100);
	struct rng *r = t->r;

	*talk = (struct talk){ .version = rng_chance(r, 58) ? 4 : 6 };
	end_sender(t, talk->version, &talk->a);
	end_receiver(t, talk->version, &talk->b);
	/* The gateway polls its devices, too. */
	if (rng_chance(r, 12)) {
		end_gateway(t, talk->version, &talk->a);
		if (!rng_chance(r, 85) || !end_device(t, talk->version, &talk->b))
			end_receiver(t, talk->version, &talk->b);
	}
	talk->sport = rng_chance(r, 70) ? 40000 + rng_below(r, 3) : rng_pick(r, port_numbers);
	talk->dport = rng_pick(r, port_numbers);
	if (what < 42)
		talk->protocol = TCP;
	else if (what < 68)
		talk->protocol = UDP;
	else if (what < 73)
		talk->protocol = SCTP;
	else if (what < 88)
		talk->protocol = talk->version == 4 ? 1 : 58, talk->echo = true;
	else
		talk->protocol = rng_pick(r, others);
}

static struct talk *some_talk(struct traffic *t)
{
	struct talk *talk;

	if (t->ntalks < TALKS && (t->ntalks < 3 || rng_chance(t->r, 20))) {
		new_talk(t, &t->talks[t->ntalks]);
		return &t->talks[t->ntalks++];
	}
	talk = &t->talks[rng_below(t->r, t->ntalks)];
	if (rng_chance(t->r, 20))
		new_talk(t, talk);
	return talk;
}

/* Which way the next frame of a talk goes; a group does not answer. */
static bool reply_next(struct traffic *t, const struct talk *talk)
{
	if (talk->b.kind == END_GROUP)
		return false;
	return talk->said == 0 ? rng_chance(t->r, 3) : rng_chance(t->r, talk->said == 1 ? 75 : 50);
}

static struct picket_addr maybe_spoofed(struct traffic *t, const struct end *end, int version)
{
	return rng_chance(t->r, 4) ? any_address(t, version) : end->addr;
}

void talk_frame(struct traffic *t, struct sent *s)
{
	struct talk *talk = some_talk(t);
	bool reply = reply_next(t, talk);
	const struct end *from = reply ? &talk->b : &talk->a, *to = reply ? &talk->a : &talk->b;

	begin_frame(t, s, from, to);
	begin_ip(t, &s->frame, talk->version, maybe_spoofed(t, from, talk->version), to->addr);
	extend(t, &s->frame);
	transport(t, &s->frame, talk, reply);
	payload(t, &s->frame);
	talk->said++;
}

/* A first fragment now, later ones pending; or the other way round. */
void fragment_frames(struct traffic *t, struct sent *s)
{
	static const int shifts[] = { 0, 0, 0, 0, 8, 16, -8, -16 };
	static const uint32_t ids[] = { 1, 2, 0x10001 };
	struct talk *talk = some_talk(t);
	bool reply = reply_next(t, talk);
	const struct end *from = reply ? &talk->b : &talk->a, *to = reply ? &talk->a : &talk->b;
	uint32_t id = rng_pick(t->r, ids);
	int fragments = rng_range(t->r, 1, 2), offset;
	struct frame *f = &s->frame;
	size_t start;

	begin_frame(t, s, from, to);
	begin_ip(t, f, talk->version, from->addr, to->addr);
	if (rng_chance(t->r, 10) && talk->version == 6)
		frame_extension(f, 0, 0);
	frame_fragment(f, id, 0, true);
	start = f->len;
	transport(t, f, talk, reply);
	frame_zeros(f, -(f->len - start) % 8 + 8 * rng_below(t->r, 3));
	if (talk->protocol == UDP && rng_chance(t->r, 70))
		frame_set16(f, f->transport + 4, 400);
	offset = f->len - start + rng_pick(t->r, shifts);
	talk->said++;
	for (int i = 0; i < fragments && t->npending < PENDING && offset > 0; i++) {
		struct sent *later = &t->pending[t->npending++];

		begin_frame(t, later, from, to);
		begin_ip(t, &later->frame, talk->version, from->addr, to->addr);
		frame_fragment(&later->frame, rng_chance(t->r, 95) ? id : 1, offset, i + 1 < fragments);
		frame_protocol(&later->frame, rng_chance(t->r, 97) ? talk->protocol : TCP);
		frame_zeros(&later->frame, 16);
		offset += 16;
	}
	if (t->npending && rng_chance(t->r, 15)) {
		struct sent first = *s;

		*s = t->pending[t->npending - 1];
		t->pending[t->npending - 1] = first;
	}
}

static void error_header(struct traffic *t, struct frame *f)
{
	static const uint8_t types4[] = { 3, 3, 11, 12, 4 };
	static const uint8_t types6[] = { 1, 2, 3, 4 };

	frame_icmp(f, f->version == 4 ? rng_pick(t->r, types4) : rng_pick(t->r, types6),
		   rng_below(t->r, 5), 0);
}

static void error_sender(struct traffic *t, const struct sent *about, int version, struct end *out)
{
	switch (rng_below(t->r, 8)) {
	case 0:
		end_gateway(t, version, out);
		return;
	case 1:
		end_sender(t, version, out);
		return;
	case 2:
		if (end_host(t, version, out))
			return;
		/* fall through */
	default:
		*out = about->to;
	}
}

/* An error about a frame of before; false lies about the quote sometimes. */
void icmp_error_frame(struct traffic *t, struct sent *s)
{
	size_t kept = t->nhistory < HISTORY ? t->nhistory : HISTORY;
	const struct sent *about = kept ? &t->history[rng_below(t->r, kept)] : NULL;
	struct sent quoted;
	struct end from, to;

	if (!about || !about->frame.version || about->frame.len <= about->frame.network ||
	    about->from.kind == END_GROUP) {
		talk_frame(t, s);
		return;
	}
	quoted = *about;
	error_sender(t, about, quoted.frame.version, &from);
	to = about->from;
	if (rng_chance(t->r, 4))
		end_sender(t, quoted.frame.version, &to);
	if (rng_chance(t->r, 8))
		quoted.frame.bytes[quoted.frame.network + rng_below(t->r, 28)] ^= 1 << rng_below(t->r, 8);
	begin_frame(t, s, &from, &to);
	begin_ip(t, &s->frame, quoted.frame.version, from.addr, to.addr);
	error_header(t, &s->frame);
	frame_quote(&s->frame, &quoted.frame, rng_chance(t->r, 80) ? 80 : 20 + rng_below(t->r, 60));
}
