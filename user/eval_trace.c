// SPDX-License-Identifier: GPL-2.0-only
/* The steps that led to a verdict, as sentences. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval_step.h"
#include "names.h"

void eval_trace_init(struct eval_trace *trace)
{
	*trace = (struct eval_trace){ 0 };
}

void eval_trace_free(struct eval_trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nsteps; i++)
		free(trace->steps[i].text);
	free(trace->steps);
	eval_trace_init(trace);
}

static struct eval_trace_step *trace_room(struct eval_trace *trace)
{
	size_t want = trace->capacity ? trace->capacity * 2 : 16;
	struct eval_trace_step *grown;

	if (trace->nsteps == trace->capacity) {
		grown = reallocarray(trace->steps, want, sizeof(*grown));
		if (!grown)
			return NULL;
		trace->steps = grown;
		trace->capacity = want;
	}
	return &trace->steps[trace->nsteps];
}

void trace_add(struct eval_trace *trace, const char *step, struct loc loc, const char *format, ...)
{
	struct eval_trace_step *added;
	va_list args;
	char *text;
	int n;

	if (!trace)
		return;
	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0) {
		trace->error = -ENOMEM;
		return;
	}
	added = trace_room(trace);
	if (!added) {
		free(text);
		trace->error = -ENOMEM;
		return;
	}
	*added = (struct eval_trace_step){ .step = step, .text = text, .loc = loc };
	trace->nsteps++;
}

struct text addr_text(const struct picket_addr *addr)
{
	struct text text = {};

	format_addr(addr, text.s);
	return text;
}

struct text mac_text(const uint8_t mac[6])
{
	struct text text = {};

	format_mac(mac, text.s);
	return text;
}

struct text asked_text(const struct asked *asked)
{
	char protocol[PROTOCOL_LEN];
	struct text text = {};

	format_protocol(asked->protocol, protocol);
	if (asked->echo)
		snprintf(text.s, sizeof(text.s), "icmp");
	else if (asked->odd)
		snprintf(text.s, sizeof(text.s), "%s other than an echo request", protocol);
	else if (asked->protocol == PROTOCOL_TCP || asked->protocol == PROTOCOL_UDP ||
		 asked->protocol == PROTOCOL_SCTP)
		snprintf(text.s, sizeof(text.s), "%s/%u", protocol, asked->port);
	else
		snprintf(text.s, sizeof(text.s), "%s", protocol);
	return text;
}

struct text party_text(const struct policy *policy, const struct party *party)
{
	char addr[ADDR_LEN];
	struct text text = {};

	format_addr(&party->addr, addr);
	switch (party->kind) {
	case PARTY_GATEWAY:
		snprintf(text.s, sizeof(text.s), "the gateway (%s)", addr);
		break;
	case PARTY_GROUP:
		snprintf(text.s, sizeof(text.s), "the group %s", addr);
		break;
	case PARTY_DEVICE:
		snprintf(text.s, sizeof(text.s), "device %s (%s)",
			 policy->devices[party->device].name, addr);
		break;
	case PARTY_HOST:
		snprintf(text.s, sizeof(text.s), "host %s of segment %s", addr,
			 policy->segments[party->segment].name);
		break;
	case PARTY_NONE:
		snprintf(text.s, sizeof(text.s), "%s", addr);
		break;
	}
	return text;
}
