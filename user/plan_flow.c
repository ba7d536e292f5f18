// SPDX-License-Identifier: GPL-2.0-only
#include "plan_flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "eval.h"
#include "probe.h"

static const struct device *device_at(const struct policy *policy, const struct picket_addr *addr)
{
	for (size_t i = 0; i < policy->ndevices; i++)
		for (size_t k = 0; k < policy->devices[i].naddrs; k++)
			if (!memcmp(&policy->devices[i].addrs[k], addr, sizeof(*addr)))
				return &policy->devices[i];
	return NULL;
}

/* A flow that is there has one MAC, whichever policy is asked: what the policy before knows of it. */
static void choose_mac(const struct policy *const policies[POLICIES], const struct plan_flow *flow,
		       uint8_t mac[6])
{
	static const uint8_t made_up[6] = { 0x02, 0x70, 0x69, 0x63, 0x6b, 0 };
	const struct device *device = flow->device == INDEX_NONE ? NULL :
				      &policies[BEFORE]->devices[flow->device];

	for (int x = BEFORE; x < POLICIES && !device; x++)
		device = device_at(policies[x], &flow->src);
	memcpy(mac, flow->mac ? flow->mac : device && device->has_mac ? device->mac : made_up, 6);
}

static struct probe probe_of(const struct policy *const policies[POLICIES], const struct plan_flow *flow)
{
	static const uint8_t next_hop[6] = { 0x02, 0x70, 0x69, 0x63, 0x6b, 0xff };
	bool echo = flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6;
	struct probe probe = {
		.src = flow->src, .dst = flow->dst, .vlan = flow->vlan, .sport = flow->sport,
		.service = { .kind = echo ? SERVICE_ECHO : SERVICE_PROTO, .proto = flow->protocol,
			     .lo = flow->dport, .hi = flow->dport },
	};

	memcpy(probe.dst_mac, next_hop, sizeof(next_hop));
	choose_mac(policies, flow, probe.src_mac);
	return probe;
}

/* The last step that has a place in the policy is the one that decided. */
static struct loc decision(const struct eval_trace *trace)
{
	for (size_t i = trace->nsteps; i--;)
		if (trace->steps[i].loc.line)
			return trace->steps[i].loc;
	return (struct loc){};
}

static int judge_frame(struct eval *eval, const struct eval_input *input, struct flow_opinion *out)
{
	struct eval_verdict verdict;
	struct eval_trace trace;
	int err;

	eval_trace_init(&trace);
	err = eval_frame(eval, input, &verdict, &trace);
	if (!err)
		*out = (struct flow_opinion){ verdict.verdict, verdict.reason, decision(&trace) };
	eval_trace_free(&trace);
	return err;
}

/* Frames one after another, until one is dropped. */
static int ask(const struct policy *policy, const struct eval_input *inputs, size_t n,
	       const struct picket_addr *gateway, size_t ngateway, struct flow_opinion *out)
{
	struct flow_opinion opinion = { .verdict = VERDICT_PASS };
	struct eval *eval;
	int err = eval_new(policy, &eval);

	if (err)
		return err;
	for (size_t i = 0; i < ngateway && !err; i++)
		err = eval_add_gateway(eval, &gateway[i]);
	for (size_t i = 0; i < n && !err && opinion.verdict != VERDICT_DROP; i++)
		err = judge_frame(eval, &inputs[i], &opinion);
	if (!err)
		*out = opinion;
	eval_free(eval);
	return err;
}

int plan_flow_compare(const struct policy *const policies[POLICIES], const struct plan_flow *flow,
		      const struct picket_addr *gateway, size_t ngateway, int64_t time,
		      struct flow_change *out)
{
	struct probe probe = probe_of(policies, flow);
	struct flow_change change = {};
	uint8_t frame[PROBE_MAX];
	struct eval_input input = { .interface = flow->interface, .out = flow->out, .frame = frame,
				    .time = time };
	int err = 0;

	if (!probe_valid(&probe))
		return -EINVAL;
	input.len = probe_frame(&probe, frame);
	for (int x = 0; x < POLICIES && !err; x++)
		err = ask(policies[x], &input, 1, gateway, ngateway, &change.opinions[x]);
	if (err)
		return err;
	change.lost = change.opinions[BEFORE].verdict != VERDICT_DROP &&
		      change.opinions[AFTER].verdict == VERDICT_DROP;
	*out = change;
	return 0;
}

static void swap_ends(struct probe *probe)
{
	struct probe was = *probe;

	probe->src = was.dst;
	probe->dst = was.src;
	memcpy(probe->src_mac, was.dst_mac, sizeof(was.dst_mac));
	memcpy(probe->dst_mac, was.src_mac, sizeof(was.src_mac));
	probe->sport = was.service.lo;
	probe->service.lo = probe->service.hi = was.sport;
}

int plan_flow_judge(const struct policy *policy, const struct plan_flow *flow,
		    const struct picket_addr *gateway, size_t ngateway, int64_t time,
		    struct flow_opinion *out)
{
	const struct policy *const policies[POLICIES] = { policy, policy };
	struct plan_flow anybody = *flow;
	uint8_t frames[2][PROBE_MAX];
	struct eval_input inputs[2];
	struct probe probe;

	anybody.device = INDEX_NONE;
	probe = probe_of(policies, &anybody);
	probe.open = true;
	if (!probe_valid(&probe))
		return -EINVAL;
	for (int i = 0; i < 2; i++) {
		inputs[i] = (struct eval_input){ .interface = flow->interface, .out = flow->out != (i == 1),
						 .frame = frames[i], .time = time };
		inputs[i].len = probe_frame(&probe, frames[i]);
		swap_ends(&probe);
	}
	return ask(policy, inputs, 2, gateway, ngateway, out);
}
