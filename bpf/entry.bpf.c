// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is attached to interfaces, once: it finds the policy program that is live and jumps
 * there. One word, "live", serves both directions, so that one store commits a policy.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} live SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} ingress_slots SEC(".maps"), egress_slots SEC(".maps");

static __always_inline __u64 live_slot(void)
{
	__u32 zero = 0;
	volatile __u64 *word = bpf_map_lookup_elem(&live, &zero);

	return word ? *word & 1 : 0;
}

/* An empty slot drops: without a policy there is nothing that could allow a frame. */
SEC("xdp.frags")
int entry_ingress(struct xdp_md *ctx)
{
	if (live_slot())
		bpf_tail_call_static(ctx, &ingress_slots, 1);
	else
		bpf_tail_call_static(ctx, &ingress_slots, 0);
	return XDP_DROP;
}

SEC("tc")
int entry_egress(struct __sk_buff *ctx)
{
	if (live_slot())
		bpf_tail_call_static(ctx, &egress_slots, 1);
	else
		bpf_tail_call_static(ctx, &egress_slots, 0);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
