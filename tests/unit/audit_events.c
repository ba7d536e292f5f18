// SPDX-License-Identifier: GPL-2.0-only
#include "audit_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "names.h"

struct event event_of(uint8_t reason, const char *src, const char *dst, uint8_t protocol, uint16_t port)
{
	struct event event = {
		.count = 1, .bytes = 60, .ethertype = ETH_P_IP, .sport = 40000, .dport = port,
		.mac = { 2, 0, 0x5e, 0x10, 0, 0x17 }, .verdict = VERDICT_AUDIT, .reason = reason,
		.protocol = protocol, .flags = EVENT_IP | EVENT_OPENS,
	};

	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)
		event.flags |= EVENT_PORTS;
	parse_addr(src, &event.src);
	parse_addr(dst, &event.dst);
	return event;
}

void add(struct auditbook *book, const struct event *event, const char *device, int64_t time)
{
	const struct event_names names = {
		.device = device, .roles = "", .segment = "sensors", .interface = "lan0", .time = time,
	};

	auditbook_add(book, event, &names);
}

struct auditbook *new_book(void)
{
	struct auditbook *book;

	assert_int_equal(auditbook_new(T0, &book), 0);
	return book;
}
