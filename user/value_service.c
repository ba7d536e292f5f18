// SPDX-License-Identifier: GPL-2.0-only
#include <netinet/in.h>
#include <string.h>

#include "value.h"

static const struct {
	const char *name;
	uint8_t proto;
} PROTOCOLS[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
};
#define NPROTOCOLS (sizeof(PROTOCOLS) / sizeof(PROTOCOLS[0]))

static bool report_service(struct diag *diag, const struct text *text)
{
	diag_error(diag, text->loc,
		   "\"%.*s\" is no service: write tcp/N, udp/N, sctp/N, a range like tcp/8000-8080, "
		   "tcp, udp, sctp, icmp, proto/N or any",
		   QUOTED(text));
	return false;
}

/* A decimal number up to most without leading zeros; -1 when it is none. */
static int number_read(const char *s, size_t len, int most)
{
	int number = 0;
	size_t i;

	if (!len || len > 5 || (len > 1 && s[0] == '0'))
		return -1;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		number = number * 10 + s[i] - '0';
	}
	return number <= most ? number : -1;
}

static bool service_ports(struct diag *diag, const struct text *text, const char *s, size_t len,
			  struct service *out)
{
	const char *dash = memchr(s, '-', len);
	size_t first = dash ? (size_t)(dash - s) : len;
	int lo = number_read(s, first, 65535);
	int hi = dash ? number_read(dash + 1, len - first - 1, 65535) : lo;

	if (lo < 0 || hi < 0) {
		diag_error(diag, text->loc, "\"%.*s\" has no port from 0 to 65535 after the slash",
			   QUOTED(text));
		return false;
	}
	if (lo > hi) {
		diag_error(diag, text->loc, "the range in \"%.*s\" runs backwards: write the lower port first",
			   QUOTED(text));
		return false;
	}
	out->lo = lo;
	out->hi = hi;
	return true;
}

static bool service_protocol(struct diag *diag, const struct text *text, const char *s, size_t len,
			     struct service *out)
{
	static const struct {
		int proto;
		const char *name;
	} named[] = {
		{ IPPROTO_TCP, "tcp" }, { IPPROTO_UDP, "udp" }, { IPPROTO_SCTP, "sctp" },
		{ IPPROTO_ICMP, "icmp" }, { IPPROTO_ICMPV6, "icmp" },
	};
	int proto = number_read(s, len, 255);
	size_t i;

	if (proto < 0) {
		diag_error(diag, text->loc, "\"%.*s\" has no IP protocol number from 0 to 255 after the slash",
			   QUOTED(text));
		return false;
	}
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (proto == named[i].proto) {
			diag_error(diag, text->loc, "proto/%d is written by name: write %s", proto,
				   named[i].name);
			return false;
		}
	out->kind = SERVICE_PROTO;
	out->proto = proto;
	return true;
}

bool value_service(struct diag *diag, const struct text *text, struct service *out)
{
	const char *slash = memchr(text->s, '/', text->len);
	struct text word = { text->s, slash ? (size_t)(slash - text->s) : text->len, text->loc };
	size_t rest = slash ? text->len - word.len - 1 : 0, i;
	struct service service = { .kind = SERVICE_PROTO, .hi = 65535, .loc = text->loc };

	for (i = 0; i < NPROTOCOLS && !text_is(&word, PROTOCOLS[i].name); i++)
		;
	if (i < NPROTOCOLS) {
		service.proto = PROTOCOLS[i].proto;
		if (slash && !service_ports(diag, text, slash + 1, rest, &service))
			return false;
	} else if (slash && text_is(&word, "proto")) {
		if (!service_protocol(diag, text, slash + 1, rest, &service))
			return false;
	} else if (!slash && text_is(&word, "icmp")) {
		service.kind = SERVICE_ECHO;
	} else if (!slash && text_is(&word, "any")) {
		service.kind = SERVICE_ANY;
	} else {
		return report_service(diag, text);
	}
	*out = service;
	return true;
}
