// SPDX-License-Identifier: GPL-2.0-only
#include "packing.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FASTEST 1
#define FIRST_ROOM (256UL << 10)

struct packing {
	const struct source_file *files;
	size_t nfiles;
	pthread_t thread;
	bool running;
	int err;
	struct packed packed;
};

static void hash_files(const struct source_file *files, size_t nfiles, char out[SHA256_HEX_LEN])
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	for (size_t i = 0; i < nfiles; i++) {
		const struct source_file *file = &files[i];
		uint64_t len = file->len;

		/* The policy's own name is where the admin keeps it; the others are part of it. */
		if (i)
			sha256_add(&sha, file->name, strlen(file->name) + 1);
		sha256_add(&sha, &len, sizeof(len));
		sha256_add(&sha, file->text, file->len);
	}
	sha256_hex(&sha, out);
}

/* More room; meanwhile packed->len is how much there is. */
static int grow(struct packed *packed, z_stream *stream)
{
	size_t size = packed->len ? 2 * packed->len : FIRST_ROOM;
	char *data = realloc(packed->data, size);

	if (!data)
		return -ENOMEM;
	packed->data = data;
	stream->next_out = (Bytef *)data + packed->len;
	stream->avail_out = size - packed->len;
	packed->len = size;
	return 0;
}

/* One more piece; flush Z_FINISH: the last. */
static int pack(struct packed *packed, z_stream *stream, const void *bytes, size_t len, int flush)
{
	int status;

	stream->next_in = (Bytef *)bytes;
	stream->avail_in = len;
	packed->unpacked += len;
	do {
		if (!stream->avail_out && grow(packed, stream))
			return -ENOMEM;
		status = deflate(stream, flush);
	} while (stream->avail_in || (flush == Z_FINISH && status == Z_OK));
	return 0;
}

static int pack_files(const struct source_file *files, size_t nfiles, struct packed *packed)
{
	z_stream stream = {};
	int err = 0;

	if (deflateInit(&stream, FASTEST) != Z_OK)
		return -ENOMEM;
	for (size_t i = 0; i < nfiles && !err; i++) {
		const struct source_file *file = &files[i];
		uint64_t len = file->len;

		err = pack(packed, &stream, file->name, strlen(file->name) + 1, Z_NO_FLUSH);
		if (!err)
			err = pack(packed, &stream, &len, sizeof(len), Z_NO_FLUSH);
		if (!err)
			err = pack(packed, &stream, file->text, file->len, Z_NO_FLUSH);
	}
	if (!err)
		err = pack(packed, &stream, "", 0, Z_FINISH);
	packed->len -= stream.avail_out;
	deflateEnd(&stream);
	return err;
}

static void *run(void *argument)
{
	struct packing *packing = argument;

	hash_files(packing->files, packing->nfiles, packing->packed.hash);
	packing->err = pack_files(packing->files, packing->nfiles, &packing->packed);
	return NULL;
}

int packing_start(const struct policy *policy, struct packing **out)
{
	struct packing *packing = calloc(1, sizeof(*packing));

	if (!packing)
		return -ENOMEM;
	packing->files = policy->files;
	packing->nfiles = policy->nfiles;
	packing->running = !pthread_create(&packing->thread, NULL, run, packing);
	if (!packing->running)
		run(packing);
	*out = packing;
	return 0;
}

static void wait_for(struct packing *packing)
{
	if (packing->running)
		pthread_join(packing->thread, NULL);
	packing->running = false;
}

int packing_wait(struct packing *packing, const struct packed **out)
{
	wait_for(packing);
	if (!packing->err)
		*out = &packing->packed;
	return packing->err;
}

void packing_finish(struct packing *packing)
{
	if (!packing)
		return;
	wait_for(packing);
	free(packing->packed.data);
	free(packing);
}
