// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "diag.h"

/* Tables hash with a secret: it is the same each time, so that what is found is found again. */
ssize_t __wrap_getrandom(void *buffer, size_t len, unsigned int flags);

ssize_t __wrap_getrandom(void *buffer, size_t len, unsigned int flags)
{
	memset(buffer, 0x5a, len);
	return len;
}

uint8_t fuzz_byte(struct fuzz_input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

uint16_t fuzz_word(struct fuzz_input *input)
{
	uint16_t high = fuzz_byte(input);

	return high << 8 | fuzz_byte(input);
}

const uint8_t *fuzz_bytes(struct fuzz_input *input, size_t most, size_t *len)
{
	const uint8_t *bytes = input->at;

	*len = input->left < most ? input->left : most;
	input->at += *len;
	input->left -= *len;
	return bytes;
}

char *fuzz_line(struct fuzz_input *input)
{
	const uint8_t *newline = input->left ? memchr(input->at, '\n', input->left) : NULL;
	size_t len = newline ? (size_t)(newline - input->at) : input->left;
	char *line = malloc(len + 1);

	require(line);
	if (len)
		memcpy(line, input->at, len);
	line[len] = '\0';
	input->at += len + !!newline;
	input->left -= len + !!newline;
	return line;
}

static void put_all(int fd, const void *data, size_t size)
{
	require(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[40];

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	put_all(fd, data, size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static char directory[] = "/dev/shm/picket-fuzz-XXXXXX";

static void remove_directory(void)
{
	static const char *const names[] = { "history.jsonl", "config.yaml", "secret", "access.yaml" };
	char path[80];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/policies", directory);
	rmdir(path);
	rmdir(directory);
}

const char *fuzz_dir(void)
{
	static bool made;

	if (!made) {
		require(mkdtemp(directory));
		atexit(remove_directory);
		made = true;
	}
	return directory;
}

void fuzz_put(const char *name, const void *data, size_t size)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_dir(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	put_all(fd, data, size);
	close(fd);
}

FILE *fuzz_sink(void)
{
	static FILE *sink;

	if (!sink)
		sink = fopen("/dev/null", "we");
	require(sink);
	return sink;
}

void fuzz_look(const void *data, size_t size)
{
	fwrite(data, 1, size, fuzz_sink());
}

struct policy *fuzz_policy(const char *text)
{
	struct source_file file = { .name = "fuzz.yaml", .text = text, .len = strlen(text) };
	struct diag *diag = diag_new();
	struct policy *policy;
	int err = diag ? policy_load_sources(&file, 1, diag, &policy) : -1;

	if (err)
		diag_print(diag, stderr);
	require(!err);
	diag_free(diag);
	return policy;
}
