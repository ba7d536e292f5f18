// SPDX-License-Identifier: GPL-2.0-only
#include "spoof.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "frame.h"
#include "packetsocket.h"

#define BATCH 64
#define SMALLEST 60
#define FIXED_SPORT 40000
#define FIRST_PORT 1024

struct prefix {
	uint8_t bytes[16]; /* IPv4 in the last four */
	int host_bits;
};

struct flood {
	struct frame frames[BATCH];
	struct prefix from, to;
	uint64_t random; /* the generator's state */
	uint64_t made; /* frames */
	uint64_t seconds, most;
	uint16_t dport;
	bool random_mac, count_ports;
};

static const char *value(char **words, const char *key, const char *otherwise)
{
	size_t len = strlen(key);

	for (; *words; words++) {
		if (!strncmp(*words, key, len) && (*words)[len] == '=')
			return *words + len + 1;
	}
	if (!otherwise) {
		fprintf(stderr, "spoof: %s= is missing\n", key);
		exit(2);
	}
	return otherwise;
}

/* xorshift64*: fast, and good enough for addresses that nobody is to guess */
static uint64_t next_random(struct flood *flood)
{
	flood->random ^= flood->random >> 12;
	flood->random ^= flood->random << 25;
	flood->random ^= flood->random >> 27;
	return flood->random * 2685821657736338717ULL;
}

static struct picket_addr read_prefix(const char *text, struct prefix *out)
{
	char copy[64], *slash;
	struct picket_addr addr;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	addr = frame_addr(copy);
	memcpy(out->bytes, addr.w, 16);
	out->host_bits = slash ? (strchr(copy, ':') ? 128 : 32) - atoi(slash + 1) : 0;
	return addr;
}

/* Writes the prefix's bytes with other host bits over the last n of an address. */
static void put_addr(uint8_t *at, size_t n, const struct prefix *prefix, uint64_t low, uint64_t high)
{
	int bits = prefix->host_bits;

	memcpy(at, prefix->bytes + 16 - n, n);
	for (size_t i = 0; i < n && bits > 0; i++, bits -= 8) {
		uint8_t mask = bits >= 8 ? 0xff : (1 << bits) - 1;
		uint8_t byte = (i < 8 ? low : high) >> (i % 8 * 8);

		at[n - 1 - i] = (at[n - 1 - i] & ~mask) | (byte & mask);
	}
}

static uint32_t sum_words(const uint8_t *at, size_t n)
{
	uint32_t sum = 0;

	for (; n > 1; at += 2, n -= 2)
		sum += at[0] << 8 | at[1];
	return n ? sum + (at[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put_checksums(struct frame *f, bool udp, size_t l4_len)
{
	uint8_t *ip = f->bytes + f->network;
	size_t at = f->transport + (udp ? 6 : 16), addrs = f->version == 4 ? 12 : 8;
	uint32_t pseudo = sum_words(ip + addrs, f->version == 4 ? 8 : 32) + (udp ? 17 : 6) + l4_len;
	uint16_t sum;

	if (f->version == 4) {
		frame_set16(f, f->network + 10, 0);
		frame_set16(f, f->network + 10, fold(sum_words(ip, 20)));
	}
	frame_set16(f, at, 0);
	sum = fold(pseudo + sum_words(f->bytes + f->transport, l4_len));
	frame_set16(f, at, udp && !sum ? 0xffff : sum);
}

static void vary(struct flood *flood, struct frame *f)
{
	size_t n = f->version == 4 ? 4 : 16, from = f->network + (n == 4 ? 12 : 8);
	uint64_t made = flood->made++, low = next_random(flood), high = next_random(flood);
	bool udp = f->udp;

	if (flood->random_mac) {
		memcpy(f->bytes + 6, &high, 6);
		f->bytes[6] = (f->bytes[6] & ~1) | 2;
	}
	put_addr(f->bytes + from, n, &flood->from, low, high);
	put_addr(f->bytes + from + n, n, &flood->to, made, 0);
	frame_set16(f, f->transport, flood->count_ports ? FIXED_SPORT : (low >> 40 & 0x7fff) | 0x8000);
	frame_set16(f, f->transport + 2, flood->count_ports ?
			FIRST_PORT + (made >> flood->to.host_bits) % (65536 - FIRST_PORT) : flood->dport);
	put_checksums(f, udp, udp ? 8 : 20);
}

static void prepare(struct flood *flood, char **words)
{
	bool udp = !strcmp(value(words, "kind", "udp"), "udp");
	const char *smac = value(words, "smac", "random"), *dport = value(words, "dport", NULL);
	struct picket_addr from = read_prefix(value(words, "from", NULL), &flood->from);
	struct picket_addr to = read_prefix(value(words, "to", NULL), &flood->to);

	flood->random = boot_now() | 1;
	flood->random_mac = !strcmp(smac, "random");
	flood->count_ports = !strcmp(dport, "count");
	flood->dport = flood->count_ports ? 0 : atoi(dport);
	flood->seconds = strtoull(value(words, "seconds", "3600"), NULL, 10);
	flood->most = strtoull(value(words, "frames", "1000000000000"), NULL, 10);
	for (int i = 0; i < BATCH; i++) {
		struct frame *f = &flood->frames[i];

		frame_ethernet(f, value(words, "dmac", NULL), flood->random_mac ? "02:00:00:00:00:01" : smac);
		frame_ip(f, from, to);
		if (udp)
			frame_udp(f, 0, 0);
		else
			frame_tcp(f, 0, 0, FRAME_SYN);
		frame_pad(f, SMALLEST);
	}
}

/* What the interface did not take is tried again, so that a count of flows has no holes. */
static int send_batch(int fd, struct mmsghdr *batch, unsigned int n, uint64_t *sent)
{
	while (n) {
		int done = sendmmsg(fd, batch, n, 0);

		if (done < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
			perror("sendmmsg");
			return 1;
		}
		if (done > 0) {
			*sent += done;
			batch += done;
			n -= done;
		}
	}
	return 0;
}

int spoof(char **words)
{
	static struct flood flood;
	struct iovec iovs[BATCH];
	struct mmsghdr batch[BATCH] = { 0 };
	uint64_t sent = 0, until;
	int fd = packet_socket(words[0]), err = 0;

	prepare(&flood, words);
	for (int i = 0; i < BATCH; i++) {
		iovs[i] = (struct iovec){ flood.frames[i].bytes, flood.frames[i].len };
		batch[i].msg_hdr = (struct msghdr){ .msg_iov = &iovs[i], .msg_iovlen = 1 };
	}
	until = boot_now() + flood.seconds * NSEC_PER_SEC;
	while (!err && sent < flood.most && boot_now() < until) {
		unsigned int n = flood.most - sent < BATCH ? flood.most - sent : BATCH;

		for (unsigned int i = 0; i < n; i++)
			vary(&flood, &flood.frames[i]);
		err = send_batch(fd, batch, n, &sent);
	}
	printf("%llu\n", (unsigned long long)sent);
	return err;
}
