// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "events.h"
#include "names.h"

struct events {
	const struct live *live;
	struct ring_buffer *ring;
	events_fn *fn;
	void *context;
	uint64_t since; /* ns of boot time */
	uint64_t lost_before;
};

bool event_has_ports(const struct event *event)
{
	return (event->flags & EVENT_PORTS) &&
	       (event->protocol == IPPROTO_TCP || event->protocol == IPPROTO_UDP ||
		event->protocol == IPPROTO_SCTP);
}

bool event_is_icmp(const struct event *event)
{
	return (event->flags & EVENT_IP) &&
	       event->protocol == (event->flags & EVENT_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static void print_number_or_null(struct output *out, const char *key, bool known, uint64_t number)
{
	if (known)
		output_number(out, key, number);
	else
		output_null(out, key);
}

static void print_addresses(struct output *out, const struct event *event)
{
	bool ip = event->flags & EVENT_IP;
	char buf[ADDR_LEN];

	output_string(out, "src", ip || event->ethertype == ETH_P_ARP ? format_addr(&event->src, buf) :
								      NULL);
	output_string(out, "dst", ip ? format_addr(&event->dst, buf) : NULL);
}

static void print_protocol(struct output *out, const struct event *event)
{
	char protocol[PROTOCOL_LEN], ethertype[8];

	snprintf(ethertype, sizeof(ethertype), "0x%04x", event->ethertype);
	output_string(out, "protocol",
		      event->flags & EVENT_IP ? format_protocol(event->protocol, protocol) : NULL);
	print_number_or_null(out, "sport", event_has_ports(event), event->sport);
	print_number_or_null(out, "dport", event_has_ports(event), event->dport);
	print_number_or_null(out, "icmp_type", event_is_icmp(event), event->icmp_type);
	output_string(out, "ethertype", event->ethertype ? ethertype : NULL);
}

void event_print(struct output *out, const struct event *event, const struct event_names *names)
{
	char mac[MAC_LEN];

	output_begin_line(out);
	output_time(out, "time", names->time);
	output_word(out, "verdict", verdict_name(event->verdict));
	output_word(out, "reason", reason_name(event->reason));
	output_string(out, "device", names->device);
	output_string(out, "role", names->roles && *names->roles ? names->roles : NULL);
	output_string(out, "segment", names->segment);
	output_string(out, "direction", event->flags & EVENT_OUT ? "out" : "in");
	output_string(out, "interface", names->interface);
	print_number_or_null(out, "vlan", event->vlan, event->vlan);
	print_addresses(out, event);
	print_protocol(out, event);
	output_string(out, "mac", format_mac(event->mac, mac));
	output_number(out, "count", event->count);
	output_number(out, "bytes", event->bytes);
	output_end_line(out);
}

static int on_record(void *context, void *data, size_t size)
{
	const struct events *events = context;
	const struct event *event = data;

	if (size < sizeof(*event) || event->time < events->since)
		return 0;
	return events->fn(event, events->context);
}

static int count_lost(const struct live *live, uint64_t *lost)
{
	uint64_t stats[STATS];
	int err = live_stats(live, stats);

	if (!err)
		*lost = stats[STAT_EVENTS_LOST];
	return err;
}

int events_open(const struct live *live, events_fn *fn, void *context, struct events **out)
{
	struct events *events = calloc(1, sizeof(*events));
	struct timespec now;
	int fd, err;

	if (!events)
		return -ENOMEM;
	clock_gettime(CLOCK_BOOTTIME, &now);
	*events = (struct events){
		.live = live,
		.fn = fn,
		.context = context,
		.since = now.tv_sec * (uint64_t)NSEC_PER_SEC + now.tv_nsec,
	};
	fd = live_map(live, "events");
	events->ring = fd < 0 ? NULL : ring_buffer__new(fd, on_record, events, NULL);
	if (!events->ring) {
		err = fd < 0 ? fd : -errno;
		free(events);
		return err;
	}
	/* A full ring loses what happens until it is emptied: that is not this reader's loss. */
	err = ring_buffer__consume(events->ring);
	if (err >= 0)
		err = count_lost(live, &events->lost_before);
	if (err < 0) {
		events_close(events);
		return err;
	}
	*out = events;
	return 0;
}

void events_close(struct events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	free(events);
}

int events_poll(struct events *events, int timeout_ms)
{
	int n = ring_buffer__poll(events->ring, timeout_ms);

	return n < 0 ? n : 0;
}

int events_lost(const struct events *events, uint64_t *lost)
{
	uint64_t now;
	int err = count_lost(events->live, &now);

	if (!err)
		*lost = now - events->lost_before;
	return err;
}
