// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends one UDP frame as fast as it can, from several CPUs at once: each thread is pinned, and
 * its frames take the transmit queue of its CPU, so that the other end of a veth pair with as
 * many queues receives on as many CPUs.
 *
 *	netns INTERFACE SMAC DMAC SRC DST DPORT BYTES SECONDS CPUS
 *
 *	netns spoof INTERFACE key=value...
 *	netns frames
 *
 * Prints the frames sent and the nanoseconds of boot time from the first to the last. Or sends frames
 * that are all different (spoof.h). Or prints how frames begin that are refused, until it is stopped.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "frame.h"
#include "frames.h"
#include "packetsocket.h"
#include "spoof.h"

#define BATCH 64
#define CPUS_MAX 64
#define SPORT 40000

enum argument { INTERFACE = 1, SMAC, DMAC, SRC, DST, DPORT, BYTES, SECONDS, CPUS, ARGUMENTS };

struct sender {
	pthread_t thread;
	struct frame frame;
	uint64_t until; /* ns of boot time */
	uint64_t sent, last;
	int fd, cpu, err;
};

static void *send_frames(void *context)
{
	struct sender *sender = context;
	struct iovec iov = { .iov_base = sender->frame.bytes, .iov_len = sender->frame.len };
	struct mmsghdr batch[BATCH] = { 0 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sender->cpu, &cpus);
	sender->err = pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	for (int i = 0; i < BATCH; i++)
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	while (!sender->err && sender->last < sender->until) {
		int n = sendmmsg(sender->fd, batch, BATCH, 0);

		if (n > 0)
			sender->sent += n;
		else if (errno != ENOBUFS && errno != EAGAIN)
			sender->err = errno;
		sender->last = boot_now();
	}
	return NULL;
}

static void build_frame(struct frame *frame, char **argv, int cpu)
{
	size_t bytes = strtoul(argv[BYTES], NULL, 10);

	frame_ethernet(frame, argv[DMAC], argv[SMAC]);
	frame_ip(frame, frame_addr(argv[SRC]), frame_addr(argv[DST]));
	frame_udp(frame, SPORT + cpu, strtoul(argv[DPORT], NULL, 10));
	if (bytes > frame->len)
		frame_zeros(frame, bytes - frame->len);
}

int main(int argc, char **argv)
{
	static struct sender senders[CPUS_MAX];
	uint64_t start = boot_now(), last = start, sent = 0;
	int cpus = argc == ARGUMENTS ? atoi(argv[CPUS]) : 0;

	if (argc == 2 && !strcmp(argv[1], "frames"))
		return print_frames();
	if (argc > 3 && !strcmp(argv[1], "spoof"))
		return spoof(argv + 2);
	if (cpus < 1 || cpus > CPUS_MAX) {
		fprintf(stderr, "usage: %s INTERFACE SMAC DMAC SRC DST DPORT BYTES SECONDS CPUS\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < cpus; i++) {
		struct sender *sender = &senders[i];

		sender->cpu = i;
		sender->fd = packet_socket(argv[INTERFACE]);
		sender->until = start + strtoull(argv[SECONDS], NULL, 10) * NSEC_PER_SEC;
		build_frame(&sender->frame, argv, i);
		if (pthread_create(&sender->thread, NULL, send_frames, sender))
			return 1;
	}
	for (int i = 0; i < cpus; i++) {
		pthread_join(senders[i].thread, NULL);
		if (senders[i].err) {
			fprintf(stderr, "CPU %d: %s\n", i, strerror(senders[i].err));
			return 1;
		}
		sent += senders[i].sent;
		last = senders[i].last > last ? senders[i].last : last;
	}
	printf("%llu %llu\n", (unsigned long long)sent, (unsigned long long)(last - start));
	return 0;
}
