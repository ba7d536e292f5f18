// SPDX-License-Identifier: GPL-2.0-only
#include "top_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"

static void drop_zero_tenths(char *text)
{
	char *end = text + strlen(text) - 2;

	if (end > text && !strcmp(end, ".0"))
		*end = 0;
}

/* Three digits of what is under 1000. */
static int print_digits(char *buf, double number)
{
	int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;

	return snprintf(buf, COUNT_LEN, "%.*f", decimals, number);
}

const char *format_count(double count, char buf[COUNT_LEN])
{
	static const char units[] = "kMGTPE";
	int unit = -1, len;

	while (count >= 999.5 && unit < (int)sizeof(units) - 2) {
		count /= 1000;
		unit++;
	}
	if (unit >= 0) {
		len = print_digits(buf, count);
		snprintf(buf + len, COUNT_LEN - len, "%c", units[unit]);
	} else if (count > 0 && count < 0.05) {
		snprintf(buf, COUNT_LEN, "<0.1");
	} else {
		snprintf(buf, COUNT_LEN, "%.*f", count < 9.95 ? 1 : 0, count);
		drop_zero_tenths(buf);
	}
	return buf;
}

const char *format_since(uint64_t boot_ns, uint64_t now, char buf[COUNT_LEN])
{
	static const struct {
		int64_t seconds;
		char name;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	int64_t seconds = (int64_t)(now - boot_ns) / NSEC_PER_SEC;
	size_t unit = 0;

	snprintf(buf, COUNT_LEN, "%s", boot_ns ? "now" : "-");
	if (!boot_ns || seconds < 1)
		return buf;
	while (seconds < units[unit].seconds)
		unit++;
	snprintf(buf, COUNT_LEN, "%" PRId64 "%c", seconds / units[unit].seconds, units[unit].name);
	return buf;
}

const char *format_limit(double per_second, bool bytes, char buf[SIZE_LEN])
{
	static const struct {
		double seconds;
		char name;
	} units[] = {{1, 's'}, {60, 'm'}, {3600, 'h'}};
	char count[COUNT_LEN], size[SIZE_LEN];
	double rate;
	int unit = 0;

	while (unit < 2 && per_second * units[unit].seconds < 0.95)
		unit++;
	rate = per_second * units[unit].seconds;
	snprintf(buf, SIZE_LEN, "%s/%c", bytes ? format_size(rate + 0.5, size) : format_count(rate, count),
		 units[unit].name);
	return buf;
}
