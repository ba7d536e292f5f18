/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 (FIPS 180-4), for telling policies apart. */
#ifndef PICKET_SHA256_H
#define PICKET_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA256_HEX_LEN 65 /* in hex, and NUL */

struct sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes so far */
	uint8_t block[64];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t len);
void sha256_end(struct sha256 *sha, uint8_t out[SHA256_SIZE]);
/* The same as text. */
void sha256_hex(struct sha256 *sha, char out[SHA256_HEX_LEN]);

#endif
