// SPDX-License-Identifier: GPL-2.0-only
#include "value.h"

#include <string.h>

#define NAME_LONGEST 63
#define INTERFACE_LONGEST 15
#define ETHERTYPE_SMALLEST 0x600

bool text_is(const struct text *text, const char *word)
{
	return text->len == strlen(word) && !memcmp(text->s, word, text->len);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool text_is_address(const struct text *text)
{
	size_t i, dots = 0;

	if (memchr(text->s, ':', text->len) || memchr(text->s, '/', text->len))
		return true;
	for (i = 0; i < text->len; i++) {
		if (!is_digit(text->s[i]) && text->s[i] != '.')
			return false;
		dots += text->s[i] == '.';
	}
	return dots == 3;
}

static bool name_start(char c, bool upper)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (upper && c >= 'A' && c <= 'Z');
}

bool value_name(struct diag *diag, const struct text *text, const char *what, bool upper)
{
	size_t i;

	if (!text->len || text->len > NAME_LONGEST) {
		diag_error(diag, text->loc, "a %s's name must have 1 to %d characters: this has %zu", what,
			   NAME_LONGEST, text->len);
		return false;
	}
	for (i = 0; i < text->len; i++)
		if (!name_start(text->s[i], upper) && (!i || !memchr("_.-", text->s[i], 3)))
			break;
	if (i < text->len) {
		diag_error(diag, text->loc,
			   "\"%.*s\" is no %s name: use %sletters, digits, '_', '.' and '-', and begin "
			   "with a letter or digit",
			   QUOTED(text), what, upper ? "" : "lower-case ");
		return false;
	}
	if (text_is(text, "gateway") || text_is(text, "any")) {
		diag_error(diag, text->loc, "\"%.*s\" is a built-in word: choose another name",
			   QUOTED(text));
		return false;
	}
	if (text_is_address(text)) {
		diag_error(diag, text->loc, "the %s name \"%.*s\" reads as an address: choose another",
			   what, QUOTED(text));
		return false;
	}
	return true;
}

bool value_bool(struct diag *diag, const struct text *text, bool *out)
{
	bool yes = text_is(text, "true");

	if (!yes && !text_is(text, "false")) {
		diag_error(diag, text->loc, "\"%.*s\" is neither true nor false: write one of them",
			   QUOTED(text));
		return false;
	}
	*out = yes;
	return true;
}

/* Decimal digits at the start of text, at most 2^64 - 1; how many there are, 0 for none or too much. */
static size_t digits_read(const char *s, size_t len, uint64_t *out)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < len && is_digit(s[i]); i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(s[i] - '0'), &number))
			return 0;
	*out = number;
	return i;
}

bool value_number(struct diag *diag, const struct text *text, uint64_t lo, uint64_t hi,
		  uint64_t *out)
{
	uint64_t number;

	if (!text->len || digits_read(text->s, text->len, &number) != text->len || number < lo ||
	    number > hi) {
		diag_error(diag, text->loc, "\"%.*s\" is no whole number from %llu to %llu",
			   QUOTED(text), (unsigned long long)lo, (unsigned long long)hi);
		return false;
	}
	*out = number;
	return true;
}

bool value_choice(struct diag *diag, const struct text *text, const char *const *words, size_t n,
		  size_t *out)
{
	char list[128] = "";
	size_t i, len = 0;

	for (i = 0; i < n; i++)
		if (text_is(text, words[i])) {
			*out = i;
			return true;
		}
	for (i = 0; i < n && len < sizeof(list); i++)
		len += snprintf(list + len, sizeof(list) - len, "%s%s",
				!i ? "" : i + 1 < n ? ", " : " or ", words[i]);
	diag_error(diag, text->loc, "\"%.*s\" is not known here: write %s", QUOTED(text), list);
	return false;
}

