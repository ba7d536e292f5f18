// SPDX-License-Identifier: GPL-2.0-only
/*
 * Captures byte for byte, and what becomes of them when files and disks misbehave.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "faults.h"
#include "pcapng.h"

#define CAPTURE "frames.pcapng"
#define SECTION 0x0a0d0d0a
#define PAGE 4096

/* A capture in words: "section interface=lan0 packet=0" */
static const char *outline(const char *path, char *buf, size_t size)
{
	size_t len, at = 0, out = 0;
	char *data = read_file(path, &len);

	*buf = '\0';
	while (at + 12 <= len) {
		uint32_t head[3], end;

		memcpy(head, data + at, sizeof(head));
		assert_true(head[1] >= 12 && head[1] % 4 == 0 && head[1] <= len - at);
		memcpy(&end, data + at + head[1] - 4, 4);
		assert_int_equal(end, head[1]);
		if (head[0] == SECTION)
			out += snprintf(buf + out, size - out, "section ");
		else if (head[0] == 1)
			out += snprintf(buf + out, size - out, "interface=%.*s ", (uint8_t)data[at + 18],
					data + at + 20);
		else if (head[0] == 6)
			out += snprintf(buf + out, size - out, "packet=%u ", head[2]);
		else
			fail_msg("a block of type %u", head[0]);
		at += head[1];
	}
	assert_int_equal(at, len);
	free(data);
	return buf;
}

static void assert_outline(const char *path, const char *expected)
{
	char buf[4096];

	assert_string_equal(outline(path, buf, sizeof(buf)), expected);
}

static struct pcapng *opened(const char *path)
{
	struct pcapng *pcapng;

	assert_int_equal(pcapng_open(path, &pcapng), 0);
	return pcapng;
}

static void write_one(struct pcapng *pcapng, const char *interface, unsigned int flags)
{
	struct event_names names = therm_names;
	struct event event = therm_event();

	names.interface = interface;
	event.flags |= flags;
	pcapng_write(pcapng, &event, &names);
}

/* As they stand in the file of a little-endian machine, which all that picket runs on are. */
static const uint8_t interface_block[] = {
	1, 0, 0, 0, 40, 0, 0, 0,
	1, 0, 0, 0, 128, 0, 0, 0, /* Ethernet, so much of each frame */
	2, 0, 4, 0, 'l', 'a', 'n', '0',
	9, 0, 1, 0, 9, 0, 0, 0, /* in ns */
	0, 0, 0, 0, 40, 0, 0, 0,
};

#define COMMENT "role-connect: therm-17 (thermometer), from sensors, stands for 12 frames"

/* 1700000000123456789 is 0x17979cfe'3d85cd15 */
static const uint8_t packet_head[] = {
	6, 0, 0, 0, 124, 0, 0, 0,
	0, 0, 0, 0, /* interface */
	0xfe, 0x9c, 0x97, 0x17, 0x15, 0xcd, 0x85, 0x3d, /* time, the upper half first */
	4, 0, 0, 0, 74, 0, 0, 0, /* captured, long */
	'a', 'b', 'c', 'd',
	1, 0, sizeof(COMMENT) - 1, 0,
};

static const uint8_t packet_tail[] = {
	2, 0, 4, 0, 1, 0, 0, 0, /* inbound */
	0, 0, 0, 0, 124, 0, 0, 0,
};

