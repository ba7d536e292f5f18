// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <string.h>

#include "names.h"
#include "subnets.h"
#include "value.h"

#define IPV4_BITS 96 /* an IPv4 prefix length's distance from the IPv6 one */

static bool addr_is_compatible(const struct picket_addr *addr)
{
	return !addr->w[0] && !addr->w[1] && !addr->w[2];
}

/* The address alone, whatever it is; *ipv6: written with colons. */
static bool addr_read(const char *s, size_t len, struct picket_addr *out, bool *ipv6)
{
	char copy[ADDR_LEN];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, s, len);
	copy[len] = 0;
	*ipv6 = memchr(s, ':', len);
	return !parse_addr(copy, out);
}

/* What stands in the way of IPv6 addresses that stand for IPv4 ones, or NULL. */
static const char *ipv6_complaint(const struct picket_addr *addr, unsigned int len)
{
	if (len < IPV4_BITS)
		return NULL;
	if (addr_is_ipv4(addr))
		return "lies in ::ffff:0:0/96, which no packet may carry: write the IPv4 address";
	if (addr_is_compatible(addr))
		return "lies in ::/96, which no packet may carry: remove it";
	return NULL;
}

static const char *ipv4_complaint(uint32_t addr)
{
	if (!addr)
		return "is the unspecified address";
	if (addr >> 24 == 0)
		return "lies in 0.0.0.0/8, which is no one's";
	if (addr >> 24 == 127)
		return "is a loopback address";
	if (addr >> 28 == 14)
		return "is a multicast address";
	if (addr == ~0U)
		return "is the broadcast address";
	if (addr >> 28 == 15)
		return "lies in 240.0.0.0/4, which is no one's";
	return NULL;
}

/* Why nobody can have this address, or NULL. */
static const char *addr_complaint(const struct picket_addr *addr)
{
	if (addr_is_ipv4(addr))
		return ipv4_complaint(ntohl(addr->w[3]));
	if (ntohl(addr->w[0]) >> 24 == 0xff)
		return "is a multicast address";
	if (addr_is_compatible(addr) && ntohl(addr->w[3]) <= 1)
		return addr->w[3] ? "is a loopback address" : "is the unspecified address";
	return NULL;
}

bool value_addr(struct diag *diag, const struct text *text, struct picket_addr *out)
{
	struct picket_addr addr;
	const char *complaint;
	bool ipv6;

	if (!addr_read(text->s, text->len, &addr, &ipv6)) {
		diag_error(diag, text->loc, "\"%.*s\" is no IP address: write it like 10.20.0.17 or fd00::17",
			   QUOTED(text));
		return false;
	}
	complaint = ipv6 && addr_is_ipv4(&addr) ? NULL : addr_complaint(&addr);
	if (complaint) {
		diag_error(diag, text->loc, "%.*s %s: write the address of one host", QUOTED(text),
			   complaint);
		return false;
	}
	complaint = ipv6 ? ipv6_complaint(&addr, 128) : NULL;
	if (complaint) {
		diag_error(diag, text->loc, "%.*s %s", QUOTED(text), complaint);
		return false;
	}
	*out = addr;
	return true;
}

static bool prefix_len_read(const char *s, size_t len, unsigned int most, unsigned int *out)
{
	unsigned int number = 0;
	size_t i;

	if (!len || len > 3 || (len > 1 && s[0] == '0'))
		return false;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		number = number * 10 + s[i] - '0';
	}
	*out = number;
	return number <= most;
}

static void report_no_prefix(struct diag *diag, const struct text *text, bool bare)
{
	diag_error(diag, text->loc, "\"%.*s\" is no %s: write it like 10.20.0.0/16 or fd00:20::/64%s",
		   QUOTED(text), bare ? "address and no CIDR block" : "CIDR block",
		   bare ? ", or as a single address" : "");
}

static bool prefix_check(struct diag *diag, const struct text *text, bool ipv6,
			 const struct picket_addr *addr, unsigned int len)
{
	const char *complaint = ipv6 ? ipv6_complaint(addr, len) : NULL;
	struct picket_addr masked = addr_masked(addr, len);
	char right[ADDR_LEN];

	if (complaint) {
		diag_error(diag, text->loc, "%.*s %s", QUOTED(text), complaint);
		return false;
	}
	if (memcmp(&masked, addr, sizeof(masked))) {
		diag_error(diag, text->loc, "%.*s has bits set behind its prefix length: write %s/%u",
			   QUOTED(text), format_addr(&masked, right), ipv6 ? len : len - IPV4_BITS);
		return false;
	}
	return true;
}

bool value_prefix(struct diag *diag, const struct text *text, bool bare, struct prefix *out)
{
	const char *slash = memchr(text->s, '/', text->len);
	size_t len = slash ? (size_t)(slash - text->s) : text->len;
	unsigned int bits;
	struct picket_addr addr;
	bool ipv6;

	if (!addr_read(text->s, len, &addr, &ipv6) || (!slash && !bare)) {
		report_no_prefix(diag, text, bare);
		return false;
	}
	bits = ipv6 ? 128 : 32;
	if (slash && !prefix_len_read(slash + 1, text->s + text->len - slash - 1, bits, &bits)) {
		diag_error(diag, text->loc, "\"%.*s\" has no prefix length from 0 to %d after the slash",
			   QUOTED(text), ipv6 ? 128 : 32);
		return false;
	}
	bits += ipv6 ? 0 : IPV4_BITS;
	if (!prefix_check(diag, text, ipv6, &addr, bits))
		return false;
	*out = (struct prefix){ .addr = addr, .len = bits };
	return true;
}