bool value_interface(struct diag *diag, const struct text *text)
{
	size_t i;

	for (i = 0; i < text->len; i++)
		if (text->s[i] == '/' || text->s[i] == ':' || text->s[i] <= ' ' || text->s[i] >= 0x7f)
			break;
	if (!text->len || i < text->len || text->len > INTERFACE_LONGEST || text_is(text, ".") ||
	    text_is(text, "..")) {
		diag_error(diag, text->loc,
			   "\"%.*s\" is no interface name: it has 1 to %d characters, none of them a "
			   "space, '/' or ':'",
			   QUOTED(text), INTERFACE_LONGEST);
		return false;
	}
	return true;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool value_mac(struct diag *diag, const struct text *text, uint8_t out[6])
{
	uint8_t mac[6];
	size_t i;

	for (i = 0; text->len == 17 && i < 6; i++) {
		int high = hex_digit(text->s[3 * i]), low = hex_digit(text->s[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text->s[3 * i + 2] != text->s[2]))
			break;
		mac[i] = high << 4 | low;
	}
	if (text->len != 17 || i < 6 || (text->s[2] != ':' && text->s[2] != '-')) {
		diag_error(diag, text->loc,
			   "\"%.*s\" is no MAC address: write it like 02:00:5e:10:00:17", QUOTED(text));
		return false;
	}
	if (mac[0] & 1) {
		diag_error(diag, text->loc,
			   "%.*s is a group MAC address, which no device sends from: write the device's own",
			   QUOTED(text));
		return false;
	}
	if (!memcmp(mac, "\0\0\0\0\0", 6)) {
		diag_error(diag, text->loc, "the MAC address is zero: write the device's own");
		return false;
	}
	memcpy(out, mac, 6);
	return true;
}

static const struct {
	const char *name;
	uint16_t value;
} known_ethertypes[] = {
	{ "eapol", 0x888e }, { "lldp", 0x88cc }, { "profinet", 0x8892 }, { "goose", 0x88b8 },
	{ "ethercat", 0x88a4 }, { "ptp", 0x88f7 }, { "wol", 0x0842 },
};

#define KNOWN_ETHERTYPES (sizeof(known_ethertypes) / sizeof(known_ethertypes[0]))

const char *ethertype_name(uint16_t ethertype)
{
	for (size_t i = 0; i < KNOWN_ETHERTYPES; i++) {
		if (known_ethertypes[i].value == ethertype)
			return known_ethertypes[i].name;
	}
	return NULL;
}

bool value_ethertype(struct diag *diag, const struct text *text, uint16_t *out)
{
	static const uint16_t decided[] = { 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8 };
	uint32_t value = 0;
	size_t i;

	for (i = 0; i < KNOWN_ETHERTYPES; i++)
		if (text_is(text, known_ethertypes[i].name)) {
			*out = known_ethertypes[i].value;
			return true;
		}
	for (i = 2; i < text->len && i < 6 && hex_digit(text->s[i]) >= 0; i++)
		value = value << 4 | hex_digit(text->s[i]);
	if (text->len < 3 || i < text->len || memcmp(text->s, "0x", 2) || value < ETHERTYPE_SMALLEST) {
		diag_error(diag, text->loc,
			   "\"%.*s\" is no EtherType: write eapol, lldp, profinet, goose, ethercat, ptp, "
			   "wol, or a number from 0x600 to 0xffff",
			   QUOTED(text));
		return false;
	}
	for (i = 0; i < sizeof(decided) / sizeof(decided[0]); i++)
		if (value == decided[i]) {
			diag_error(diag, text->loc,
				   "0x%04x is IPv4, IPv6, ARP or a VLAN tag, which are judged by the "
				   "other rules: remove it",
				   value);
			return false;
		}
	*out = value;
	return true;
}

bool value_space(struct diag *diag, const struct text *text)
{
	size_t i;
	bool empty = true;

	for (i = 0; i < text->len; i++) {
		if ((unsigned char)text->s[i] < ' ' || text->s[i] == 0x7f ||
		    (text->s[i] == '/' && empty))
			break;
		empty = text->s[i] == '/';
	}
	if (i < text->len || empty) {
		diag_error(diag, text->loc,
			   "\"%.*s\" is no place: write it like hq/floor-2/room-210", QUOTED(text));
		return false;
	}
	return true;
}