static void test_bytes(void **state)
{
	struct pcapng *pcapng = opened(CAPTURE);
	size_t len, at, text;
	uint32_t section;
	char *data;

	write_one(pcapng, "lan0", 0);
	data = read_file(CAPTURE, &len); /* it is there at once */
	memcpy(&section, data + 4, sizeof(section));
	assert_memory_equal(data + 8, "\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	text = strlen("picket " PICKET_VERSION);
	at = section - 8 - (text + 3) / 4 * 4; /* the end's option and length follow */
	assert_memory_equal(data + at, "picket " PICKET_VERSION, text);
	assert_memory_equal(data + section, interface_block, sizeof(interface_block));
	at = section + sizeof(interface_block);
	assert_memory_equal(data + at, packet_head, sizeof(packet_head));
	at += sizeof(packet_head);
	assert_memory_equal(data + at, COMMENT, sizeof(COMMENT) - 1);
	at += (sizeof(COMMENT) - 1 + 3) / 4 * 4;
	assert_memory_equal(data + at, packet_tail, sizeof(packet_tail));
	assert_int_equal(at + sizeof(packet_tail), len);
	free(data);
	pcapng_close(pcapng);
}

/* What the options of the last packet say. */
static void last_packet(uint32_t head[7], char *comment, uint8_t *flags)
{
	size_t len, at = 0, next = 0;
	uint16_t option[2];
	char *data = read_file(CAPTURE, &len);

	while (next < len) {
		uint32_t size;

		at = next;
		memcpy(&size, data + at + 4, sizeof(size));
		next += size;
	}
	memcpy(head, data + at, 28);
	at += 28 + (head[5] + 3) / 4 * 4;
	memcpy(option, data + at, sizeof(option));
	assert_int_equal(option[0], 1);
	memcpy(comment, data + at + 4, option[1]);
	comment[option[1]] = '\0';
	at += 4 + (option[1] + 3) / 4 * 4;
	*flags = data[at + 4];
	free(data);
}

/* Every length up to the whole capture, and beyond what an event may say. */
static void test_lengths(void **state)
{
	struct pcapng *pcapng = opened(CAPTURE);
	char buf[8192], comment[2048];
	uint32_t head[7];
	uint8_t flags;

	for (int captured = 0; captured <= 255; captured += captured < 8 ? 1 : 60) {
		struct event event = therm_event();

		event.captured = captured;
		event.bytes = captured == 3 ? 2 : 9000;
		pcapng_write(pcapng, &event, &therm_names);
		outline(CAPTURE, buf, sizeof(buf)); /* every block is whole */
		last_packet(head, comment, &flags);
		assert_int_equal(head[5], captured < PICKET_CAPTURE ? captured : PICKET_CAPTURE);
		assert_int_equal(head[6], captured == 3 ? 3 : 9000);
	}
	pcapng_close(pcapng);
}

static const struct comment {
	enum verdict verdict;
	enum reason reason;
	unsigned int count, flags, direction;
	struct event_names names;
	const char *comment;
} comments[] = {
	{VERDICT_AUDIT, REASON_ROLE_CONNECT, 1, 0, 1, {.device = "a", .segment = "s"},
	 "role-connect (audit): a, from s"},
	{VERDICT_DROP, REASON_UNKNOWN_DEVICE, 2, 0, 1, {.roles = "", .segment = "s"},
	 "unknown-device, from s, stands for 2 frames"},
	{VERDICT_DROP, REASON_UNBOUND, 1, 0, 1, {.roles = ""}, "unbound"},
	{VERDICT_DROP, REASON_ROLE_ACCEPT, 1, EVENT_OUT, 2, {.device = "a", .roles = "b, c"},
	 "role-accept: a (b, c)"},
};

static void test_comments(void **state)
{
	struct pcapng *pcapng = opened(CAPTURE);

	for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++) {
		struct event event = {
			.verdict = comments[i].verdict,
			.reason = comments[i].reason,
			.count = comments[i].count,
			.flags = comments[i].flags,
		};
		char comment[2048];
		uint32_t head[7];
		uint8_t direction;

		pcapng_write(pcapng, &event, &comments[i].names);
		last_packet(head, comment, &direction);
		assert_string_equal(comment, comments[i].comment);
		assert_int_equal(direction, comments[i].direction);
	}
	pcapng_close(pcapng);
}

/* More roles than a comment shows. */
static void test_many_roles(void **state)
{
	static char roles[100000];
	struct event_names names = therm_names;
	struct event event = therm_event();
	struct pcapng *pcapng = opened(CAPTURE);
	char comment[2048], buf[256];
	uint32_t head[7];
	uint8_t flags;

	memset(roles, 'r', sizeof(roles) - 1);
	names.roles = roles;
	pcapng_write(pcapng, &event, &names);
	last_packet(head, comment, &flags);
	assert_non_null(strstr(comment, "rrr), from sensors, stands for 12 frames"));
	outline(CAPTURE, buf, sizeof(buf));
	pcapng_close(pcapng);
}

