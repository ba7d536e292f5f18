/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One made-up frame: what it takes to ask whether this may talk to that.
 */
#ifndef PICKET_PROBE_H
#define PICKET_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"
#include "policy.h"

#define PROBE_MAX 128

struct probe {
	struct picket_addr src, dst; /* both of one IP version */
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan; /* 0: untagged */
	/* SERVICE_ECHO, or SERVICE_PROTO whose port is lo */
	struct service service;
	uint16_t sport;
	bool open; /* TCP: of a connection that is open already */
};

/* True when there can be such a frame: one version, one port. */
bool probe_valid(const struct probe *probe);

/*
 * Ethernet, tag, IP and the least that its protocol needs: a TCP SYN (ACK when it is open), an empty
 * UDP datagram or SCTP packet, an echo request whose id is sport, else 8 bytes of zeros. Only the IPv4 header
 * has its checksum. Returns the length.
 */
size_t probe_frame(const struct probe *probe, uint8_t frame[PROBE_MAX]);

#endif
