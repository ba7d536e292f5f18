// SPDX-License-Identifier: GPL-2.0-only
#include "captured.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eval_packet.h"
#include "pcap.h"

#define OF_ONE 4000 /* frames of one capture */

/* ---- the pool ---- */

void pool_free(struct pool *pool)
{
	for (size_t i = 0; i < pool->nframes; i++)
		free(pool->frames[i].bytes);
	free(pool->frames);
	free(pool->spans);
	*pool = (struct pool){ 0 };
}

static int add_frame(struct pool *pool, const struct capture_frame *frame)
{
	size_t len = frame->len < FRAME_MAX ? frame->len : FRAME_MAX;
	struct captured_frame *grown = reallocarray(pool->frames, pool->nframes + 1, sizeof(*grown));
	uint8_t *bytes = malloc(len + 1);

	if (grown)
		pool->frames = grown;
	if (!grown || !bytes) {
		free(bytes);
		return -ENOMEM;
	}
	memcpy(bytes, frame->data, len);
	grown[pool->nframes++] = (struct captured_frame){ bytes, len };
	return 0;
}

/* One that is damaged is read as far as it goes. */
static int read_capture(struct pool *pool, const char *path)
{
	struct captured_span *grown = reallocarray(pool->spans, pool->nspans + 1, sizeof(*grown));
	struct captured_span span = { .first = pool->nframes };
	char error[CAPTURE_ERROR_SIZE];
	struct capture_frame frame;
	struct capture *capture;
	int err;

	if (!grown)
		return -ENOMEM;
	pool->spans = grown;
	err = capture_open(path, &capture, error);
	if (err) {
		fprintf(stderr, "%s\n", error);
		return err;
	}
	while (!err && span.n < OF_ONE && capture_next(capture, &frame, error) > 0) {
		err = add_frame(pool, &frame);
		span.n += !err;
	}
	capture_free(capture);
	if (span.n)
		pool->spans[pool->nspans++] = span;
	return err;
}

int pool_read(const char *folder, struct pool *out)
{
	struct pool pool = { 0 };
	char pattern[512];
	glob_t found;
	int err = 0;

	snprintf(pattern, sizeof(pattern), "%s/*/*.pcap", folder);
	if (glob(pattern, 0, NULL, &found))
		return -ENOENT;
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = read_capture(&pool, found.gl_pathv[i]);
	globfree(&found);
	if (err) {
		pool_free(&pool);
		return err;
	}
	*out = pool;
	return 0;
}

/* ---- what is in the frames ---- */

static uint32_t mac_index(struct captured_facts *facts, const uint8_t mac[6])
{
	static const uint8_t zero[6];

	for (uint32_t i = 0; i < facts->nmacs; i++)
		if (!memcmp(facts->macs[i], mac, 6))
			return i;
	if (mac[0] & 1 || !memcmp(mac, zero, 6) || facts->nmacs == CAPTURED_MACS)
		return INDEX_NONE;
	memcpy(facts->macs[facts->nmacs], mac, 6);
	return facts->nmacs++;
}

static void note_addr(struct captured_facts *facts, const struct picket_addr *addr, uint32_t mac)
{
	for (size_t i = 0; i < facts->naddrs; i++) {
		if (memcmp(&facts->addrs[i].addr, addr, sizeof(*addr)))
			continue;
		if (facts->addrs[i].mac == INDEX_NONE)
			facts->addrs[i].mac = mac;
		return;
	}
	if (facts->naddrs < CAPTURED_ADDRS)
		facts->addrs[facts->naddrs++] = (struct captured_addr){ .addr = *addr, .mac = mac };
}

static void note_number(uint16_t *numbers, size_t *n, uint16_t number)
{
	for (size_t i = 0; i < *n; i++)
		if (numbers[i] == number)
			return;
	if (*n < CAPTURED_TAGS)
		numbers[(*n)++] = number;
}

static void note_service(struct captured_facts *facts, const struct packet *p)
{
	struct service service = { .kind = SERVICE_PROTO, .proto = p->protocol, .hi = UINT16_MAX };

	if (packet_has_ports(p))
		service.lo = service.hi = p->dport;
	else if (packet_is_icmp(p))
		service.kind = SERVICE_ECHO;
	for (size_t i = 0; i < facts->nservices; i++)
		if (facts->services[i].proto == service.proto && facts->services[i].lo == service.lo)
			return;
	if (facts->nservices < CAPTURED_PORTS)
		facts->services[facts->nservices++] = service;
}

