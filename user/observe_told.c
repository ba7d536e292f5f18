// SPDX-License-Identifier: GPL-2.0-only
/* What DHCP (RFC 2131, 2132), DNS (RFC 1035) and router advertisements (RFC 4861) tell of who is who. */
#include "observe_parts.h"

#include <arpa/inet.h>
#include <string.h>

#include "eval_place.h"
#include "subnets.h"

#define IPV4_BITS 96
#define UDP_HEADER 8

enum dhcp {
	DHCP_REQUEST = 1,
	DHCP_REPLY = 2,
	DHCP_YOUR_ADDRESS = 16,
	DHCP_CLIENT_MAC = 28,
	DHCP_COOKIE = 236,
	DHCP_OPTIONS = 240,
};

enum dhcp_option { OPTION_PAD = 0, OPTION_MASK = 1, OPTION_HOST_NAME = 12, OPTION_FQDN = 81, OPTION_END = 255 };

enum dns { DNS_HEADER = 12, DNS_A = 1, DNS_AAAA = 28, DNS_LABEL = 63 };

static uint16_t be16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static struct picket_addr ipv4_at(const uint8_t *at)
{
	struct picket_addr addr = { .w = { 0, 0, htonl(0xffff), 0 } };

	memcpy(&addr.w[3], at, 4);
	return addr;
}

/* What the UDP packet carries, by its own length. */
static const uint8_t *payload(const struct packet *p, size_t *len)
{
	size_t bytes = be16(p->l4 + 4);

	if (bytes > p->l4_len)
		bytes = p->l4_len;
	*len = bytes - UDP_HEADER;
	return p->l4 + UDP_HEADER;
}

void tell_subnet(struct port_seen *port, const struct prefix *prefix, bool own)
{
	size_t i = 0;

	while (i < port->ntold && (port->told[i].prefix.len != prefix->len ||
				   !addr_equal(&port->told[i].prefix.addr, &prefix->addr)))
		i++;
	if (i == port->ntold && i < OBSERVE_TOLD)
		port->told[port->ntold++] = (struct told_subnet){ .prefix = *prefix };
	for (size_t j = 0; own && i == OBSERVE_TOLD && j < OBSERVE_TOLD; j++) {
		if (port->told[j].own)
			continue;
		port->told[j].prefix = *prefix;
		i = j;
	}
	if (i < OBSERVE_TOLD)
		port->told[i].own |= own;
}

static void told_of(const struct observed *o, const struct picket_addr *addr, unsigned int len)
{
	struct prefix prefix = { .addr = addr_masked(addr, len), .len = len };

	tell_subnet(&o->observer->ports[o->key.port], &prefix, false);
}

/* ---- DHCP ---- */

