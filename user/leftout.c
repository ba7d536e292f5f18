// SPDX-License-Identifier: GPL-2.0-only
#include "leftout.h"

#include <stdio.h>

#include "eval_packet.h"
#include "names.h"

/* What it mostly is in a capture; "": the reason's name says it. */
static const char *meaning(unsigned int reason)
{
	switch (reason) {
	case REASON_UNBOUND:
		return ", on a port that is not learned";
	case REASON_ETHERTYPE:
		return ", of no type that a segment can list";
	case REASON_SPOOFED:
	case REASON_MAC_MISMATCH:
		return ", from an address that is not the sender's";
	case REASON_UNKNOWN_DEVICE:
		return ", from or to an address that nobody answered for";
	case REASON_NO_FLOW:
		return ", answering what was not seen";
	case REASON_SEGMENT:
	case REASON_ROLE_CONNECT:
	case REASON_ROLE_ACCEPT:
		return ", of connections older than this, of scans, or ICMP that is no ping";
	default:
		return "";
	}
}

static void describe(char *text, const char *interface, const uint8_t *frame, size_t len)
{
	char mac[MAC_LEN], src[ADDR_LEN], dst[ADDR_LEN], protocol[PROTOCOL_LEN], port[8] = "";
	struct packet p;
	bool ip;

	if (packet_link(&p, frame, len) && len < 14) {
		snprintf(text, LEFTOUT_EXAMPLE, "%zu bytes on %s", len, interface);
		return;
	}
	ip = (p.ethertype == ETHERTYPE_IPV4 || p.ethertype == ETHERTYPE_IPV6) && p.net && packet_ip(&p);
	format_mac(p.src_mac, mac);
	if (!ip) {
		snprintf(text, LEFTOUT_EXAMPLE, "EtherType 0x%04x from %s on %s", p.ethertype, mac, interface);
		return;
	}
	if (packet_chain(&p) && packet_l4(&p) && !p.later && packet_has_ports(&p))
		snprintf(port, sizeof(port), "/%u", p.dport);
	snprintf(text, LEFTOUT_EXAMPLE, "%s to %s, %s%s, from %s on %s", format_addr(&p.src, src),
		 format_addr(&p.dst, dst), format_protocol(p.protocol, protocol), port, mac, interface);
}

void leftout_add(struct leftout *leftout, enum reason reason, const char *interface, const uint8_t *frame,
		 size_t len)
{
	leftout->frames[reason]++;
	if (!leftout->example[reason][0])
		describe(leftout->example[reason], interface, frame, len);
}

void leftout_count(struct leftout *leftout, enum reason reason, uint64_t frames)
{
	leftout->frames[reason] += frames;
}

uint64_t leftout_total(const struct leftout *leftout)
{
	uint64_t total = 0;

	for (unsigned int reason = 1; reason < REASON_COUNT; reason++)
		total += leftout->frames[reason];
	return total;
}

void leftout_tell(const struct leftout *leftout)
{
	for (unsigned int reason = 1; reason < REASON_COUNT; reason++) {
		if (leftout->frames[reason])
			notice("left out as %s%s: %llu frame%s%s%s", reason_name(reason), meaning(reason),
			       (unsigned long long)leftout->frames[reason], leftout->frames[reason] == 1 ? "" : "s",
			       *leftout->example[reason] ? ", such as " : "", leftout->example[reason]);
	}
}

void leftout_print(const struct leftout *leftout, struct output *out, const char *key)
{
	output_begin_object(out, key);
	for (unsigned int reason = 1; reason < REASON_COUNT; reason++) {
		if (leftout->frames[reason])
			output_number(out, reason_name(reason), leftout->frames[reason]);
	}
	output_end_object(out);
}