static void test_interfaces(void **state)
{
	struct pcapng *pcapng = opened(CAPTURE);

	write_one(pcapng, "lan0", 0);
	write_one(pcapng, "srv0", EVENT_OUT);
	write_one(pcapng, "lan0", 0);
	write_one(pcapng, NULL, 0);
	write_one(pcapng, NULL, 0);
	write_one(pcapng, "a-name-of-15-by", 0);
	assert_outline(CAPTURE, "section interface=lan0 packet=0 interface=srv0 packet=1 packet=0 "
		       "interface=if4 packet=2 packet=2 interface=a-name-of-15-by packet=3 ");
	pcapng_close(pcapng);
}

static void test_goes_on(void **state)
{
	struct pcapng *pcapng = opened(CAPTURE);
	size_t len;
	char *data;

	write_one(pcapng, "lan0", 0);
	pcapng_close(pcapng);
	pcapng = opened(CAPTURE);
	write_one(pcapng, "lan0", 0);
	pcapng_close(pcapng);
	assert_outline(CAPTURE, "section interface=lan0 packet=0 section interface=lan0 packet=0 ");

	/* a writer that was cut off, at every place of its last block, and in its first */
	data = read_file(CAPTURE, &len);
	for (size_t cut = 1; cut < 124; cut++) {
		write_file(CAPTURE, data, len - cut);
		pcapng_close(opened(CAPTURE));
		assert_outline(CAPTURE, "section interface=lan0 packet=0 section interface=lan0 section ");
	}
	write_file(CAPTURE, data, 40);
	pcapng_close(opened(CAPTURE));
	assert_outline(CAPTURE, "section ");
	free(data);
}

static const struct other_file {
	const char *name, *content;
	size_t len;
} other_files[] = {
	{"policy.yaml", "picket: 1\nmode: enforce\n", 24},
	{"short", "x", 1},
	{"other-order",
	 "\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\1\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x1c", 28},
};

static void test_other_files(void **state)
{
	struct pcapng *pcapng, *first = opened(CAPTURE);
	char expected[256];

	for (size_t i = 0; i < sizeof(other_files) / sizeof(other_files[0]); i++) {
		char *data;
		size_t len;

		write_file(other_files[i].name, other_files[i].content, other_files[i].len);
		listen_to_log();
		assert_int_equal(pcapng_open(other_files[i].name, &pcapng), -EINVAL);
		snprintf(expected, sizeof(expected), "picket: frames cannot go to %s: it is no pcapng "
			 "capture that could be gone on with\n", other_files[i].name);
		assert_log(expected);
		data = read_file(other_files[i].name, &len);
		assert_int_equal(len, other_files[i].len);
		assert_memory_equal(data, other_files[i].content, len);
		free(data);
	}
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(symlink("frames", "link"), 0);
	listen_to_log();
	assert_int_equal(pcapng_open("fifo", &pcapng), -ENXIO);
	assert_int_equal(pcapng_open("link", &pcapng), -ELOOP);
	assert_int_equal(pcapng_open("nowhere/frames", &pcapng), -ENOENT);
	assert_int_equal(pcapng_open(".", &pcapng), -EISDIR);
	assert_int_equal(pcapng_open(CAPTURE, &pcapng), -EBUSY);
	assert_log("picket: frames cannot go to fifo: it is no regular file\n"
		   "picket: frames cannot go to link: it is a symbolic link, and those are not followed\n"
		   "picket: frames cannot go to nowhere/frames: No such file or directory\n"
		   "picket: frames cannot go to .: Is a directory\n"
		   "picket: frames cannot go to " CAPTURE ": another process is writing it\n");
	pcapng_close(first);
}

