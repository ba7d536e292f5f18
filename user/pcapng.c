// SPDX-License-Identifier: GPL-2.0-only
#include "pcapng.h"

#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "eventtext.h"
#include "logfile.h"
#include "outage.h"

#define BLOCKS_MOST 4096 /* of what one event writes */
#define BLOCK_LEAST 12
#define CUT_MOST 65536
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define LINKTYPE_ETHERNET 1
#define RESOLUTION_NS 9 /* decimal places of a second */

enum block_type { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_HARDWARE = 2, SECTION_OS = 3, SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2, INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
};
enum packet_flags { PACKET_IN = 1, PACKET_OUT = 2 };

struct pcapng {
	char *path;
	struct outage outage;
	struct logfile file;
	char (*interfaces)[IF_NAMESIZE]; /* of the section, by their number there */
	uint32_t ninterfaces;
};

/* Blocks that are written together. */
struct blocks {
	uint8_t data[BLOCKS_MOST];
	size_t len;
	size_t start; /* of the last */
};

static void put(struct blocks *blocks, const void *data, size_t len)
{
	memcpy(blocks->data + blocks->len, data, len);
	blocks->len += len;
}

static void put16(struct blocks *blocks, uint16_t number)
{
	put(blocks, &number, sizeof(number));
}

static void put32(struct blocks *blocks, uint32_t number)
{
	put(blocks, &number, sizeof(number));
}

static void put_padded(struct blocks *blocks, const void *data, size_t len)
{
	static const uint8_t zeros[4];

	put(blocks, data, len);
	put(blocks, zeros, -len % sizeof(zeros));
}

static void put_option(struct blocks *blocks, enum option option, const void *data, size_t len)
{
	put16(blocks, option);
	put16(blocks, len);
	put_padded(blocks, data, len);
}

static void put_text(struct blocks *blocks, enum option option, const char *text)
{
	put_option(blocks, option, text, strlen(text));
}

static void begin_block(struct blocks *blocks, enum block_type type)
{
	blocks->start = blocks->len;
	put32(blocks, type);
	put32(blocks, 0); /* its length, in time */
}

static void end_block(struct blocks *blocks)
{
	uint32_t len;

	put_option(blocks, OPTION_END, "", 0);
	len = blocks->len - blocks->start + sizeof(len);
	put32(blocks, len);
	memcpy(blocks->data + blocks->start + sizeof(len), &len, sizeof(len));
}

static void put_section(struct blocks *blocks)
{
	const uint64_t unknown_length = UINT64_MAX;
	struct utsname host;
	char os[sizeof(host.sysname) + sizeof(host.release)];

	uname(&host);
	snprintf(os, sizeof(os), "%s %s", host.sysname, host.release);
	begin_block(blocks, BLOCK_SECTION);
	put32(blocks, BYTE_ORDER_MAGIC);
	put16(blocks, 1); /* version 1.0 */
	put16(blocks, 0);
	put(blocks, &unknown_length, sizeof(unknown_length));
	put_text(blocks, SECTION_HARDWARE, host.machine);
	put_text(blocks, SECTION_OS, os);
	put_text(blocks, SECTION_APPLICATION, "picket " PICKET_VERSION);
	end_block(blocks);
}

