// SPDX-License-Identifier: GPL-2.0-only
#include "receive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "cleanup.h"
#include "packing.h"
#include "source.h"

#define CHUNK (64UL << 10)

struct unpacking {
	z_stream stream;
	char *raw;
	size_t room;
};

static void unpacking_end(struct unpacking *unpacking)
{
	inflateEnd(&unpacking->stream);
	free(unpacking->raw);
}

static int make_room(struct unpacking *unpacking)
{
	size_t used = unpacking->stream.total_out;
	char *raw;

	if (unpacking->stream.avail_out)
		return 0;
	if (unpacking->room >= RECEIVE_LARGEST)
		return -EFBIG;
	unpacking->room = unpacking->room ? 2 * unpacking->room : 4 * CHUNK;
	raw = realloc(unpacking->raw, unpacking->room);
	if (!raw)
		return -ENOMEM;
	unpacking->raw = raw;
	unpacking->stream.next_out = (Bytef *)raw + used;
	unpacking->stream.avail_out = unpacking->room - used < UINT32_MAX ? unpacking->room - used : UINT32_MAX;
	return 0;
}

/* 0: goes on; 1: that was the end; -errno. */
static int unpack_chunk(struct unpacking *unpacking, char *chunk, size_t len)
{
	int status, err;

	unpacking->stream.next_in = (Bytef *)chunk;
	unpacking->stream.avail_in = len;
	do { /* until all is taken, and what came of it had room */
		err = make_room(unpacking);
		if (err)
			return err;
		status = inflate(&unpacking->stream, Z_NO_FLUSH);
	} while (status == Z_OK && (unpacking->stream.avail_in || !unpacking->stream.avail_out));
	if (status == Z_STREAM_END)
		return unpacking->stream.avail_in ? -EPROTO : 1;
	return status == Z_OK || status == Z_BUF_ERROR ? 0 : -EPROTO;
}

static int unpack_stdin(struct unpacking *unpacking)
{
	_cleanup_free_ char *chunk = malloc(CHUNK);
	int done = 0;
	ssize_t n;

	if (!chunk || inflateInit(&unpacking->stream) != Z_OK)
		return -ENOMEM;
	while (!done) {
		n = read(STDIN_FILENO, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPROTO;
		done = unpack_chunk(unpacking, chunk, n);
	}
	if (done < 0)
		return done;
	return read(STDIN_FILENO, chunk, 1) ? -EPROTO : 0;
}

/* They are printed, to others than who chose them. */
static bool name_is_clean(const char *name)
{
	const struct source_file text = { .name = name, .text = name, .len = strlen(name) };
	uint32_t line, col;

	return *name && !strpbrk(name, "\n\r\t") && !source_check(&text, &line, &col);
}

static int load(const struct unpacking *unpacking, struct diag *diag, struct policy **out, struct packing **packing)
{
	_cleanup_free_ struct source_file *files = NULL;
	size_t n;
	int err = unpacked_files(unpacking->raw, unpacking->stream.total_out, &files, &n);

	for (size_t i = 0; !err && i < n; i++)
		err = name_is_clean(files[i].name) ? 0 : -EPROTO;
	if (err)
		return err;
	return policy_load_sources_packing(files, n, diag, out, packing);
}

int policy_receive(struct diag *diag, struct policy **out, struct packing **packing)
{
	struct unpacking unpacking __attribute__((cleanup(unpacking_end))) = {};
	int err = unpack_stdin(&unpacking);

	if (!err)
		err = load(&unpacking, diag, out, packing);
	if (err == -EPROTO) {
		diag_error(diag, (struct loc){}, "what came is no packed policy: 'picket apply' "
			   "sends one");
		return -EINVAL;
	}
	if (err == -EFBIG)
		diag_error(diag, (struct loc){}, "the policy and its files are larger than %lu MiB "
			   "together", RECEIVE_LARGEST >> 20);
	return err;
}
