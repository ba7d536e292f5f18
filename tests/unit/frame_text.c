// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame_text.h"

#define WORD_MAX 256

struct words {
	const char *at;
	const char *text; /* whole, for messages */
	char word[WORD_MAX];
};

static void fail(const struct words *w, const char *what)
{
	fprintf(stderr, "frame text: %s at \"%s\" in \"%s\"\n", what, w->word, w->text);
	abort();
}

/* The next word, or NULL at the end. */
static const char *next(struct words *w)
{
	size_t n;

	w->at += strspn(w->at, " \t\n");
	n = strcspn(w->at, " \t\n");
	if (!n)
		return NULL;
	if (n >= WORD_MAX)
		fail(w, "a long word");
	memcpy(w->word, w->at, n);
	w->word[n] = '\0';
	w->at += n;
	return w->word;
}

static const char *need(struct words *w)
{
	const char *word = next(w);

	if (!word)
		fail(w, "something is missing");
	return word;
}

static unsigned long number(struct words *w)
{
	char *end;
	unsigned long value = strtoul(need(w), &end, 0);

	if (*end || end == w->word)
		fail(w, "no number");
	return value;
}

static void mac(struct words *w, uint8_t out[6])
{
	const char *word = need(w);
	char full[18];

	if (!strcmp(word, "bc"))
		word = "ff:ff:ff:ff:ff:ff";
	else if (!strcmp(word, "mc"))
		word = "33:33:00:00:00:01";
	else if (!strcmp(word, "gw"))
		word = "02:00:00:00:00:01";
	if (strlen(word) == 2) {
		snprintf(full, sizeof(full), "02:00:00:00:00:%.2s", word);
		word = full;
	}
	frame_mac(word, out);
}

static struct picket_addr addr(struct words *w)
{
	const char *word = need(w);

	return strcmp(word, "-") ? frame_addr(word) : (struct picket_addr){ 0 };
}

static size_t hex(struct words *w, uint8_t *out, size_t max)
{
	const char *word = need(w);
	size_t n;

	for (n = 0; word[2 * n]; n++)
		if (n == max || sscanf(word + 2 * n, "%2hhx", &out[n]) != 1)
			fail(w, "bad hex");
	return n;
}

static uint8_t tcp_flags(struct words *w)
{
	static const char letters[] = "FSRPA";
	const char *word = need(w), *found;
	uint8_t flags = 0;

	for (; *word && strcmp(w->word, "-"); word++) {
		found = strchr(letters, *word);
		if (!found)
			fail(w, "no TCP flag");
		flags |= 1 << (found - letters);
	}
	return flags;
}

static bool link_word(struct frame *f, const char *word, struct words *w)
{
	uint8_t a[6], b[6];

	if (!strcmp(word, "eth")) {
		mac(w, a);
		mac(w, b);
		frame_ethernet_raw(f, a, b);
	} else if (!strcmp(word, "vlan")) {
		frame_vlan(f, 0x8100, number(w));
	} else if (!strcmp(word, "svlan")) {
		frame_vlan(f, 0x88a8, number(w));
	} else if (!strcmp(word, "type")) {
		frame_ethertype(f, number(w));
	} else if (!strcmp(word, "arp")) {
		unsigned long operation = number(w);
		struct picket_addr sender;

		mac(w, a);
		sender = addr(w);
		frame_arp(f, operation, a, sender, addr(w));
	} else {
		return false;
	}
	return true;
}

