// SPDX-License-Identifier: GPL-2.0-only
#include "faults.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "names.h"

#define TEMPLATE "/tmp/picket-unit.XXXXXX"
#define LOG_MOST 4096

static char folder[] = TEMPLATE;
static int log_fd = -1, real_stderr = -1;

const struct event_names therm_names = {
	.device = "therm-17",
	.roles = "thermometer",
	.segment = "sensors",
	.interface = "lan0",
	.time = 1700000000123456789,
};

struct event therm_event(void)
{
	struct event event = {
		.count = 12, .ifindex = 4, .ethertype = 0x800, .sport = 40000, .dport = 22,
		.bytes = 74, .mac = {2, 0, 0x5e, 0x10, 0, 0x17}, .verdict = VERDICT_DROP,
		.reason = REASON_ROLE_CONNECT, .protocol = 6, .flags = EVENT_IP | EVENT_PORTS,
		.captured = 4, .frame = "abcd",
	};

	assert_int_equal(parse_addr("10.20.0.17", &event.src), 0);
	assert_int_equal(parse_addr("10.1.0.9", &event.dst), 0);
	return event;
}

int own_folder(void **state)
{
	strcpy(folder, TEMPLATE);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	umask(022);
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	umount2(path, MNT_DETACH);
	return remove(path);
}

int remove_folder(void **state)
{
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
	return 0;
}

void listen_to_log(void)
{
	log_fd = memfd_create("log", MFD_CLOEXEC);
	assert_true(log_fd >= 0);
	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(log_fd, STDERR_FILENO);
}

void assert_log(const char *expected)
{
	char text[LOG_MOST] = "";

	fflush(stderr);
	assert_true(pread(log_fd, text, sizeof(text) - 1, 0) >= 0);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(log_fd);
	assert_string_equal(text, expected);
}

bool private_mounts(void)
{
	static bool done;

	if (!done)
		done = !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (!done)
		print_message("mounts of its own take root\n");
	return done;
}

void mount_disk(const char *name, size_t bytes)
{
	char options[32];

	snprintf(options, sizeof(options), "size=%zu", bytes);
	assert_int_equal(mkdir(name, 0755), 0);
	assert_int_equal(mount("picket-unit", name, "tmpfs", 0, options), 0);
}

void fill_disk(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	static const char bytes[4096];

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
}

char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *text;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	text = calloc(1, st.st_size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, st.st_size, file), st.st_size);
	fclose(file);
	if (len)
		*len = st.st_size;
	return text;
}

void write_file(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}
