// SPDX-License-Identifier: GPL-2.0-only
/*
 * The traffic generator, and what picket is measured beside: an empty program, floors that touch
 * what any right answer has to touch and decide nothing, and look-ups of the usual kind.
 */
#include "map.h"

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <stdbool.h>

#include "load.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#define INLINE static __always_inline

struct load load;

MAP(paces, PERCPU_ARRAY, 0, 1, u32, struct pace);
MAP(subject, PROG_ARRAY, 0, 1, u32, u32); /* what is measured: programs with frags */
MAP(subject_plain, PROG_ARRAY, 0, 1, u32, u32); /* and without */
MAP(floor_rows, ARRAY, BPF_F_MMAPABLE, 1, u32, struct floor_row);
MAP(floor_flows, ARRAY, BPF_F_MMAPABLE, 1, u32, struct floor_flow);
MAP(floor_tallies, PERCPU_ARRAY, 0, 64, u32, struct floor_row);
MAP(usual_addrs, HASH, 0, 1, u32, u32);
MAP(usual_states, HASH, 0, 1, u32, struct floor_row);
MAP(usual_flows, LRU_HASH, 0, 1, struct floor_flow, u64);

/* Where things are in a frame without a tag. */
enum offset { SOURCE_MAC = 6, TYPE = 12, IP = 14, UDP4 = 34, END4 = 42, UDP6 = 54, END6 = 62 };

INLINE u32 *word(void *frame, u32 offset)
{
	return frame + offset;
}

/* Which device is next. */
INLINE u32 choose(struct pace *pace)
{
	u64 x = pace->random;

	pace->count++;
	if (load.in_order)
		return pace->count % load.n;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	pace->random = x;
	return (x >> 32) * load.n >> 32;
}

INLINE void write_ends4(void *f, u32 device, u32 server)
{
	*word(f, IP + 12) = load.reply ? bpf_htonl(server) : bpf_htonl(device);
	*word(f, IP + 16) = load.reply ? bpf_htonl(device) : bpf_htonl(server);
}

INLINE void write_ends6(void *f, u32 device, u32 server)
{
	*word(f, IP + 8) = load.reply ? bpf_htonl(0xfd000001) : bpf_htonl(0xfd000020);
	*word(f, IP + 20) = load.reply ? bpf_htonl(server) : bpf_htonl(device);
	*word(f, IP + 24) = load.reply ? bpf_htonl(0xfd000020) : bpf_htonl(0xfd000001);
	*word(f, IP + 36) = load.reply ? bpf_htonl(device) : bpf_htonl(server);
}

/* The frame of the next packet, over the one before. */
INLINE int generate(struct xdp_md *ctx)
{
	void *f = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	u32 zero = 0, i, server, ports;
	struct pace *pace = bpf_map_lookup_elem(&paces, &zero);
	u16 port;

	if (!pace || f + LOAD_FRAME4 > end)
		return -1;
	i = load.first + pace->offset + choose(pace);
	server = LOAD_SERVER + 1 + (i & (load.servers - 1));
	*word(f, SOURCE_MAC + 2) = load.reply ? 0xffffffff : bpf_htonl(i);
	port = 1024 + (load.fresh ? pace->count & 0x7fff : i & 0x7fff);
	ports = load.reply ? load.dport << 16 | port : (u32)port << 16 | load.dport;
	if (load.version == 4) {
		write_ends4(f, load.base + i, server);
		*word(f, UDP4) = bpf_htonl(ports);
		return 0;
	}
	if (f + LOAD_FRAME6 > end)
		return -1;
	write_ends6(f, load.base + i, server);
	*word(f, UDP6) = bpf_htonl(ports);
	return 0;
}

SEC("xdp.frags")
int generate_frags(struct xdp_md *ctx)
{
	if (generate(ctx))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &subject, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int generate_plain(struct xdp_md *ctx)
{
	if (generate(ctx))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &subject_plain, 0);
	return XDP_ABORTED;
}

const volatile __u32 wire; /* ifindex */

/* Onto the wire, in a live run. */
SEC("xdp")
int generate_wire(struct xdp_md *ctx)
{
	void *f = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	u16 *ip = f + IP;
	u32 sum = 0;

	if (generate(ctx) || f + LOAD_FRAME4 > end)
		return XDP_ABORTED;
	/* The frame has been on its way before: whoever forwarded it rewrote MACs, TTL and checksum. */
	*word(f, 0) = bpf_htonl(0x02000000);
	*word(f, 4) = bpf_htonl(0x00fe0200);
	ip[4] = bpf_htons(64 << 8 | IPPROTO_UDP);
	ip[5] = 0;
	/* RFC 1071 */
#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += ip[i];
	sum = (sum >> 16) + (sum & 0xffff);
	ip[5] = ~((sum >> 16) + sum);
	return bpf_redirect(wire, 0);
}

