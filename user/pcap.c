// SPDX-License-Identifier: GPL-2.0-only
#include "pcap.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"

#define NSEC 1000000000LL

struct capture {
	char *path;
	pcap_t *pcap;
	uint64_t index; /* of the next frame */
};

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture->path);
	free(capture);
}

static void capture_cleanup(struct capture **capture)
{
	capture_free(*capture);
}

static const char *link_name(pcap_t *pcap)
{
	const char *name = pcap_datalink_val_to_name(pcap_datalink(pcap));

	return name ? name : "unknown";
}

/* The file is opened here and not by libpcap, which loses errno. */
static int open_offline(const char *path, pcap_t **out, char error[CAPTURE_ERROR_SIZE])
{
	char why[PCAP_ERRBUF_SIZE];
	FILE *file = actor_is_client() ? NULL : fopen(path, "rbe");

	if (!file) {
		int err = actor_is_client() ? EPERM : errno;

		snprintf(error, CAPTURE_ERROR_SIZE, "%s: cannot open the capture: %s", path,
			 strerror(err));
		return -err;
	}
	*out = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!*out) {
		fclose(file);
		snprintf(error, CAPTURE_ERROR_SIZE, "%s: not a pcap or pcapng capture: %.200s", path,
			 why);
		return -EINVAL;
	}
	return 0;
}

int capture_open(const char *path, struct capture **out, char error[CAPTURE_ERROR_SIZE])
{
	struct capture *capture __attribute__((cleanup(capture_cleanup))) =
		calloc(1, sizeof(*capture));
	int err;

	if (!capture || !(capture->path = strdup(path))) {
		snprintf(error, CAPTURE_ERROR_SIZE, "%s: out of memory", path);
		return -ENOMEM;
	}
	err = open_offline(path, &capture->pcap, error);
	if (err)
		return err;
	if (pcap_datalink(capture->pcap) != DLT_EN10MB) {
		snprintf(error, CAPTURE_ERROR_SIZE,
			 "%s: its link type is %s; only Ethernet captures can be replayed", path,
			 link_name(capture->pcap));
		return -EINVAL;
	}
	*out = capture;
	capture = NULL;
	return 0;
}

static int damaged(const struct capture *capture, const char *why, char error[CAPTURE_ERROR_SIZE])
{
	snprintf(error, CAPTURE_ERROR_SIZE, "%s: packet %llu: %.300s", capture->path,
		 (unsigned long long)capture->index + 1, why);
	return -EINVAL;
}

int capture_next(struct capture *capture, struct capture_frame *out,
		 char error[CAPTURE_ERROR_SIZE])
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int got = pcap_next_ex(capture->pcap, &header, &data);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1)
		return damaged(capture, pcap_geterr(capture->pcap), error);
	/* Opened for nanoseconds: tv_usec counts them. */
	if (header->ts.tv_sec < 0 || header->ts.tv_sec >= INT64_MAX / NSEC ||
	    header->ts.tv_usec < 0 || header->ts.tv_usec >= NSEC)
		return damaged(capture, "its timestamp is out of range", error);
	*out = (struct capture_frame){
		.data = data,
		.len = header->caplen,
		.time = header->ts.tv_sec * NSEC + header->ts.tv_usec,
		.index = capture->index++,
	};
	return 1;
}
