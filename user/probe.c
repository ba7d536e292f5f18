// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "probe.h"

#define HOP_LIMIT 64
#define TAG_LEN 4
#define SCTP_LEN 12
#define OTHER_LEN 8

static bool has_ports(const struct service *service)
{
	return service->kind == SERVICE_PROTO &&
	       (service->proto == IPPROTO_TCP || service->proto == IPPROTO_UDP ||
		service->proto == IPPROTO_SCTP);
}

bool probe_valid(const struct probe *probe)
{
	const struct service *service = &probe->service;

	return addr_is_ipv4(&probe->src) == addr_is_ipv4(&probe->dst) &&
	       service->kind != SERVICE_ANY && (!has_ports(service) || service->lo == service->hi);
}

static size_t put_ethernet(const struct probe *probe, uint8_t *at)
{
	uint16_t type = htons(addr_is_ipv4(&probe->src) ? ETH_P_IP : ETH_P_IPV6);
	uint16_t tag[] = {htons(ETH_P_8021Q), htons(probe->vlan)};
	size_t len = 2 * ETH_ALEN;

	memcpy(at, probe->dst_mac, ETH_ALEN);
	memcpy(at + ETH_ALEN, probe->src_mac, ETH_ALEN);
	if (probe->vlan) {
		memcpy(at + len, tag, TAG_LEN);
		len += TAG_LEN;
	}
	memcpy(at + len, &type, sizeof(type));
	return len + sizeof(type);
}

/* RFC 1071 */
static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	sum = (sum >> 16) + (sum & 0xffff);
	sum += sum >> 16;
	return htons(~sum & 0xffff);
}

static size_t put_ipv4(const struct probe *probe, uint8_t protocol, size_t payload, uint8_t *at)
{
	struct iphdr header = {
		.version = 4,
		.ihl = sizeof(header) / 4,
		.tot_len = htons(sizeof(header) + payload),
		.ttl = HOP_LIMIT,
		.protocol = protocol,
		.saddr = probe->src.w[3],
		.daddr = probe->dst.w[3],
	};

	header.check = checksum(&header, sizeof(header));
	memcpy(at, &header, sizeof(header));
	return sizeof(header);
}

static size_t put_ipv6(const struct probe *probe, uint8_t protocol, size_t payload, uint8_t *at)
{
	struct ip6_hdr header = {
		.ip6_flow = htonl(6 << 28),
		.ip6_plen = htons(payload),
		.ip6_nxt = protocol,
		.ip6_hlim = HOP_LIMIT,
	};

	memcpy(&header.ip6_src, &probe->src, sizeof(probe->src));
	memcpy(&header.ip6_dst, &probe->dst, sizeof(probe->dst));
	memcpy(at, &header, sizeof(header));
	return sizeof(header);
}

static size_t put_tcp(const struct probe *probe, uint8_t *at)
{
	struct tcphdr header = {
		.source = htons(probe->sport),
		.dest = htons(probe->service.lo),
		.doff = sizeof(header) / 4,
		.syn = !probe->open,
		.ack = probe->open,
		.window = htons(UINT16_MAX),
	};

	memcpy(at, &header, sizeof(header));
	return sizeof(header);
}

static size_t put_udp(const struct probe *probe, uint8_t *at)
{
	struct udphdr header = {
		.source = htons(probe->sport),
		.dest = htons(probe->service.lo),
		.len = htons(sizeof(header)),
	};

	memcpy(at, &header, sizeof(header));
	return sizeof(header);
}

static size_t put_sctp(const struct probe *probe, uint8_t *at)
{
	uint16_t ports[] = {htons(probe->sport), htons(probe->service.lo)};

	memcpy(at, ports, sizeof(ports));
	return SCTP_LEN;
}

static size_t put_echo(const struct probe *probe, uint8_t *at)
{
	struct icmphdr header = {
		.type = addr_is_ipv4(&probe->src) ? ICMP_ECHO : ICMP6_ECHO_REQUEST,
		.un.echo.id = htons(probe->sport),
		.un.echo.sequence = htons(1),
	};

	memcpy(at, &header, sizeof(header));
	return sizeof(header);
}

static size_t put_transport(const struct probe *probe, uint8_t protocol, uint8_t *at)
{
	if (probe->service.kind == SERVICE_ECHO)
		return put_echo(probe, at);
	if (protocol == IPPROTO_TCP)
		return put_tcp(probe, at);
	if (protocol == IPPROTO_UDP)
		return put_udp(probe, at);
	if (protocol == IPPROTO_SCTP)
		return put_sctp(probe, at);
	return OTHER_LEN;
}

size_t probe_frame(const struct probe *probe, uint8_t frame[PROBE_MAX])
{
	bool ipv4 = addr_is_ipv4(&probe->src);
	uint8_t protocol = probe->service.kind != SERVICE_ECHO ? probe->service.proto :
			   ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	uint8_t transport[PROBE_MAX] = {0};
	size_t payload = put_transport(probe, protocol, transport);
	size_t len = put_ethernet(probe, frame);

	len += ipv4 ? put_ipv4(probe, protocol, payload, frame + len) :
		      put_ipv6(probe, protocol, payload, frame + len);
	memcpy(frame + len, transport, payload);
	return len + payload;
}
