// SPDX-License-Identifier: GPL-2.0-only
/* Services as sorted, disjoint intervals of service numbers. */
#include <errno.h>
#include <linux/in.h>
#include <stdlib.h>

#include "compile_work.h"

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static uint64_t service_interval(const struct service *service)
{
	uint32_t proto = (uint32_t)service->proto << 16, lo, hi;

	switch (service->kind) {
	case SERVICE_ECHO:
		lo = hi = PICKET_SERVICE_ECHO;
		break;
	case SERVICE_PROTO:
		lo = proto | (has_ports(service->proto) ? service->lo : 0);
		hi = proto | (has_ports(service->proto) ? service->hi : 0);
		break;
	default:
		lo = 0;
		hi = UINT32_MAX;
		break;
	}
	return (uint64_t)lo << 32 | hi;
}

/* Sorts intervals (lo above hi), and merges those that overlap or touch; in c->numbers. */
static int intern_intervals(struct compilation *c, size_t n, uint32_t *id)
{
	uint32_t *out;
	size_t length = 0;

	if (array_reserve((void **)&c->numbers, &c->numbers_capacity, 2 * n + 1,
			  sizeof(*c->numbers)))
		return -ENOMEM;
	out = c->numbers;
	n = sort_unique64(c->intervals, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t lo = c->intervals[i] >> 32, hi = c->intervals[i];

		if (length && (uint64_t)out[length - 1] + 1 >= lo) {
			if (hi > out[length - 1])
				out[length - 1] = hi;
			continue;
		}
		out[length++] = lo;
		out[length++] = hi;
	}
	return lists_intern(&c->services, out, length, id);
}

static int reserve_intervals(struct compilation *c, size_t n)
{
	return array_reserve((void **)&c->intervals, &c->intervals_capacity, n + 1,
			     sizeof(*c->intervals));
}

int intern_services(struct compilation *c, const struct service *services, size_t n, uint32_t *id)
{
	if (reserve_intervals(c, n))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		c->intervals[i] = service_interval(&services[i]);
	return intern_intervals(c, n, id);
}

int unite_services(struct compilation *c, const uint64_t *pairs, size_t npairs, uint32_t *id)
{
	size_t n = 0;

	*id = (uint32_t)pairs[0];
	if (npairs == 1)
		return 0;
	for (size_t i = 0; i < npairs; i++) {
		const uint32_t *list = list_numbers(&c->services, (uint32_t)pairs[i]);
		size_t length = list_length(&c->services, (uint32_t)pairs[i]);

		if (reserve_intervals(c, n + length / 2))
			return -ENOMEM;
		for (size_t j = 0; j < length; j += 2)
			c->intervals[n++] = (uint64_t)list[j] << 32 | list[j + 1];
	}
	return intern_intervals(c, n, id);
}

struct rule_services service_span(const struct compilation *c, uint32_t id)
{
	const struct list *list = &c->services.lists[id];

	return (struct rule_services){ .first = list->first / 2, .n = list->n / 2 };
}
