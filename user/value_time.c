// SPDX-License-Identifier: GPL-2.0-only
#include "value.h"

struct cursor {
	const char *s, *end;
};

/* A number of exactly n digits from lo to hi, or -1. */
static int take_number(struct cursor *at, int n, int lo, int hi)
{
	int number = 0;

	for (; n; n--, at->s++) {
		if (at->s >= at->end || *at->s < '0' || *at->s > '9')
			return -1;
		number = number * 10 + *at->s - '0';
	}
	return number >= lo && number <= hi ? number : -1;
}

static bool take_one_of(struct cursor *at, const char *set)
{
	if (at->s >= at->end)
		return false;
	for (; *set; set++)
		if (*at->s == *set) {
			at->s++;
			return true;
		}
	return false;
}

/* Days from 1970-01-01 in the Gregorian calendar, also before it. */
static int64_t days_from_date(int year, int month, int day)
{
	int64_t era, year_of_era, day_of_year;

	/* Years begin in March, so that the leap day is the last. */
	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
	       719468;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

static bool take_date(struct cursor *at, int64_t *seconds)
{
	int year, month, day;

	year = take_number(at, 4, 0, 9999);
	if (year < 0 || !take_one_of(at, "-"))
		return false;
	month = take_number(at, 2, 1, 12);
	if (month < 0 || !take_one_of(at, "-"))
		return false;
	day = take_number(at, 2, 1, month_days(year, month));
	if (day < 0)
		return false;
	*seconds = days_from_date(year, month, day) * 86400;
	return true;
}

static bool take_clock(struct cursor *at, int64_t *seconds)
{
	int hour, minute, second;

	hour = take_number(at, 2, 0, 23);
	if (hour < 0 || !take_one_of(at, ":"))
		return false;
	minute = take_number(at, 2, 0, 59);
	if (minute < 0 || !take_one_of(at, ":"))
		return false;
	/* RFC 3339 knows leap seconds; Unix time does not: the next second stands for them. */
	second = take_number(at, 2, 0, 60);
	if (second < 0)
		return false;
	*seconds += hour * 3600 + minute * 60 + second;
	return true;
}

/* Digits beyond nanoseconds are dropped. */
static bool take_fraction(struct cursor *at, int64_t *ns)
{
	int64_t unit = NSEC_PER_SEC / 10;
	const char *first;

	*ns = 0;
	if (!take_one_of(at, "."))
		return true;
	for (first = at->s; at->s < at->end && *at->s >= '0' && *at->s <= '9'; at->s++, unit /= 10)
		*ns += unit * (*at->s - '0');
	return at->s > first;
}

static bool take_offset(struct cursor *at, int64_t *seconds)
{
	int sign, hours, minutes;

	if (take_one_of(at, "Zz"))
		return true;
	sign = at->s < at->end && *at->s == '-' ? 1 : -1;
	if (!take_one_of(at, "+-"))
		return false;
	hours = take_number(at, 2, 0, 23);
	if (hours < 0 || !take_one_of(at, ":"))
		return false;
	minutes = take_number(at, 2, 0, 59);
	*seconds += sign * (hours * 3600 + minutes * 60);
	return minutes >= 0;
}

bool value_time(struct diag *diag, const struct text *text, int64_t *out)
{
	struct cursor at = { text->s, text->s + text->len };
	int64_t seconds, ns, time;

	if (!take_date(&at, &seconds) || !take_one_of(&at, "Tt ") || !take_clock(&at, &seconds) ||
	    !take_fraction(&at, &ns) || !take_offset(&at, &seconds) || at.s != at.end) {
		diag_error(diag, text->loc,
			   "\"%.*s\" is no RFC 3339 time: write it like 2027-01-31T00:00:00Z or "
			   "2027-01-31T01:00:00+01:00",
			   QUOTED(text));
		return false;
	}
	if (__builtin_mul_overflow(seconds, NSEC_PER_SEC, &time) ||
	    __builtin_add_overflow(time, ns, &time)) {
		diag_error(diag, text->loc, "the time %.*s is out of range: write one from 1678 to 2261",
			   QUOTED(text));
		return false;
	}
	*out = time;
	return true;
}
