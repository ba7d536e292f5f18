// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "value.h"

static const struct unit {
	const char *name;
	uint64_t bytes;
} UNITS[] = {
	{ "", 1 }, { "B", 1 },
	{ "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
	{ "KiB", 1ULL << 10 }, { "MiB", 1ULL << 20 }, { "GiB", 1ULL << 30 },
};

static const char *const EXAMPLES[LIMIT_KINDS] = {
	[LIMIT_FLOWS] = "50",
	[LIMIT_PACKETS] = "50",
	[LIMIT_BYTES] = "64KiB",
};

/* A number, and with bytes a unit; 0, or the sentence's end that says what is wrong. */
static const char *amount_read(const char *s, size_t len, enum limit_kind kind, uint64_t *out)
{
	uint64_t number = 0;
	size_t i, unit, units = kind == LIMIT_BYTES ? sizeof(UNITS) / sizeof(UNITS[0]) : 1;

	for (i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(s[i] - '0'), &number))
			return "is too much: write a smaller number";
	for (unit = 0; unit < units; unit++)
		if (strlen(UNITS[unit].name) == len - i &&
		    !memcmp(UNITS[unit].name, s + i, len - i))
			break;
	if (!i || unit == units)
		return kind == LIMIT_BYTES ?
			       "is no amount: write a whole number and B, KB, MB, GB, KiB, MiB or GiB" :
			       "is no amount: write a whole number";
	if (__builtin_mul_overflow(number, UNITS[unit].bytes, out))
		return "is too much: write a smaller number";
	return NULL;
}

bool value_burst(struct diag *diag, const struct text *text, enum limit_kind kind, uint64_t *out)
{
	uint64_t amount = 0;
	const char *complaint = amount_read(text->s, text->len, kind, &amount);

	if (complaint) {
		diag_error(diag, text->loc, "\"%.*s\" %s", QUOTED(text), complaint);
		return false;
	}
	if (!amount) {
		diag_error(diag, text->loc, "a burst of 0 lets nothing pass: leave out the rule instead");
		return false;
	}
	*out = amount;
	return true;
}

static uint64_t period_read(const char *s, size_t len)
{
	if (len != 1)
		return 0;
	switch (*s) {
	case 's':
		return NSEC_PER_SEC;
	case 'm':
		return 60 * NSEC_PER_SEC;
	case 'h':
		return 3600 * NSEC_PER_SEC;
	default:
		return 0;
	}
}

bool value_rate(struct diag *diag, const struct text *text, enum limit_kind kind, struct rate *out)
{
	const char *slash = memchr(text->s, '/', text->len), *complaint;
	size_t len = slash ? (size_t)(slash - text->s) : text->len;
	uint64_t amount = 0, period;

	period = slash ? period_read(slash + 1, text->len - len - 1) : 0;
	complaint = amount_read(text->s, len, kind, &amount);
	if (complaint || !period) {
		diag_error(diag, text->loc, "\"%.*s\" %s; a rate reads like %s/s, %s/m or %s/h", QUOTED(text),
			   complaint ? complaint : "is no rate", EXAMPLES[kind], EXAMPLES[kind],
			   EXAMPLES[kind]);
		return false;
	}
	if (!amount) {
		diag_error(diag, text->loc, "a limit of 0 lets nothing pass: leave out the rule instead");
		return false;
	}
	out->count = amount;
	out->period = period;
	out->loc = text->loc;
	return true;
}
