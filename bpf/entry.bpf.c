// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is attached to interfaces, once: it finds the policy program that is live and jumps
 * there. One word, "live", serves both directions, so that one store commits a policy.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "map.h"
#include "picket/abi.h"

MAP(live, ARRAY, BPF_F_MMAPABLE, 1, __u32, struct live_word);
MAP(bystanders, HASH, 0, 1024, struct bystander, __u32);
MAP(ingress_slots, PROG_ARRAY, 0, LIVE_SLOTS, __u32, __u32);
MAP(egress_slots, PROG_ARRAY, 0, LIVE_SLOTS, __u32, __u32);

static __always_inline __u64 live_word(void)
{
	__u32 zero = 0;
	volatile struct live_word *at = bpf_map_lookup_elem(&live, &zero);
	__u64 word = at ? at->word : 0;

	if (at && word & LIVE_PENDING && bpf_ktime_get_boot_ns() >= at->deadline)
		word = at->back;
	return word;
}

static __always_inline int bystander(__u64 word, __u32 ifindex)
{
	struct bystander key = { .ifindex = ifindex, .slot = LIVE_SLOT(word) };

	if (!(word & (LIVE_BYSTANDERS | LIVE_NOTHING)))
		return 0;
	return word & LIVE_NOTHING || bpf_map_lookup_elem(&bystanders, &key);
}

/* An empty slot drops: without a policy there is nothing that could allow a frame that arrives. */
SEC("xdp.frags")
int entry_ingress(struct xdp_md *ctx)
{
	const __u32 ifindex = ctx->ingress_ifindex;
	__u64 word = live_word();

	if (bystander(word, ifindex))
		return XDP_PASS;
	if (LIVE_SLOT(word) == 0)
		bpf_tail_call_static(ctx, &ingress_slots, 0);
	else if (LIVE_SLOT(word) == 1)
		bpf_tail_call_static(ctx, &ingress_slots, 1);
	else
		bpf_tail_call_static(ctx, &ingress_slots, 2);
	return XDP_DROP;
}

/*
 * Here an empty slot passes: where there is no tcx, a classifier outlives the pins that hold what it jumps to, and
 * the link of entry_ingress. What no longer judges what arrives must not cut off the gateway.
 */
SEC("tc")
int entry_egress(struct __sk_buff *ctx)
{
	const __u32 ifindex = ctx->ifindex;
	__u64 word = live_word();

	if (bystander(word, ifindex))
		return TC_ACT_UNSPEC;
	if (LIVE_SLOT(word) == 0)
		bpf_tail_call_static(ctx, &egress_slots, 0);
	else if (LIVE_SLOT(word) == 1)
		bpf_tail_call_static(ctx, &egress_slots, 1);
	else
		bpf_tail_call_static(ctx, &egress_slots, 2);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