static void put_interface(struct blocks *blocks, const char *name)
{
	const uint8_t resolution = RESOLUTION_NS;

	begin_block(blocks, BLOCK_INTERFACE);
	put16(blocks, LINKTYPE_ETHERNET);
	put16(blocks, 0);
	put32(blocks, PICKET_CAPTURE);
	put_text(blocks, INTERFACE_NAME, name);
	put_option(blocks, INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	end_block(blocks);
}

static void put_packet(struct blocks *blocks, uint32_t interface, const struct event *event,
		       const struct event_names *names)
{
	uint32_t captured = event->captured < PICKET_CAPTURE ? event->captured : PICKET_CAPTURE;
	uint32_t flags = event->flags & EVENT_OUT ? PACKET_OUT : PACKET_IN;
	uint64_t time = names->time;
	char comment[EVENT_TEXT_LEN];

	begin_block(blocks, BLOCK_PACKET);
	put32(blocks, interface);
	put32(blocks, time >> 32);
	put32(blocks, time);
	put32(blocks, captured);
	put32(blocks, event->bytes > captured ? event->bytes : captured);
	put_padded(blocks, event->frame, captured);
	put_text(blocks, OPTION_COMMENT, event_summary(event, names, comment));
	put_option(blocks, PACKET_FLAGS, &flags, sizeof(flags));
	end_block(blocks);
}

/* How far whole blocks reach; -EINVAL: no capture of this machine's byte order; -EIO. */
static off_t whole_blocks(const struct logfile *file, off_t size)
{
	uint32_t head[3]; /* type, length; of a section its byte order */
	off_t at = 0;

	while (size - at >= BLOCK_LEAST) {
		if (pread(file->fd, head, sizeof(head), at) != sizeof(head))
			return -EIO;
		if (!at && (head[0] != BLOCK_SECTION || head[2] != BYTE_ORDER_MAGIC))
			return -EINVAL;
		if (head[1] < BLOCK_LEAST || head[1] % 4 || head[1] > size - at)
			break;
		at += head[1];
	}
	return at;
}

/* A writer that was cut off leaves little; behind a block that is damaged there may be much. */
static int keep_whole(const struct logfile *file)
{
	off_t size = logfile_size(file), whole;

	if (size <= 0)
		return size;
	whole = size < BLOCK_LEAST ? -EINVAL : whole_blocks(file, size);
	if (whole < 0)
		return whole;
	if (size - whole > CUT_MOST)
		return -EINVAL;
	return whole < size && ftruncate(file->fd, whole) ? -errno : 0;
}

static int begin_section(struct logfile *file, void *context)
{
	struct pcapng *pcapng = context;
	struct blocks blocks = { .len = 0 };
	int err = strcmp(file->path, "-") ? keep_whole(file) : 0;

	pcapng->ninterfaces = 0;
	put_section(&blocks);
	return err ? err : logfile_append(file, blocks.data, blocks.len);
}

static const char *why(int error)
{
	return error == -EINVAL ? "it is no pcapng capture that could be gone on with" :
				  logfile_why(error);
}

int pcapng_open(const char *path, struct pcapng **out)
{
	struct pcapng *pcapng = calloc(1, sizeof(*pcapng));
	int err;

	if (!pcapng || !(pcapng->path = strdup(path))) {
		free(pcapng);
		return fail(-ENOMEM, "there is no memory for frames to %s", path);
	}
	pcapng->outage.what = "frames";
	pcapng->outage.where = strcmp(path, "-") ? pcapng->path : "stdout";
	pcapng->file = (struct logfile){ .path = pcapng->path, .begin = begin_section, .context = pcapng };
	err = logfile_open(&pcapng->file);
	if (err) {
		fail(err, "frames cannot go to %s: %s", pcapng->outage.where, why(err));
		pcapng_close(pcapng);
		return err;
	}
	*out = pcapng;
	return 0;
}

void pcapng_close(struct pcapng *pcapng)
{
	if (!pcapng)
		return;
	outage_end(&pcapng->outage);
	logfile_close(&pcapng->file);
	free(pcapng->interfaces);
	free(pcapng->path);
	free(pcapng);
}

static uint32_t find_interface(const struct pcapng *pcapng, const char *name)
{
	uint32_t i = 0;

	while (i < pcapng->ninterfaces && strcmp(pcapng->interfaces[i], name))
		i++;
	return i;
}

/* Room for one that the section does not have yet. */
static int make_room(struct pcapng *pcapng)
{
	void *grown = reallocarray(pcapng->interfaces, pcapng->ninterfaces + 1,
				   sizeof(*pcapng->interfaces));

	if (!grown)
		return -ENOMEM;
	pcapng->interfaces = grown;
	return 0;
}

static int append_event(struct pcapng *pcapng, const struct event *event, const struct event_names *names)
{
	struct blocks blocks = { .len = 0 };
	char name[IF_NAMESIZE];
	uint32_t interface;
	bool known;
	int err;

	/* of an interface that is gone its number is left */
	if (names->interface)
		snprintf(name, sizeof(name), "%s", names->interface);
	else
		snprintf(name, sizeof(name), "if%u", event->ifindex);
	interface = find_interface(pcapng, name);
	known = interface < pcapng->ninterfaces;
	if (!known && make_room(pcapng))
		return -ENOMEM;
	if (!known)
		put_interface(&blocks, name);
	put_packet(&blocks, interface, event, names);
	err = logfile_append(&pcapng->file, blocks.data, blocks.len);
	if (!err && !known)
		strcpy(pcapng->interfaces[pcapng->ninterfaces++], name);
	return err;
}

void pcapng_write(struct pcapng *pcapng, const struct event *event, const struct event_names *names)
{
	int err = append_event(pcapng, event, names);

	if (err)
		outage_lose(&pcapng->outage, why(err));
	else
		outage_reach(&pcapng->outage);
}

void pcapng_tick(struct pcapng *pcapng)
{
	logfile_tick(&pcapng->file);
	outage_tick(&pcapng->outage);
}

uint64_t pcapng_lost(const struct pcapng *pcapng)
{
	return outage_lost(&pcapng->outage);
}
