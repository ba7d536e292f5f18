// SPDX-License-Identifier: GPL-2.0-only
#include "effects_services.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define PORTS 65536U
#define ODD (SERVICES_PROTOCOLS - 1)

/* What holds of a set with two others: bits by (in a) | (in b) << 1. */
enum operation {
	OPERATION_EITHER = 0xe,
	OPERATION_BOTH = 0x8,
	OPERATION_WITHOUT = 0x2,
};

struct service_memo {
	uint32_t a, b, operation;
	uint32_t result;
};

/* How many services a protocol has. ICMPv6 in IPv6 is asked for as echo or as odd. */
static uint32_t width(uint32_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		return PORTS;
	case IPPROTO_ICMPV6:
		return 0;
	default:
		return 1;
	}
}

/* The place of a service number, or of the next service after it. */
static uint32_t place_at(const struct service_sets *sets, uint64_t number)
{
	uint32_t protocol = number / PORTS, port = number % PORTS;

	if (number / PORTS >= SERVICES_PROTOCOLS)
		return sets->first[SERVICES_PROTOCOLS];
	return sets->first[protocol] + (port < width(protocol) ? port : width(protocol));
}

static bool same_memo(const void *owner, uint32_t index, const void *key)
{
	const struct service_sets *sets = owner;
	const struct service_memo *memo = &sets->done[index], *wanted = key;

	return memo->a == wanted->a && memo->b == wanted->b && memo->operation == wanted->operation;
}

static uint32_t intern(struct service_sets *sets, size_t n)
{
	uint32_t number = SERVICES_NONE;

	if (lists_intern(&sets->lists, sets->scratch, n, &number))
		sets->failed = true;
	return number;
}

static bool reserve(struct service_sets *sets, size_t n)
{
	if (array_reserve((void **)&sets->scratch, &sets->scratch_capacity, n + 2,
			  sizeof(*sets->scratch)))
		sets->failed = true;
	return !sets->failed;
}

uint32_t services_of(struct service_sets *sets, const struct service_range *ranges, size_t n)
{
	size_t length = 0;

	if (!reserve(sets, 2 * n))
		return SERVICES_NONE;
	for (size_t i = 0; i < n; i++) {
		uint32_t from = place_at(sets, ranges[i].lo);
		uint32_t to = place_at(sets, (uint64_t)ranges[i].hi + 1);

		if (from == to)
			continue;
		if (length && sets->scratch[length - 1] == from) {
			sets->scratch[length - 1] = to;
			continue;
		}
		sets->scratch[length++] = from;
		sets->scratch[length++] = to;
	}
	return intern(sets, length);
}

/* A boundary is where a set begins or ends: after an odd number of them we are inside. */
static uint32_t combine(struct service_sets *sets, uint32_t a, uint32_t b, enum operation operation)
{
	size_t na = list_length(&sets->lists, a), nb = list_length(&sets->lists, b), i = 0, j = 0;
	size_t length = 0;

	if (!reserve(sets, na + nb))
		return SERVICES_NONE;
	while (i < na || j < nb) {
		const uint32_t *x = list_numbers(&sets->lists, a), *y = list_numbers(&sets->lists, b);
		uint32_t at = j == nb || (i < na && x[i] <= y[j]) ? x[i] : y[j];

		i += i < na && x[i] == at;
		j += j < nb && y[j] == at;
		if ((operation >> ((i & 1) | (j & 1) << 1) & 1) != (length & 1))
			sets->scratch[length++] = at;
	}
	return intern(sets, length);
}

static uint32_t combined(struct service_sets *sets, uint32_t a, uint32_t b, enum operation operation)
{
	struct service_memo memo = { .a = a, .b = b, .operation = operation };
	uint64_t hash = hash_bytes(&memo, sizeof(memo));
	uint32_t found = table_find(&sets->memo, hash, &memo);

	if (found != UINT32_MAX)
		return sets->done[found].result;
	memo.result = combine(sets, a, b, operation);
	if (array_reserve((void **)&sets->done, &sets->done_capacity, sets->ndone + 1, sizeof(memo)) ||
	    table_add(&sets->memo, hash, &memo, sets->ndone, &found))
		sets->failed = true;
	else
		sets->done[sets->ndone++] = memo;
	return memo.result;
}

