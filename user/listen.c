// SPDX-License-Identifier: GPL-2.0-only
#include "listen.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

#define SNAP_LENGTH 262144 /* no frame is cut */
#define BUFFER (8 << 20) /* bytes for each interface */
#define WAIT_MS 100

struct ear {
	const char *interface;
	pcap_t *pcap; /* NULL: it went */
	uint64_t lost; /* of one that went */
};

struct listener {
	struct ear *ears;
	struct pollfd *fds;
	size_t n;
};

struct hearing {
	const struct ear *ear;
	listener_fn *fn;
	void *context;
};

static void pcap_cleanup(pcap_t **pcap)
{
	if (*pcap)
		pcap_close(*pcap);
}

static int open_ear(const char *interface, pcap_t **out)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap __attribute__((cleanup(pcap_cleanup))) = pcap_create(interface, why);
	int err;

	if (!pcap)
		return fail(-EIO, "%s cannot be listened on: %s", interface, why);
	pcap_set_snaplen(pcap, SNAP_LENGTH);
	pcap_set_buffer_size(pcap, BUFFER);
	pcap_set_timeout(pcap, WAIT_MS);
	pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	err = pcap_activate(pcap);
	if (err == PCAP_ERROR_NO_SUCH_DEVICE)
		return fail(-ENODEV, "there is no interface %s to listen on", interface);
	if (err == PCAP_ERROR_PERM_DENIED)
		return fail(-EPERM, "%s cannot be listened on: run it as root, or with CAP_NET_RAW", interface);
	if (err < 0 || pcap_setnonblock(pcap, 1, why))
		return fail(-EIO, "%s cannot be listened on: %s", interface, err < 0 ? pcap_geterr(pcap) : why);
	if (pcap_datalink(pcap) != DLT_EN10MB)
		return fail(-EOPNOTSUPP, "%s is no Ethernet interface", interface);
	*out = pcap;
	pcap = NULL;
	return 0;
}

int listener_open(const char *const *interfaces, size_t n, struct listener **out)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int err = 0;

	if (!listener)
		return fail(-ENOMEM, "out of memory");
	listener->ears = calloc(n + 1, sizeof(*listener->ears));
	listener->fds = calloc(n + 1, sizeof(*listener->fds));
	if (!listener->ears || !listener->fds)
		err = fail(-ENOMEM, "out of memory");
	for (size_t i = 0; i < n && !err; i++) {
		struct ear *ear = &listener->ears[listener->n];

		ear->interface = interfaces[i];
		err = open_ear(interfaces[i], &ear->pcap);
		if (err)
			break;
		listener->fds[listener->n++] = (struct pollfd){
			.fd = pcap_get_selectable_fd(ear->pcap), .events = POLLIN,
		};
	}
	if (err) {
		listener_close(listener);
		return err;
	}
	*out = listener;
	return 0;
}

void listener_close(struct listener *listener)
{
	if (!listener)
		return;
	for (size_t i = 0; i < listener->n; i++) {
		if (listener->ears[i].pcap)
			pcap_close(listener->ears[i].pcap);
	}
	free(listener->ears);
	free(listener->fds);
	free(listener);
}

static void on_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *data)
{
	const struct hearing *hearing = (const void *)context;
	/* tv_usec counts nanoseconds here */
	int64_t time = header->ts.tv_sec * NSEC_PER_SEC + header->ts.tv_usec;

	hearing->fn(hearing->ear->interface, data, header->caplen, time < 0 ? 0 : time, hearing->context);
}

static uint64_t ear_lost(const struct ear *ear)
{
	struct pcap_stat stat;

	return ear->pcap && !pcap_stats(ear->pcap, &stat) ? stat.ps_drop : ear->lost;
}

static void hear(struct listener *listener, size_t i, listener_fn *fn, void *context)
{
	struct ear *ear = &listener->ears[i];
	struct hearing hearing = { .ear = ear, .fn = fn, .context = context };

	if (pcap_dispatch(ear->pcap, -1, on_packet, (u_char *)&hearing) >= 0)
		return;
	warn("%s is not listened on any more: %s", ear->interface, pcap_geterr(ear->pcap));
	ear->lost = ear_lost(ear);
	pcap_close(ear->pcap);
	ear->pcap = NULL;
	listener->fds[i].fd = -1;
}

int listener_poll(struct listener *listener, int timeout_ms, listener_fn *fn, void *context)
{
	size_t left = 0;

	if (poll(listener->fds, listener->n, timeout_ms) < 0)
		return -errno;
	/* silent ones too: once an interface was down, libpcap finds that it is gone only when it looks */
	for (size_t i = 0; i < listener->n; i++) {
		if (listener->ears[i].pcap)
			hear(listener, i, fn, context);
		left += listener->ears[i].pcap != NULL;
	}
	return left ? 0 : -ENODEV;
}

uint64_t listener_lost(const struct listener *listener)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < listener->n; i++)
		lost += ear_lost(&listener->ears[i]);
	return lost;
}
