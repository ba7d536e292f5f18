// SPDX-License-Identifier: GPL-2.0-only
#include "page.h"

#include <pthread.h>
#include <resolv.h>
#include <stdint.h>

#include "http.h"
#include "sha256.h"

#define HASH_LEN 48 /* base64, and NUL */

/* Both hashed texts end before their closing tag. */
__asm__(".section .rodata\n"
	"page_begin:\n"
	".ascii \"<!doctype html>\\n<html lang=\\\"en\\\">\\n<style>\"\n"
	"page_style: .incbin \"page.css\"\n"
	"page_style_end: .ascii \"</style>\\n\"\n"
	".incbin \"page.html\"\n"
	".ascii \"<script>\"\n"
	"page_script: .incbin \"page_dom.js\"\n"
	".incbin \"page_chart.js\"\n"
	".incbin \"page_device.js\"\n"
	".incbin \"page_events.js\"\n"
	".incbin \"page.js\"\n"
	"page_script_end: .ascii \"</script>\\n</html>\\n\"\n"
	"page_end:\n"
	".previous\n");

extern const char page_begin[], page_style[], page_style_end[], page_script[], page_script_end[], page_end[];

static char policy[512];
static pthread_once_t policy_made = PTHREAD_ONCE_INIT;

static const char *hash(const char *begin, const char *end, char out[HASH_LEN])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_add(&sha, begin, end - begin);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
	b64_ntop(digest, sizeof(digest), out, HASH_LEN);
	return out;
}

/* Only this style and script, and answers of this server; no text ever becomes markup. The icon is a data: URL. */
static void make_policy(void)
{
	char style[HASH_LEN], script[HASH_LEN];

	snprintf(policy, sizeof(policy), "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; "
		 "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
		 "require-trusted-types-for 'script'; trusted-types 'none'",
		 hash(page_style, page_style_end, style), hash(page_script, page_script_end, script));
}

const char *page_policy(void)
{
	pthread_once(&policy_made, make_policy);
	return policy;
}

const char *page_text(size_t *len)
{
	*len = page_end - page_begin;
	return page_begin;
}

void page_answer(struct http_exchange *exchange)
{
	size_t len;
	const char *text = page_text(&len);

	fwrite(text, 1, len, exchange->body);
	exchange->type = "text/html; charset=utf-8";
	exchange->security_policy = page_policy();
}
