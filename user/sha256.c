// SPDX-License-Identifier: GPL-2.0-only
#include "sha256.h"

#include <nettle/base16.h>

void sha256_hex(struct sha256_ctx *sha, char out[SHA256_HEX_LEN])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(sha, sizeof(digest), digest);
	base16_encode_update(out, sizeof(digest), digest);
	out[SHA256_HEX_LEN - 1] = '\0';
}