uint32_t services_either(struct service_sets *sets, uint32_t a, uint32_t b)
{
	if (a == b || b == SERVICES_NONE || a == SERVICES_ANY)
		return a;
	if (a == SERVICES_NONE || b == SERVICES_ANY)
		return b;
	return combined(sets, a < b ? a : b, a < b ? b : a, OPERATION_EITHER);
}

uint32_t services_both(struct service_sets *sets, uint32_t a, uint32_t b)
{
	if (a == b || a == SERVICES_NONE || b == SERVICES_ANY)
		return a;
	if (b == SERVICES_NONE || a == SERVICES_ANY)
		return b;
	return combined(sets, a < b ? a : b, a < b ? b : a, OPERATION_BOTH);
}

uint32_t services_without(struct service_sets *sets, uint32_t a, uint32_t b)
{
	if (a == b || a == SERVICES_NONE || b == SERVICES_ANY)
		return SERVICES_NONE;
	if (b == SERVICES_NONE)
		return a;
	return combined(sets, a, b, OPERATION_WITHOUT);
}

bool services_hold(const struct service_sets *sets, uint32_t set, uint32_t service)
{
	const uint32_t *list = list_numbers(&sets->lists, set);
	uint32_t place = place_at(sets, service);

	for (size_t i = 0; i < list_length(&sets->lists, set); i += 2)
		if (place >= list[i] && place < list[i + 1])
			return true;
	return false;
}

int services_init(struct service_sets *sets)
{
	const struct service_range all = { .hi = UINT32_MAX };

	*sets = (struct service_sets){};
	sets->memo = (struct table){ .same = same_memo, .owner = sets };
	for (uint32_t protocol = 0; protocol < SERVICES_PROTOCOLS; protocol++)
		sets->first[protocol + 1] = sets->first[protocol] + width(protocol);
	/* The first two are SERVICES_NONE and SERVICES_ANY. */
	services_of(sets, NULL, 0);
	services_of(sets, &all, 1);
	return sets->failed ? -ENOMEM : 0;
}

void services_free(struct service_sets *sets)
{
	lists_free(&sets->lists);
	table_free(&sets->memo);
	free(sets->done);
	free(sets->scratch);
}

/* ---- words ---- */

/* One protocol's part of an interval: ports lo to hi. */
static void write_word(uint32_t protocol, uint32_t lo, uint32_t hi, char word[SERVICES_WORD_LEN])
{
	static const char *const names[SERVICES_PROTOCOLS] = {
		[IPPROTO_TCP] = "tcp", [IPPROTO_UDP] = "udp", [IPPROTO_SCTP] = "sctp",
		[IPPROTO_ICMP] = "icmp", [ODD] = "other icmp",
	};

	if (!names[protocol])
		snprintf(word, SERVICES_WORD_LEN, "proto/%u", protocol);
	else if (hi - lo + 1 == width(protocol))
		snprintf(word, SERVICES_WORD_LEN, "%s", names[protocol]);
	else if (lo == hi)
		snprintf(word, SERVICES_WORD_LEN, "%s/%u", names[protocol], lo);
	else
		snprintf(word, SERVICES_WORD_LEN, "%s/%u-%u", names[protocol], lo, hi);
}

bool services_mostly_any(const struct service_sets *sets, uint32_t set)
{
	const uint32_t *list = list_numbers(&sets->lists, set);
	size_t n = list_length(&sets->lists, set), i = 0, protocols = 0;

	for (uint32_t p = 0; p < SERVICES_PROTOCOLS; p++) {
		while (i < n && list[i + 1] <= sets->first[p])
			i += 2;
		protocols += i < n && list[i] <= sets->first[p];
	}
	return protocols > SERVICES_PROTOCOLS / 2;
}

int services_words(const struct service_sets *sets, uint32_t set,
		   int (*word)(void *context, const char *text), void *context)
{
	const uint32_t *list = list_numbers(&sets->lists, set);
	char text[SERVICES_WORD_LEN];
	int err = 0;

	if (set == SERVICES_ANY)
		return word(context, "any");
	for (size_t i = 0; i < list_length(&sets->lists, set); i += 2) {
		for (uint32_t p = 0; p < SERVICES_PROTOCOLS && !err; p++) {
			uint32_t lo = sets->first[p], hi = sets->first[p + 1];

			lo = list[i] > lo ? list[i] : lo;
			hi = list[i + 1] < hi ? list[i + 1] : hi;
			if (lo >= hi)
				continue;
			write_word(p, lo - sets->first[p], hi - 1 - sets->first[p], text);
			err = word(context, text);
		}
	}
	return err;
}