static void note_frame(struct captured_facts *facts, const struct captured_frame *frame)
{
	struct packet p = { 0 };
	uint32_t mac;

	if (packet_link(&p, frame->bytes, frame->len))
		return;
	mac = mac_index(facts, p.src_mac);
	if (p.vlan)
		note_number(facts->vlans, &facts->nvlans, p.vlan);
	if (p.ethertype == ETHERTYPE_ARP) {
		if (packet_arp(&p))
			note_addr(facts, &p.src, mac);
	} else if (p.ethertype != ETHERTYPE_IPV4 && p.ethertype != ETHERTYPE_IPV6) {
		note_number(facts->ethertypes, &facts->nethertypes, p.ethertype);
	} else if (packet_ip(&p)) {
		note_addr(facts, &p.src, mac);
		note_addr(facts, &p.dst, INDEX_NONE);
		if (packet_chain(&p) && !p.later && packet_l4(&p))
			note_service(facts, &p);
	}
}

/* The long ones, where devices talk, more often; but the odd ones too. */
static size_t choose_span(struct rng *r, const struct pool *pool)
{
	size_t frame = rng_below(r, pool->nframes), i = 0;

	if (rng_chance(r, 40))
		return rng_below(r, pool->nspans);
	while (i + 1 < pool->nspans && pool->spans[i + 1].first <= frame)
		i++;
	return i;
}

void captured_choose(struct captured *captured, struct rng *r, const struct pool *pool)
{
	*captured = (struct captured){ .pool = pool, .nspans = rng_chance(r, 65) ? 1 : rng_range(r, 2, CAPTURED_SPANS) };
	for (size_t i = 0; i < captured->nspans; i++) {
		size_t number = choose_span(r, pool);
		const struct captured_span *span = &pool->spans[number];

		captured->spans[i] = number;
		captured->at[i] = rng_chance(r, 50) ? 0 : rng_below(r, span->n);
		for (size_t k = 0; k < span->n; k++)
			note_frame(&captured->facts, &pool->frames[span->first + k]);
	}
}

/* ---- what runs ---- */

/* The next frame of one of the captures; behind the last comes the first. */
static void take_frame(struct captured *captured, struct frame *out)
{
	size_t i = rng_below(captured->traffic->r, captured->nspans);
	const struct captured_span *span = &captured->pool->spans[captured->spans[i]];
	const struct captured_frame *frame = &captured->pool->frames[span->first + captured->at[i]++ % span->n];

	*out = (struct frame){ .len = frame->len };
	memcpy(out->bytes, frame->bytes, frame->len);
}

static bool from_gateway(const struct captured *captured, const struct frame *f)
{
	struct packet p = { 0 };

	if (packet_link(&p, f->bytes, f->len) || !packet_ip(&p))
		return false;
	for (size_t i = 0; i < captured->facts.naddrs; i++)
		if (captured->facts.addrs[i].gateway && !memcmp(&captured->facts.addrs[i].addr, &p.src, sizeof(p.src)))
			return true;
	return false;
}

/* Captures were taken on one port; now there are several. */
static void choose_port(struct captured *captured, struct sent *s)
{
	struct rng *r = captured->traffic->r;
	const struct policy *policy = captured->traffic->policy;

	s->out = from_gateway(captured, &s->frame) ? rng_chance(r, 60) : rng_chance(r, 3);
	s->interface = rng_chance(r, 85) ? "lan0" : policy->ports[rng_below(r, policy->nports)].interface;
}

void captured_next(struct captured *captured, struct sent *out)
{
	struct traffic *t = captured->traffic;
	size_t kept = t->nhistory < HISTORY ? t->nhistory : HISTORY;
	uint32_t what = rng_below(t->r, 100);
	struct frame other;

	memset(out, 0, sizeof(*out));
	if (t->npending && rng_chance(t->r, 40)) {
		*out = t->pending[--t->npending];
	} else if (kept && what < 22) {
		*out = t->history[rng_below(t->r, kept)];
		if (what < 14)
			turn_round(&out->frame);
	} else {
		take_frame(captured, &out->frame);
	}
	choose_port(captured, out);
	if (rng_chance(t->r, 50)) {
		take_frame(captured, &other);
		for (int n = rng_chance(t->r, 75) ? 1 : rng_range(t->r, 2, 4); n; n--)
			mutate(t->r, &captured->facts, &out->frame, &other);
	}
	traffic_pass_time(t);
	out->time = t->now;
	t->history[t->nhistory++ % HISTORY] = *out;
}
