// SPDX-License-Identifier: GPL-2.0-only
#include "plan_words.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "limit.h"
#include "names.h"

#define IPV4_BITS 96 /* an IPv4 /n has length 96 + n */

const char *write_prefix(const struct prefix *prefix, char word[WORD_LEN])
{
	int len = addr_is_ipv4(&prefix->addr) && prefix->len >= IPV4_BITS ? prefix->len - IPV4_BITS :
									    prefix->len;
	char addr[ADDR_LEN];

	format_addr(&prefix->addr, addr);
	if (prefix->len == 128)
		snprintf(word, WORD_LEN, "%s", addr);
	else
		snprintf(word, WORD_LEN, "%s/%d", addr, len);
	return word;
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

const char *write_service(const struct service *service, char word[WORD_LEN])
{
	char proto[PROTOCOL_LEN];

	if (service->kind != SERVICE_PROTO) {
		snprintf(word, WORD_LEN, "%s", service->kind == SERVICE_ANY ? "any" : "icmp");
		return word;
	}
	format_protocol(service->proto, proto);
	if (!has_ports(service->proto) || (!service->lo && service->hi == UINT16_MAX))
		snprintf(word, WORD_LEN, "%s", proto);
	else if (service->lo == service->hi)
		snprintf(word, WORD_LEN, "%s/%u", proto, service->lo);
	else
		snprintf(word, WORD_LEN, "%s/%u-%u", proto, service->lo, service->hi);
	return word;
}

/* The largest unit that says it without a fraction. */
static int write_amount(uint64_t amount, enum limit_kind kind, char *word, size_t size)
{
	static const struct {
		const char *name;
		uint64_t bytes;
	} units[] = {
		{ "GiB", 1ULL << 30 }, { "GB", 1000000000 }, { "MiB", 1ULL << 20 }, { "MB", 1000000 },
		{ "KiB", 1ULL << 10 }, { "KB", 1000 }, { "B", 1 },
	};
	size_t unit = 0;

	if (kind != LIMIT_BYTES)
		return snprintf(word, size, "%llu", (unsigned long long)amount);
	while (amount % units[unit].bytes)
		unit++;
	return snprintf(word, size, "%llu%s", (unsigned long long)(amount / units[unit].bytes),
			units[unit].name);
}

const char *write_rate(const struct rate *rate, enum limit_kind kind, char word[WORD_LEN])
{
	static const char *const bursts[LIMIT_KINDS] = { "burst-flows", "burst", "burst-bytes" };
	char period = rate->period == NSEC_PER_SEC ? 's' : rate->period == 60 * NSEC_PER_SEC ? 'm' : 'h';
	int len;

	if (!rate->count) {
		snprintf(word, WORD_LEN, "none");
		return word;
	}
	len = write_amount(rate->count, kind, word, WORD_LEN);
	len += snprintf(word + len, WORD_LEN - len, "/%c", period);
	if (rate->burst == limit_default_burst(rate, kind))
		return word;
	len += snprintf(word + len, WORD_LEN - len, ", %s: ", bursts[kind]);
	write_amount(rate->burst, kind, word + len, WORD_LEN - len);
	return word;
}

const char *write_port(const struct port *port, char word[WORD_LEN])
{
	if (port->vlan)
		snprintf(word, WORD_LEN, "%s (VLAN %u)", port->interface, port->vlan);
	else
		snprintf(word, WORD_LEN, "%s", port->interface);
	return word;
}

const char *write_target(const struct policy *policy, const struct target *target, char word[WORD_LEN])
{
	switch (target->kind) {
	case TARGET_ANY:
		return "any";
	case TARGET_GATEWAY:
		return "gateway";
	case TARGET_PREFIX:
		return write_prefix(&target->prefix, word);
	case TARGET_PEER:
		return policy->peers[target->index].name;
	case TARGET_SEGMENT:
		return policy->segments[target->index].name;
	case TARGET_ROLE:
		return policy->roles[target->index].name;
	case TARGET_DEVICE:
		return policy->devices[target->index].name;
	}
	return "";
}

int compare_limits(const struct rate *before, const struct rate *after)
{
	unsigned __int128 x = (unsigned __int128)before->count * after->period;
	unsigned __int128 y = (unsigned __int128)after->count * before->period;

	if (!before->count || !after->count)
		return (before->count != 0) - (after->count != 0);
	if (x != y)
		return y < x ? -1 : 1;
	return (after->burst > before->burst) - (after->burst < before->burst);
}

bool write_place(const struct policy *policy, const struct loc *loc, struct items *out)
{
	if (!loc->line || loc->file >= policy->nfiles)
		return false;
	items_add(out, "%s:%u", policy->files[loc->file].name, loc->line);
	return true;
}