static bool network_word(struct frame *f, const char *word, struct words *w)
{
	uint8_t bytes[40];
	size_t n;

	if (!strcmp(word, "ip") || !strcmp(word, "ip4") || !strcmp(word, "ip6")) {
		char version = word[2];
		struct picket_addr src = addr(w), dst = addr(w);

		if (version == '4')
			frame_ipv4(f, src, dst);
		else if (version == '6')
			frame_ipv6(f, src, dst);
		else
			frame_ip(f, src, dst);
	} else if (!strcmp(word, "ttl")) {
		frame_hop_limit(f, number(w));
	} else if (!strcmp(word, "opts")) {
		n = hex(w, bytes, sizeof(bytes));
		frame_ipv4_options(f, bytes, n);
	} else if (!strcmp(word, "frag")) {
		uint32_t id = number(w);
		uint16_t offset = number(w);

		frame_fragment(f, id, offset, !strcmp(need(w), "more"));
	} else if (!strcmp(word, "ext")) {
		uint8_t type = number(w);

		frame_extension(f, type, number(w));
	} else if (!strcmp(word, "routing")) {
		frame_routing(f, number(w));
	} else if (!strcmp(word, "proto")) {
		frame_protocol(f, number(w));
	} else {
		return false;
	}
	return true;
}

static void quote(struct frame *f, struct words *w);

static bool transport_word(struct frame *f, const char *word, struct words *w)
{
	uint16_t first;
	uint8_t bytes[6];

	if (!strcmp(word, "tcp")) {
		uint16_t dport;

		first = number(w);
		dport = number(w);
		frame_tcp(f, first, dport, tcp_flags(w));
	} else if (!strcmp(word, "udp")) {
		first = number(w);
		frame_udp(f, first, number(w));
	} else if (!strcmp(word, "sctp")) {
		first = number(w);
		frame_sctp(f, first, number(w));
	} else if (!strcmp(word, "icmp")) {
		first = number(w);
		frame_icmp(f, first, number(w), 0);
	} else if (!strcmp(word, "echo")) {
		frame_echo(f, false, number(w), 1);
	} else if (!strcmp(word, "reply")) {
		frame_echo(f, true, number(w), 1);
	} else if (!strcmp(word, "nd")) {
		first = number(w);
		frame_nd(f, first, addr(w));
	} else if (!strcmp(word, "ndopt")) {
		first = number(w);
		mac(w, bytes);
		frame_nd_option(f, first, bytes);
	} else if (!strcmp(word, "quote")) {
		quote(f, w);
	} else {
		return false;
	}
	return true;
}

static bool byte_word(struct frame *f, const char *word, struct words *w)
{
	uint8_t bytes[WORD_MAX / 2];
	char what = word[0];
	size_t base, at, n;

	if (!strcmp(word, "data")) {
		frame_zeros(f, number(w));
	} else if (!strcmp(word, "hex")) {
		n = hex(w, bytes, sizeof(bytes));
		frame_data(f, bytes, n);
	} else if (!strcmp(word, "pad")) {
		frame_pad(f, number(w));
	} else if (!strcmp(word, "cut")) {
		f->len = number(w);
	} else if (strchr("net", what) && (!strcmp(word + 1, "8") || !strcmp(word + 1, "16"))) {
		bool wide = word[1] == '1';

		base = what == 'n' ? f->network : what == 't' ? f->transport : 0;
		at = base + number(w);
		if (wide)
			frame_set16(f, at, number(w));
		else
			frame_set8(f, at, number(w));
	} else {
		return false;
	}
	return true;
}

/* Words up to the end, or up to a closing brace. */
static void build(struct frame *f, struct words *w)
{
	const char *word;

	while ((word = next(w)) && strcmp(word, "}"))
		if (!link_word(f, word, w) && !network_word(f, word, w) &&
		    !transport_word(f, word, w) && !byte_word(f, word, w))
			fail(w, "a word that no layer has");
}

static void quote(struct frame *f, struct words *w)
{
	unsigned long max = number(w);
	struct frame inner;

	if (strcmp(need(w), "{"))
		fail(w, "no opening brace");
	frame_ethernet(&inner, "02:00:00:00:00:01", "02:00:00:00:00:02");
	build(&inner, w);
	frame_quote(f, &inner, max);
}

void frame_from_text(struct frame *f, const char *text)
{
	struct words w = { .at = text, .text = text };

	memset(f, 0, sizeof(*f));
	build(f, &w);
}