/* The option's value, NULL: it is not there. */
static const uint8_t *dhcp_option(const uint8_t *message, size_t len, uint8_t option, size_t *value_len)
{
	size_t at = DHCP_OPTIONS;

	while (at < len && message[at] != OPTION_END) {
		if (message[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (len - at < 2 || len - at - 2 < message[at + 1])
			return NULL;
		*value_len = message[at + 1];
		if (message[at] == option)
			return message + at + 2;
		at += 2 + *value_len;
	}
	return NULL;
}

static void take_host_name(struct station *station, const uint8_t *name, size_t len)
{
	if (len >= sizeof(station->host_name))
		len = sizeof(station->host_name) - 1;
	memset(station->host_name, 0, sizeof(station->host_name));
	memcpy(station->host_name, name, len);
}

static void dhcp_client(const struct observed *o, const uint8_t *message, size_t len)
{
	size_t name_len;
	const uint8_t *name;

	if (memcmp(message + DHCP_CLIENT_MAC, o->key.mac, 6)) /* a relay's */
		return;
	name = dhcp_option(message, len, OPTION_HOST_NAME, &name_len);
	if (name) {
		take_host_name(o->station, name, name_len);
		return;
	}
	name = dhcp_option(message, len, OPTION_FQDN, &name_len); /* RFC 4702: flags and two codes before it */
	if (name && name_len > 3)
		take_host_name(o->station, name + 3, name_len - 3);
}

static void dhcp_server(const struct observed *o, const uint8_t *message, size_t len)
{
	struct picket_addr addr = ipv4_at(message + DHCP_YOUR_ADDRESS);
	size_t mask_len;
	const uint8_t *at = dhcp_option(message, len, OPTION_MASK, &mask_len);
	uint32_t mask;
	unsigned int bits;

	if (!at || mask_len != 4 || addr_is_unspecified(&addr))
		return;
	memcpy(&mask, at, 4);
	mask = ntohl(mask);
	bits = mask ? 32 - __builtin_ctz(mask) : 0;
	if (bits >= 8 && bits <= 30 && mask == ~0U << (32 - bits))
		told_of(o, &addr, IPV4_BITS + bits);
}

void observe_dhcp(const struct observed *o)
{
	static const uint8_t cookie[4] = { 99, 130, 83, 99 };
	size_t len;
	const uint8_t *message = payload(&o->p, &len);

	if (o->p.version != 4 || len < DHCP_OPTIONS || memcmp(message + DHCP_COOKIE, cookie, 4))
		return;
	if (message[0] == DHCP_REQUEST)
		dhcp_client(o, message, len);
	else if (message[0] == DHCP_REPLY)
		dhcp_server(o, message, len);
}

/* ---- DNS ---- */

/* The question's name as text, at most its last labels that fit; returns where it ends, 0: it is malformed. */
static size_t question_name(const uint8_t *message, size_t len, char name[OBSERVE_NAME])
{
	size_t at = DNS_HEADER, used = 0;

	while (at < len && message[at]) {
		size_t label = message[at];
		char *dot;

		if (label > DNS_LABEL || len - at - 1 < label)
			return 0;
		while (used && used + 1 + label >= OBSERVE_NAME) {
			dot = memchr(name, '.', used);
			used = dot ? used - (dot + 1 - name) : 0;
			memmove(name, dot ? dot + 1 : name, used);
		}
		if (used)
			name[used++] = '.';
		memcpy(name + used, message + at + 1, label);
		used += label;
		at += 1 + label;
	}
	memset(name + used, 0, OBSERVE_NAME - used);
	return at + 5 <= len ? at + 5 : 0; /* the root, type and class */
}

/* Where the name at this place ends; len when it is malformed. */
static size_t skip_name(const uint8_t *message, size_t len, size_t at)
{
	while (at < len && message[at] && message[at] < 0xc0)
		at += 1 + (size_t)message[at];
	if (at < len)
		at += message[at] ? 2 : 1;
	return at < len ? at : len;
}

static void name_address(const struct observed *o, const struct picket_addr *addr, const char *name)
{
	struct host_name *known;
	bool fresh;

	known = cache_put(&o->observer->names, addr, &fresh);
	if (!known)
		return;
	/* the first name stays, so that one address is not two peers */
	if (fresh)
		memcpy(known->name, name, sizeof(known->name));
	known->last = o->frame->time;
}

static void take_answer(const struct observed *o, uint16_t type, const uint8_t *data, size_t len, const char *name)
{
	struct picket_addr addr;

	if (type == DNS_A && len == 4) {
		addr = ipv4_at(data);
		name_address(o, &addr, name);
	} else if (type == DNS_AAAA && len == 16) {
		memcpy(addr.w, data, 16);
		name_address(o, &addr, name);
	}
}

void observe_dns(const struct observed *o)
{
	size_t len, at, data_len;
	const uint8_t *message = payload(&o->p, &len);
	char name[OBSERVE_NAME];

	if (len < DNS_HEADER || !(message[2] & 0x80) || be16(message + 4) != 1)
		return;
	at = question_name(message, len, name);
	for (unsigned int n = be16(message + 6); at && n && at < len; n--) {
		at = skip_name(message, len, at);
		if (len - at < 10)
			return;
		data_len = be16(message + at + 8);
		if (len - at - 10 < data_len)
			return;
		take_answer(o, be16(message + at), message + at + 10, data_len, name);
		at += 10 + data_len;
	}
}

const char *observed_name(const struct observer *observer, const struct picket_addr *addr)
{
	const struct host_name *known = cache_find(&observer->names, addr);

	return known ? known->name : NULL;
}

/* ---- router advertisements ---- */

void observe_advertisement(const struct observed *o)
{
	const struct packet *p = &o->p;
	struct picket_addr addr;

	/* packet_discovery() has looked at the options' lengths */
	for (size_t at = 16; at < p->l4_len; at += p->l4[at + 1] * 8) {
		const uint8_t *option = p->l4 + at;

		if (option[0] != 3 || option[1] != 4 || !(option[3] & 0x80) || option[2] < 16 || option[2] > 127)
			continue;
		memcpy(addr.w, option + 16, 16);
		if (!addr_is_link_local(&addr) && !addr_is_multicast(&addr))
			told_of(o, &addr, option[2]);
	}
}