SEC("xdp.frags")
int empty(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int empty_plain(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

/* What is read of a packet. */
struct seen {
	u32 saddr, daddr; /* host order; of IPv6 the last 32 bits */
	u32 ports;
	u32 bytes;
	u64 mixed;
};

INLINE int parse(struct xdp_md *ctx, struct seen *s)
{
	void *f = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	u8 *ip = f + IP;

	s->bytes = end - f;
	if (f + END4 > end)
		return -1;
	if (*(u16 *)(f + TYPE) == bpf_htons(ETH_P_IP)) {
		if (ip[0] != 0x45 || *(u16 *)(ip + 6) & bpf_htons(0x3fff) || ip[9] != IPPROTO_UDP)
			return -1;
		s->saddr = bpf_ntohl(*word(f, IP + 12));
		s->daddr = bpf_ntohl(*word(f, IP + 16));
		s->ports = *word(f, UDP4);
		return 0;
	}
	if (*(u16 *)(f + TYPE) != bpf_htons(ETH_P_IPV6) || f + END6 > end || ip[0] >> 4 != 6 ||
	    ip[6] != IPPROTO_UDP)
		return -1;
	s->saddr = bpf_ntohl(*word(f, IP + 20));
	s->daddr = bpf_ntohl(*word(f, IP + 36));
	s->mixed = *(u64 *)(ip + 8) ^ *(u64 *)(ip + 24);
	s->ports = *word(f, UDP6);
	return 0;
}

/* Somewhere in a table of as many flows. */
INLINE u64 place(const struct seen *s)
{
	u64 h = ((u64)s->saddr << 32 | s->daddr) ^ s->mixed;

	h = (h ^ (u64)s->ports * 0x9e3779b97f4a7c15ULL) * 0xd6e8feb86659fd93ULL;
	return h ^ h >> 32;
}

const volatile __u32 flow_mask, row_mask; /* entries of the floors' arrays - 1 */

/* An established flow: one line of the device's row, one of the flow, one clock, and a bucket. */
INLINE int touch_known(struct xdp_md *ctx, bool limits)
{
	struct seen s = {};
	struct floor_flow *flow;
	struct floor_row *row;
	u32 key;
	u64 now;

	if (parse(ctx, &s))
		return XDP_DROP;
	key = load.reply ? s.daddr - load.base : s.saddr - load.base;
	row = bpf_map_lookup_elem(&floor_rows, &key);
	key = place(&s) & flow_mask;
	flow = bpf_map_lookup_elem(&floor_flows, &key);
	if (!row || !flow)
		return XDP_DROP;
	now = bpf_ktime_get_boot_ns();
	flow->seen = now;
	row->packets++;
	row->bytes += s.bytes;
	if (limits) {
		u64 old = *(volatile u64 *)&row->tat[0];

		__sync_val_compare_and_swap(&row->tat[0], old, now);
	}
	return XDP_PASS;
}

SEC("xdp.frags")
int floor_known(struct xdp_md *ctx)
{
	return touch_known(ctx, false);
}

SEC("xdp.frags")
int floor_limits(struct xdp_md *ctx)
{
	return touch_known(ctx, true);
}

/* A source that nobody lists: the line that would say otherwise, the counter of the drop, a clock. */
SEC("xdp.frags")
int floor_unlisted(struct xdp_md *ctx)
{
	struct floor_row *row, *tally;
	struct seen s = {};
	u32 key, one = 1;

	if (parse(ctx, &s))
		return XDP_DROP;
	key = place(&s) & row_mask;
	row = bpf_map_lookup_elem(&floor_rows, &key);
	tally = bpf_map_lookup_elem(&floor_tallies, &one);
	if (!row || !tally || row->tat[0])
		return XDP_PASS;
	tally->packets++;
	tally->bytes += s.bytes;
	tally->tat[0] = bpf_jiffies64();
	return XDP_DROP;
}

/* The usual way: two hash look-ups and one in an LRU hash. */
SEC("xdp.frags")
int usual(struct xdp_md *ctx)
{
	struct floor_flow key = {};
	struct seen s = {};
	void *state, *flow;
	u32 *row;

	if (parse(ctx, &s))
		return XDP_DROP;
	row = bpf_map_lookup_elem(&usual_addrs, &s.saddr);
	state = row ? bpf_map_lookup_elem(&usual_states, row) : NULL;
	key.low = (u64)s.saddr << 32 | s.daddr;
	key.high = s.ports;
	flow = bpf_map_lookup_elem(&usual_flows, &key);
	return state && flow ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
