// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where events go: places that are refused, and files.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "faults.h"
#include "sinks.h"

#define PAGE 4096

static void assert_file(const char *path, const char *expected)
{
	char *text = read_file(path, NULL);

	assert_string_equal(text, expected);
	free(text);
}

static const char *const bad_specs[] = {
	"", "journald", "journal:", "file", "file:", "unix:", "/tmp/x", "File:x",
};

static void test_specs(void **state)
{
	struct sink *sink;
	char expected[256];

	for (size_t i = 0; i < sizeof(bad_specs) / sizeof(bad_specs[0]); i++) {
		listen_to_log();
		assert_int_equal(sink_open(bad_specs[i], &sink), -EINVAL);
		snprintf(expected, sizeof(expected), "picket: events go to journal, file:PATH or unix:PATH, "
			 "not to '%s'\n", bad_specs[i]);
		assert_log(expected);
	}
	assert_int_equal(mkfifo("fifo", 0600), 0);
	listen_to_log();
	assert_int_equal(sink_open("file:nowhere/events", &sink), -ENOENT);
	assert_int_equal(sink_open("file:fifo", &sink), -ENXIO);
	assert_log("picket: events cannot go to nowhere/events: No such file or directory\n"
		   "picket: events cannot go to fifo: it is no regular file\n");
}

static void test_long_path(void **state)
{
	char spec[200] = "unix:";
	struct sink *sink;

	memset(spec + 5, 'x', 107);
	sink_close(opened_sink(spec));
	spec[5 + 107] = 'x';
	listen_to_log();
	assert_int_equal(sink_open(spec, &sink), -ENAMETOOLONG);
	assert_log("picket: events cannot go to xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: File name too long\n");
}

static void test_file(void **state)
{
	struct sink *sink = opened_sink("file:events"), *second;
	struct stat st;

	write_line(sink, "1\n");
	assert_file("events", "1\n"); /* at once */
	assert_int_equal(stat("events", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	listen_to_log();
	assert_int_equal(sink_open("file:events", &second), -EBUSY);
	assert_log("picket: events cannot go to events: another process is writing it\n");
	sink_close(sink);

	sink = opened_sink("file:events");
	write_line(sink, "2\n");
	assert_file("events", "1\n2\n");
	sink_close(sink);

	write_file("events", "1\nhalf", 6); /* of a writer that was killed, or of another program */
	sink = opened_sink("file:events");
	write_line(sink, "3\n");
	assert_file("events", "1\nhalf\n3\n");
	assert_int_equal(sink_lost(sink), 0);
	sink_close(sink);

	assert_int_equal(symlink("events", "link"), 0);
	listen_to_log();
	assert_int_equal(sink_open("file:link", &second), -ELOOP);
	assert_log("picket: events cannot go to link: it is a symbolic link, and those are not followed\n");
}

static void test_rotated(void **state)
{
	struct sink *sink = opened_sink("file:events");

	listen_to_log();
	write_line(sink, "1\n");
	ticks(sink, 2);
	assert_int_equal(rename("events", "events.1"), 0);
	write_line(sink, "2\n"); /* until the next look */
	ticks(sink, 1);
	write_line(sink, "3\n");
	assert_int_equal(rename("events", "events.2"), 0);
	write_file("events", "", 0); /* as logrotate's "create" does */
	ticks(sink, 1);
	write_line(sink, "4\n");
	assert_int_equal(truncate("events", 0), 0); /* as its "copytruncate" */
	write_line(sink, "5\n");
	ticks(sink, 1);
	assert_int_equal(sink_lost(sink), 0);
	sink_close(sink);
	assert_log("");
	assert_file("events.1", "1\n2\n");
	assert_file("events.2", "3\n");
	assert_file("events", "5\n");
}

/* What stands in the way of the next file, and then not. */
static void test_file_gone(void **state)
{
	struct sink *sink;

	assert_int_equal(mkdir("log", 0755), 0);
	sink = opened_sink("file:log/events");
	write_line(sink, "1\n");
	assert_int_equal(rename("log", "log.old"), 0);
	listen_to_log();
	for (int i = 0; i < 20; i++) {
		sink_tick(sink);
		write_lines(sink, 2);
	}
	assert_int_equal(sink_lost(sink), 40);
	assert_log("picket: warning: events do not reach log/events: No such file or directory; "
		   "they are counted as lost until they do\n");
	assert_int_equal(mkdir("log", 0755), 0);
	listen_to_log();
	sink_tick(sink);
	write_line(sink, "2\n");
	ticks(sink, TICKS_OVER);
	sink_close(sink);
	assert_log("picket: warning: events reach log/events again; 40 were lost\n");
	assert_file("log/events", "2\n");
	assert_file("log.old/events", "1\n");
}

/* Every line is whole, whatever the disk had room for. */
static size_t count_whole_lines(const char *path)
{
	char *text = read_file(path, NULL), *line, *rest = text;
	size_t n = 0;

	while ((line = strsep(&rest, "\n")) && *line) {
		assert_string_equal(line, "{\"reason\":\"role-connect\",\"count\":12}");
		n++;
	}
	assert_true(rest == NULL);
	free(text);
	return n;
}

static void test_full_disk(void **state)
{
	struct sink *sink;
	size_t lines = 0;

	if (!private_mounts())
		skip();
	mount_disk("disk", 4 * PAGE);
	write_file("disk/other", "12345678", 8);
	sink = opened_sink("file:disk/events");
	listen_to_log();
	for (; !sink_lost(sink); lines++)
		write_line(sink, LINE);
	for (int i = 0; i < 50; i++) {
		write_line(sink, LINE);
		sink_tick(sink);
	}
	assert_log("picket: warning: events do not reach disk/events: No space left on device; "
		   "they are counted as lost until they do\n");
	assert_int_equal(sink_lost(sink), 51);
	assert_int_equal(count_whole_lines("disk/events"), lines - 1);

	listen_to_log();
	assert_int_equal(unlink("disk/other"), 0);
	write_lines(sink, 5);
	ticks(sink, TICKS_OVER);
	assert_log("picket: warning: events reach disk/events again; 51 were lost\n");
	assert_int_equal(count_whole_lines("disk/events"), lines - 1 + 5);
	sink_close(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_specs, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_long_path, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_file, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_rotated, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_file_gone, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_full_disk, own_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
