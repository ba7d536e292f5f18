/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Captures read frame by frame: pcap and pcapng, of Ethernet.
 * (libpcap's own header is <pcap/pcap.h>.)
 */
#ifndef PICKET_PCAP_H
#define PICKET_PCAP_H

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_ERROR_SIZE 512

struct capture;

struct capture_frame {
	const uint8_t *data; /* valid until the next call for this capture */
	uint32_t len; /* bytes captured; a snap length may have cut the frame */
	int64_t time; /* Unix ns */
	uint64_t index; /* from 0 */
};

/*
 * 0 and *out; -EINVAL for what is no Ethernet capture, -errno when the file cannot be opened.
 * error then says "FILE: …" in a sentence.
 */
int capture_open(const char *path, struct capture **out, char error[CAPTURE_ERROR_SIZE]);

/*
 * 1 and *out; 0 at the end; -EINVAL where the file is damaged or cut off, with
 * "FILE: packet N: …" (N from 1, as capture viewers count) in error.
 */
int capture_next(struct capture *capture, struct capture_frame *out,
		 char error[CAPTURE_ERROR_SIZE]);

void capture_free(struct capture *capture);

#endif
