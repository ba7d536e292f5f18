// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "names.h"
#include "policy.h"

const char *reason_name(unsigned int reason)
{
	static const char *const names[] = {
#define X(id, name) [REASON_##id] = name,
		PICKET_REASONS(X)
#undef X
	};

	return reason < REASON_COUNT ? names[reason] : "unknown";
}

enum reason reason_number(const char *name)
{
	for (unsigned int reason = 1; name && reason < REASON_COUNT; reason++) {
		if (!strcmp(reason_name(reason), name))
			return reason;
	}
	return REASON_NONE;
}

const char *verdict_name(unsigned int verdict)
{
	static const char *const names[] = {
		[VERDICT_PASS] = "pass",
		[VERDICT_DROP] = "drop",
		[VERDICT_AUDIT] = "audit",
	};

	return verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "unknown";
}

const char *format_addr(const struct picket_addr *addr, char buf[ADDR_LEN])
{
	if (addr_is_ipv4(addr))
		inet_ntop(AF_INET, &addr->w[3], buf, ADDR_LEN);
	else
		inet_ntop(AF_INET6, addr->w, buf, ADDR_LEN);
	return buf;
}

const char *format_mac(const uint8_t mac[6], char buf[MAC_LEN])
{
	snprintf(buf, MAC_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return buf;
}

const char *format_protocol(uint8_t protocol, char buf[PROTOCOL_LEN])
{
	const char *name = NULL;

	if (protocol == IPPROTO_TCP)
		name = "tcp";
	else if (protocol == IPPROTO_UDP)
		name = "udp";
	else if (protocol == IPPROTO_SCTP)
		name = "sctp";
	else if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		name = "icmp";
	if (name)
		snprintf(buf, PROTOCOL_LEN, "%s", name);
	else
		snprintf(buf, PROTOCOL_LEN, "proto/%u", protocol);
	return buf;
}

const char *format_time(int64_t unix_ns, char buf[TIME_LEN])
{
	int64_t fraction = unix_ns % NSEC_PER_SEC;
	time_t seconds = unix_ns / NSEC_PER_SEC;
	struct tm tm;
	size_t len;

	if (fraction < 0) {
		fraction += NSEC_PER_SEC;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	len = strftime(buf, TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	if (fraction / 1000)
		len += snprintf(buf + len, TIME_LEN - len, ".%06" PRId64, fraction / 1000);
	snprintf(buf + len, TIME_LEN - len, "Z");
	return buf;
}

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{"d", 86400 * NSEC_PER_SEC}, {"h", 3600 * NSEC_PER_SEC}, {"m", 60 * NSEC_PER_SEC},
	{"s", NSEC_PER_SEC}, {"ms", 1000000}, {"us", 1000}, {"ns", 1},
};

#define NUNITS (sizeof(units) / sizeof(units[0]))
#define UNIT_SECONDS 3 /* below it one unit says enough */

const char *format_duration(int64_t ns, char buf[DURATION_LEN])
{
	const char *sign = ns < 0 ? "-" : "";
	uint64_t left = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	size_t unit = 0;
	uint64_t rest;

	while (unit < NUNITS && left < (uint64_t)units[unit].ns)
		unit++;
	if (unit == NUNITS) {
		snprintf(buf, DURATION_LEN, "0s");
		return buf;
	}
	rest = unit < UNIT_SECONDS ? left % units[unit].ns / units[unit + 1].ns : 0;
	if (rest)
		snprintf(buf, DURATION_LEN, "%s%" PRIu64 "%s%" PRIu64 "%s", sign, left / units[unit].ns,
			 units[unit].name, rest, units[unit + 1].name);
	else
		snprintf(buf, DURATION_LEN, "%s%" PRIu64 "%s", sign, left / units[unit].ns,
			 units[unit].name);
	return buf;
}

const char *format_size(uint64_t bytes, char buf[SIZE_LEN])
{
	static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double size = bytes;
	int unit = -1;

	/* 1023.95 would be shown as 1024.0 */
	while (size >= 1023.95 && unit < 5) {
		size /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(buf, SIZE_LEN, "%" PRIu64 " B", bytes);
	else
		snprintf(buf, SIZE_LEN, "%.1f %s", size, names[unit]);
	return buf;
}

int parse_addr(const char *text, struct picket_addr *out)
{
	struct picket_addr addr = {{0, 0, htonl(0xffff), 0}};

	if (inet_pton(AF_INET, text, &addr.w[3]) != 1 && inet_pton(AF_INET6, text, addr.w) != 1)
		return -EINVAL;
	*out = addr;
	return 0;
}

static int hex_digit(char digit)
{
	if (!isxdigit((unsigned char)digit))
		return -1;
	return isdigit((unsigned char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

size_t parse_hex(const char *text, uint8_t *out, size_t most)
{
	size_t n = 0;

	for (; n < most; text += 2) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			break;
		out[n++] = high << 4 | low;
	}
	return n;
}

int parse_number(const char *text, uint64_t lo, uint64_t hi, uint64_t *out)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number < lo || number > hi)
		return -EINVAL;
	*out = number;
	return 0;
}

static const char *parse_unit(const char *text, int64_t *ns)
{
	/* "m" begins "ms" too */
	for (size_t i = NUNITS; i-- > 0;) {
		size_t len = strlen(units[i].name);

		if (!strncmp(text, units[i].name, len) && !isalpha((unsigned char)text[len])) {
			*ns = units[i].ns;
			return text + len;
		}
	}
	return NULL;
}

int parse_mac(const char *text, uint8_t out[6])
{
	uint8_t mac[6];
	int end = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
		   &end) != 6 || end != MAC_LEN - 1 || text[end])
		return -EINVAL;
	memcpy(out, mac, 6);
	return 0;
}

int parse_duration(const char *text, int64_t *ns)
{
	const int64_t most = 100 * 365 * units[0].ns;
	int64_t sum = 0;

	if (!*text)
		return -EINVAL;
	while (*text) {
		unsigned long long n;
		int64_t unit;
		char *end;

		if (!isdigit((unsigned char)*text))
			return -EINVAL;
		errno = 0;
		n = strtoull(text, &end, 10);
		text = parse_unit(end, &unit);
		if (errno || !text || n > (uint64_t)(most / unit))
			return -EINVAL;
		sum += (int64_t)n * unit;
		if (sum > most)
			return -EINVAL;
	}
	if (!sum)
		return -EINVAL;
	*ns = sum;
	return 0;
}