/* Damage in the middle of a long capture must not cost what is behind it. */
static void test_damaged(void **state)
{
	struct pcapng *pcapng = opened(CAPTURE);
	char *data;
	size_t len, still;

	for (int i = 0; i < 1000; i++)
		write_one(pcapng, "lan0", 0);
	pcapng_close(pcapng);
	data = read_file(CAPTURE, &len);
	memset(data + 1024, 0, 512);
	write_file(CAPTURE, data, len);
	free(data);
	listen_to_log();
	assert_int_equal(pcapng_open(CAPTURE, &pcapng), -EINVAL);
	assert_log("picket: frames cannot go to " CAPTURE ": it is no pcapng capture that could be gone on with\n");
	free(read_file(CAPTURE, &still));
	assert_int_equal(still, len);
}

static void test_rotated(void **state)
{
	struct pcapng *pcapng = opened(CAPTURE);

	write_one(pcapng, "lan0", 0);
	pcapng_tick(pcapng);
	assert_int_equal(rename(CAPTURE, "old"), 0);
	write_one(pcapng, "srv0", 0);
	pcapng_tick(pcapng);
	write_one(pcapng, "srv0", 0);
	assert_outline("old", "section interface=lan0 packet=0 interface=srv0 packet=1 ");
	assert_outline(CAPTURE, "section interface=srv0 packet=0 ");
	assert_int_equal(pcapng_lost(pcapng), 0);
	pcapng_close(pcapng);
}

static void test_full_disk(void **state)
{
	struct pcapng *pcapng;
	size_t packets = 0, lost;
	char buf[65536];

	if (!private_mounts())
		skip();
	mount_disk("disk", 4 * PAGE);
	pcapng = opened("disk/" CAPTURE);
	listen_to_log();
	while (!pcapng_lost(pcapng)) {
		write_one(pcapng, "lan0", 0);
		packets++;
	}
	packets--;
	assert_true(packets > 100);
	outline("disk/" CAPTURE, buf, sizeof(buf)); /* it ends where a block ends */
	for (int i = 0; i < 100; i++) {
		write_one(pcapng, "lan0", 0);
		pcapng_tick(pcapng);
	}
	lost = pcapng_lost(pcapng);
	assert_int_equal(lost, 101);
	assert_log("picket: warning: frames do not reach disk/" CAPTURE ": No space left on device; "
		   "they are counted as lost until they do\n");

	listen_to_log();
	assert_int_equal(rename("disk/" CAPTURE, "disk/old"), 0);
	pcapng_tick(pcapng); /* the new one has no room either */
	write_one(pcapng, "lan0", 0);
	assert_int_equal(pcapng_lost(pcapng), 102);
	assert_int_equal(unlink("disk/old"), 0);
	for (int i = 0; i < 10; i++) {
		pcapng_tick(pcapng);
		write_one(pcapng, "lan0", 0);
	}
	assert_int_equal(pcapng_lost(pcapng), 102);
	assert_log("picket: warning: frames reach disk/" CAPTURE " again; 102 were lost\n");
	assert_outline("disk/" CAPTURE, "section interface=lan0 packet=0 packet=0 packet=0 packet=0 packet=0 "
		       "packet=0 packet=0 packet=0 packet=0 packet=0 ");
	pcapng_close(pcapng);
}

/* A daemon starts all the same. */
static void test_full_from_the_start(void **state)
{
	struct pcapng *pcapng;

	if (!private_mounts())
		skip();
	mount_disk("disk", 2 * PAGE);
	fill_disk("disk/filler");
	pcapng = opened("disk/" CAPTURE);
	listen_to_log();
	write_one(pcapng, "lan0", 0);
	assert_int_equal(pcapng_lost(pcapng), 1);
	assert_int_equal(truncate("disk/filler", 0), 0);
	pcapng_tick(pcapng);
	write_one(pcapng, "lan0", 0);
	pcapng_close(pcapng);
	assert_log("picket: warning: frames do not reach disk/" CAPTURE ": No space left on device; "
		   "they are counted as lost until they do\n"
		   "picket: warning: frames did not reach disk/" CAPTURE " to the end; 1 was lost\n");
	assert_outline("disk/" CAPTURE, "section interface=lan0 packet=0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bytes, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_lengths, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_comments, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_many_roles, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_interfaces, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_goes_on, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_other_files, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_damaged, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_rotated, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_full_disk, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_full_from_the_start, own_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
