/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 (FIPS 180-4), for telling policies apart: libnettle's, for bytes of any type, and as text. */
#ifndef PICKET_SHA256_H
#define PICKET_SHA256_H

#include <nettle/sha2.h>

#define SHA256_HEX_LEN (2 * SHA256_DIGEST_SIZE + 1) /* with NUL */

static inline void sha256_add(struct sha256_ctx *sha, const void *bytes, size_t len)
{
	sha256_update(sha, len, bytes);
}

/* The digest of what was added, which begins anew. */
void sha256_hex(struct sha256_ctx *sha, char out[SHA256_HEX_LEN]);

#endif
