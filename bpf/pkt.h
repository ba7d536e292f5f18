/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frame, read once. Later steps read this and never touch packet bytes.
 */
#ifndef PICKET_BPF_PKT_H
#define PICKET_BPF_PKT_H

#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include "maps.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

/*
 * The hot path is inline. A cold step is a global function: the verifier looks at it once, on
 * its own, and not once for every path that leads to it.
 */
#define HOT static __always_inline
#define COLD __attribute__((noinline))

/* What a step says: a reason to drop, 0 to go on, or that nothing more is asked. */
#define STEP_PASS (-1)

#ifndef IPPROTO_SCTP
#define IPPROTO_SCTP 132
#endif
#define PROTO_IGMP 2
#define PROTO_ICMPV6 58

#define ICMP_ECHO_REPLY 0
#define ICMP_UNREACHABLE 3
#define ICMP_REDIRECT_MESSAGE 5
#define ICMP_ECHO_REQUEST 8
#define ICMP_ROUTER_ADVERTISEMENT 9
#define ICMP_TIME_EXCEEDED_MESSAGE 11
#define ICMP_PARAMETER_PROBLEM 12
#define ICMPV6_PARAMETER_PROBLEM 4
#define ICMPV6_ECHO_REQ 128
#define ICMPV6_ECHO_REP 129
#define MLD_QUERY 130
#define MLD_DONE 132
#define ND_ROUTER_SOLICITATION 133
#define ND_ROUTER_ADVERTISEMENT 134
#define ND_NEIGHBOUR_SOLICITATION 135
#define ND_NEIGHBOUR_ADVERTISEMENT 136
#define ND_REDIRECT_MESSAGE 137
#define MLD2_REPORT 143

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

enum end_kind { END_NONE, END_DEVICE, END_HOST, END_GATEWAY, END_GROUP };

/* One end of a conversation. */
struct end {
	struct picket_addr addr;
	u32 kind;
	u32 row; /* END_DEVICE */
	u32 segment; /* row; 0: not known */
	u32 step; /* of the device's schedule, 0: before the first */
	u32 name; /* its name as a target */
	u32 outside; /* END_HOST that came from no port: of no segment */
	u32 listed; /* END_DEVICE that lists the address */
	u32 fixed; /* as a destination it stays who it is as long as the policy is live */
	struct grants grants; /* END_DEVICE: what it may do now */
};

/* A keyed fingerprint. */
struct tag {
	u64 low, high;
};

enum fragment { WHOLE, FRAGMENT_FIRST, FRAGMENT_LATER };

enum address_flags {
	SOURCE_UNSPECIFIED = 1 << 0,
	SOURCE_LINK_LOCAL = 1 << 1,
	DEST_LINK_LOCAL = 1 << 2,
	DEST_MULTICAST = 1 << 3, /* or 255.255.255.255 */
	DEST_GROUP_MAC = 1 << 4,
};

struct pkt {
	struct end src, dst;
	struct picket_addr wire_src; /* src.addr may become a claimed address */
	struct prefix_info src_prefix; /* when the source is no listed device */
	u64 now; /* ns of boot time, 0: not read yet */
	s64 unix_now; /* ns, 0: not read yet */
	struct tag tag; /* of the flow */
	u64 judged; /* low tag of the flow that worst_way() would give up */
	u32 ifindex;
	u32 vlan;
	u32 ethertype;
	u32 port; /* port_info.id, 0: none */
	u32 first_segment, first_hosts, port_flags;
	u32 len; /* bytes */
	u32 units, unit_len; /* packets that it stands for; bytes of the first */
	u32 gso_size; /* payload bytes of each, 0: it stands for itself */
	u32 l3, l4, l3_end; /* offsets; l3_end by the packet's own length */
	u32 service;
	u32 fragment; /* enum fragment */
	u32 fragment_id;
	u32 fragment_offset; /* bytes */
	u32 fragment_start; /* offset in the frame of what is fragmented */
	u32 fragment_end; /* looked up: where the first one ended */
	u32 address; /* enum address_flags */
	u32 listed; /* row of the device that lists the source address, 0: none */
	u32 mac_row; /* the MAC's device, 0: none */
	u32 mac_asked;
	u32 report; /* device row that the report names */
	u32 learn_row; /* device known by its MAC, 0: nothing is learned */
	u32 learn_count;
	struct picket_addr learn[2];
	struct picket_addr nd_target;
	u32 nd_foreign; /* a link-layer option names another MAC */
	u32 table, bucket, way, found; /* the flow's entry */
	u32 opens; /* a flow */
	u32 paid; /* admissions to buckets that the short way made */
	u32 mark; /* reason that enforcing would have given */
	u16 sport, dport; /* host order; echo: both are the id */
	u16 mac_tail;
	u16 arp_operation;
	u32 mac_head;
	u8 mac[6];
	u8 version; /* 4, 6; 0: neither */
	u8 protocol;
	u8 tcp_flags;
	u8 icmp_type, icmp_code;
	u8 hop_limit;
	u8 low; /* src is the end that sorts first */
	u8 out; /* it leaves */
	u8 echo; /* echo request or reply */
	u8 tracked; /* a first fragment that step 8 let on */
	u8 settled; /* audit let it through: what is left is a report */
};

