// SPDX-License-Identifier: GPL-2.0-only
#include "policy_writer.h"

#include <string.h>
#include <strings.h>

#include "names.h"
#include "value.h"

#define IPV4_BITS 96
#define LINE 100 /* columns */
#define DAY_LEN 11 /* "2026-11-23T" */

/* Words that some reader of YAML takes for no string. */
static bool is_yaml_word(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y", "n" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcasecmp(text, words[i]))
			return true;
	}
	return false;
}

const char *policy_text(const char *text, char buf[POLICY_TEXT])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/";
	/* a number, in whichever base, has none of these */
	bool word = strpbrk(text, "ghijklmnpqrstuvwyzGHIJKLMNPQRSTUVWYZ") && text[strspn(text, "_.-/")] == *text;
	char *to = buf;

	if (word && !text[strspn(text, plain)] && !is_yaml_word(text)) {
		snprintf(buf, POLICY_TEXT, "%s", text);
		return buf;
	}
	*to++ = '"';
	for (; *text && to < buf + POLICY_TEXT - 3; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	strcpy(to, "\"");
	return buf;
}

const char *policy_addr(const struct picket_addr *addr, char buf[POLICY_TEXT])
{
	char text[ADDR_LEN];

	snprintf(buf, POLICY_TEXT, addr_is_ipv4(addr) ? "%s" : "\"%s\"", format_addr(addr, text));
	return buf;
}

const char *policy_prefix(const struct prefix *prefix, char buf[POLICY_TEXT])
{
	bool ipv4 = addr_is_ipv4(&prefix->addr) && prefix->len >= IPV4_BITS;
	char text[ADDR_LEN];

	snprintf(buf, POLICY_TEXT, ipv4 ? "%s/%u" : "\"%s/%u\"", format_addr(&prefix->addr, text),
		 prefix->len - (ipv4 ? IPV4_BITS : 0));
	return buf;
}

const char *policy_mac(const uint8_t mac[6], char buf[POLICY_TEXT])
{
	char text[MAC_LEN];

	snprintf(buf, POLICY_TEXT, "\"%s\"", format_mac(mac, text));
	return buf;
}

const char *policy_service(const struct service *service, char buf[POLICY_TEXT])
{
	char protocol[PROTOCOL_LEN];

	format_protocol(service->proto, protocol);
	if (service->kind == SERVICE_ANY)
		snprintf(buf, POLICY_TEXT, "any");
	else if (service->kind == SERVICE_ECHO)
		snprintf(buf, POLICY_TEXT, "icmp");
	else if (!service->lo && service->hi == UINT16_MAX)
		snprintf(buf, POLICY_TEXT, "%s", protocol);
	else if (service->lo == service->hi)
		snprintf(buf, POLICY_TEXT, "%s/%u", protocol, service->lo);
	else
		snprintf(buf, POLICY_TEXT, "%s/%u-%u", protocol, service->lo, service->hi);
	return buf;
}

const char *policy_ethertype(uint16_t ethertype, char buf[POLICY_TEXT])
{
	const char *name = ethertype_name(ethertype);

	if (name)
		snprintf(buf, POLICY_TEXT, "%s", name);
	else
		snprintf(buf, POLICY_TEXT, "0x%04x", ethertype);
	return buf;
}

const char *policy_port(const char *interface, uint16_t vlan, char buf[POLICY_TEXT])
{
	char text[POLICY_TEXT];

	if (!vlan)
		return policy_text(interface, buf);
	snprintf(buf, POLICY_TEXT, "{name: %.100s, vlan: %u}", policy_text(interface, text), vlan);
	return buf;
}

void policy_list_begin(struct policy_list *list, FILE *to, int column, const char *key)
{
	*list = (struct policy_list){ .to = to, .indent = column + (int)strlen(key) + 3 };
	list->column = list->indent;
	fprintf(to, "%s: [", key);
}

void policy_list_add(struct policy_list *list, const char *item)
{
	int len = strlen(item);

	if (list->started && list->column + len + 2 > LINE) {
		fprintf(list->to, ",\n%*s", list->indent, "");
		list->column = list->indent;
	} else if (list->started) {
		fputs(", ", list->to);
	}
	fputs(item, list->to);
	list->column += len + 2;
	list->started = true;
}

void policy_list_end(struct policy_list *list)
{
	putc(']', list->to);
}

void policy_when(FILE *to, int64_t first, int64_t last)
{
	char from[TIME_LEN], until[TIME_LEN];

	format_time(first - first % NSEC_PER_SEC, from);
	format_time(last - last % NSEC_PER_SEC, until);
	if (!strcmp(from, until))
		fputs(from, to);
	else if (!strncmp(from, until, DAY_LEN))
		fprintf(to, "%.*s to %s", (int)strlen(from) - 1, from, until + DAY_LEN);
	else
		fprintf(to, "%s to %s", from, until);
}
