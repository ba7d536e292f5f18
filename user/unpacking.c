// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "cleanup.h"
#include "packing.h"

/* The next file of unpacked sources, which stays there; moves *raw on. 0 or -EPROTO. */
static int next_file(const char **raw, const char *end, struct source_file *file)
{
	const char *name = *raw, *at = memchr(name, '\0', end - name);
	uint64_t len;

	if (!at || end - at < (ptrdiff_t)(1 + sizeof(len)))
		return -EPROTO;
	memcpy(&len, at + 1, sizeof(len));
	at += 1 + sizeof(len);
	if (len > (uint64_t)(end - at))
		return -EPROTO;
	*file = (struct source_file){ .name = name, .text = at, .len = len };
	*raw = at + len;
	return 0;
}

static int count_files(const char *raw, const char *end, size_t *n)
{
	struct source_file file;
	int err = 0;

	for (*n = 0; raw < end && !err; ++*n)
		err = next_file(&raw, end, &file);
	return err;
}

int unpacked_files(const char *raw, size_t size, struct source_file **out, size_t *n)
{
	const char *end = raw + size;
	struct source_file *files;
	int err = count_files(raw, end, n);

	if (err || !*n)
		return -EPROTO;
	files = calloc(*n, sizeof(*files));
	if (!files)
		return -ENOMEM;
	for (size_t i = 0; i < *n; i++)
		next_file(&raw, end, &files[i]);
	*out = files;
	return 0;
}

int packed_policy(const struct packed *packed, struct diag *diag, struct policy **out)
{
	_cleanup_free_ char *raw = malloc(packed->unpacked + 1);
	_cleanup_free_ struct source_file *files = NULL;
	uLongf size = packed->unpacked;
	size_t n;
	int err;

	if (!raw)
		return -ENOMEM;
	if (uncompress((Bytef *)raw, &size, (const Bytef *)packed->data, packed->len) != Z_OK)
		return -EPROTO;
	err = unpacked_files(raw, size, &files, &n);
	return err ? err : policy_load_sources(files, n, diag, out);
}