HOT u16 get_be16(const u8 *b)
{
	return (u16)(b[0] << 8 | b[1]);
}

HOT bool mac_equal(const u8 *a, const u8 *b)
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) |
		 (a[5] ^ b[5]));
}

HOT bool mac_is(const u8 *mac, u32 head, u16 tail)
{
	return *(const u32 *)mac == head && *(const u16 *)(mac + 4) == tail;
}

HOT bool addr_equal(const struct picket_addr *a, const struct picket_addr *b)
{
	return a->w[0] == b->w[0] && a->w[1] == b->w[1] && a->w[2] == b->w[2] && a->w[3] == b->w[3];
}

HOT void addr_from_ipv4(struct picket_addr *addr, const void *bytes)
{
	addr->w[0] = 0;
	addr->w[1] = 0;
	addr->w[2] = bpf_htonl(0xffff);
	__builtin_memcpy(&addr->w[3], bytes, 4);
}

HOT bool addr_ipv4(const struct picket_addr *a)
{
	return !a->w[0] && !a->w[1] && a->w[2] == bpf_htonl(0xffff);
}

HOT bool addr_link_local(const struct picket_addr *a)
{
	return (a->w[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

HOT bool icmp(const struct pkt *p)
{
	return p->version == 4 ? p->protocol == IPPROTO_ICMP : p->protocol == PROTO_ICMPV6;
}

/* Errors that quote the packet that they are about (RFC 792, RFC 4443). */
HOT bool icmp_error(const struct pkt *p)
{
	if (!icmp(p) || p->fragment == FRAGMENT_LATER)
		return false;
	if (p->version == 4)
		return p->icmp_type == ICMP_UNREACHABLE || p->icmp_type == ICMP_TIME_EXCEEDED_MESSAGE ||
		       p->icmp_type == ICMP_PARAMETER_PROBLEM;
	return p->icmp_type >= 1 && p->icmp_type <= ICMPV6_PARAMETER_PROBLEM;
}

/* ns of boot time. */
HOT u64 boot_now(void)
{
	return config.replay ? offline.now : bpf_ktime_get_boot_ns();
}

/* Unix ns. TAI follows the wall clock when it is set, and does not jump with leap seconds. */
HOT s64 unix_now(void)
{
	return config.replay ? offline.unix_now : (s64)bpf_ktime_get_tai_ns() - config.tai_offset;
}

HOT u64 pkt_now(struct pkt *p)
{
	if (!p->now)
		p->now = boot_now();
	return p->now;
}

HOT s64 pkt_unix(struct pkt *p)
{
	if (!p->unix_now)
		p->unix_now = unix_now();
	return p->unix_now;
}

/* Age in ns; time may run backwards between CPUs. */
HOT s64 age(struct pkt *p, u64 then)
{
	return (s64)(pkt_now(p) - then);
}

HOT void count_stat(u32 stat, u64 n)
{
	u64 *value = bpf_map_lookup_elem(&stats, &stat);

	if (value)
		*value += n;
}

#endif
