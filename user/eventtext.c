// SPDX-License-Identifier: GPL-2.0-only
#include "eventtext.h"

#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "names.h"

#define ROLES_MOST 512 /* bytes shown of them */

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *text, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = vsnprintf(text->at, text->left, format, args);
	va_end(args);
	n = n < text->left ? n : text->left - 1;
	text->at += n;
	text->left -= n;
}

static void add_summary(struct text *text, const struct event *event, const struct event_names *names)
{
	add(text, "%s%s", reason_name(event->reason), event->verdict == VERDICT_AUDIT ? " (audit)" : "");
	if (names->device)
		add(text, ": %s", names->device);
	if (names->device && names->roles && *names->roles)
		add(text, " (%.*s)", ROLES_MOST, names->roles);
	/* the source's segment, which a device that refuses a connection is not of */
	if (names->segment)
		add(text, ", from %s", names->segment);
	if (event->count > 1)
		add(text, ", stands for %" PRIu64 " frames", (uint64_t)event->count);
}

static void add_packet(struct text *text, const struct event *event)
{
	char addr[ADDR_LEN], protocol[PROTOCOL_LEN];

	add(text, "%s", format_protocol(event->protocol, protocol));
	if (event_is_icmp(event))
		add(text, " type %u", event->icmp_type);
	add(text, " from %s", format_addr(&event->src, addr));
	add(text, " to %s", format_addr(&event->dst, addr));
	if (event_has_ports(event))
		add(text, " port %u", event->dport);
}

static void add_frame(struct text *text, const struct event *event)
{
	char addr[ADDR_LEN], mac[MAC_LEN];

	if (event->flags & EVENT_IP)
		add_packet(text, event);
	else if (event->ethertype == ETH_P_ARP)
		add(text, "arp from %s", format_addr(&event->src, addr));
	else if (event->ethertype)
		add(text, "ethertype 0x%04x from %s", event->ethertype, format_mac(event->mac, mac));
	else
		add(text, "a frame from %s", format_mac(event->mac, mac));
}

const char *event_summary(const struct event *event, const struct event_names *names,
			  char buf[EVENT_TEXT_LEN])
{
	struct text text = { buf, EVENT_TEXT_LEN };

	add_summary(&text, event, names);
	return buf;
}

const char *event_sentence(const struct event *event, const struct event_names *names,
			   char buf[EVENT_TEXT_LEN])
{
	struct text text = { buf, EVENT_TEXT_LEN };

	add(&text, event->verdict == VERDICT_AUDIT ? "would drop " : "dropped ");
	add_frame(&text, event);
	if (names->interface)
		add(&text, " %s %s", event->flags & EVENT_OUT ? "out of" : "on", names->interface);
	add(&text, "; ");
	add_summary(&text, event, names);
	return buf;
}
