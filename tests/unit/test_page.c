// SPDX-License-Identifier: GPL-2.0-only
/* The page is one document that loads nothing, and its policy names what it runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <resolv.h>

#include "http.h"
#include "page.h"
#include "sha256.h"

static char *document(void)
{
	size_t len;
	const char *text = page_text(&len);

	return strndup(text, len);
}

/* What stands between two tags, of which there must be one each. */
static void between(const char *text, const char *open, const char *close, const char **begin, size_t *len)
{
	const char *at = strstr(text, open), *end = strstr(text, close);

	assert_non_null(at);
	assert_non_null(end);
	assert_null(strstr(at + 1, open));
	assert_null(strstr(end + 1, close));
	*begin = at + strlen(open);
	*len = end - *begin;
}

static void check_hash(const char *policy, const char *directive, const char *text, size_t len)
{
	uint8_t named[SHA256_DIGEST_SIZE + 1], digest[SHA256_DIGEST_SIZE];
	const char *at = strstr(policy, directive);
	struct sha256_ctx sha;
	char hash[45];

	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(directive), " 'sha256-%44[^']'", hash), 1);
	assert_int_equal(b64_pton(hash, named, sizeof(named)), SHA256_DIGEST_SIZE);
	sha256_init(&sha);
	sha256_add(&sha, text, len);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest);
	assert_memory_equal(named, digest, SHA256_DIGEST_SIZE);
}

static void test_hashes(void **state)
{
	char *text = document();
	const char *begin;
	size_t len;

	assert_ptr_equal(strstr(text, "<!doctype html>"), text);
	between(text, "<style>", "</style>", &begin, &len);
	check_hash(page_policy(), "style-src", begin, len);
	between(text, "<script>", "</script>", &begin, &len);
	assert_true(len > 1000);
	check_hash(page_policy(), "script-src", begin, len);
	free(text);
}

static void test_policy(void **state)
{
	assert_ptr_equal(strstr(page_policy(), "default-src 'none'; "), page_policy());
	assert_non_null(strstr(page_policy(), "; connect-src 'self'; "));
	assert_non_null(strstr(page_policy(), "; frame-ancestors 'none'; "));
	assert_non_null(strstr(page_policy(), "; trusted-types 'none'"));
	assert_null(strstr(page_policy(), "unsafe"));
	assert_null(strchr(page_policy(), '*'));
}

/* What the policy would stop, and what could make markup of what the network says. */
static void test_nothing_forbidden(void **state)
{
	static const char *const never[] = {
		" style=", " src=", " onclick=", " onload=", "innerHTML", "outerHTML", "insertAdjacentHTML",
		"document.write", "eval(", "new Function", "@import", "url(", "https:", "<link rel=\"stylesheet\"",
	};
	char *text = document();

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		if (strstr(text, never[i]))
			fail_msg("the page holds '%s'", never[i]);
	}
	for (const char *at = text; (at = strstr(at, "http:")); at++)
		assert_memory_equal(at, "http://www.w3.org/2000/svg", 26); /* a name, not a place */
	free(text);
}

/* A refusal replaces what an answer had begun with. */
static void test_refusal(void **state)
{
	char *body = NULL;
	size_t len = 0;
	struct http_exchange exchange = { .status = 200, .type = "application/json" };

	exchange.body = open_memstream(&body, &len);
	fputs("{\"half of what was to be said\":", exchange.body);
	http_refuse(&exchange, 500, "no %s", "more");
	assert_int_equal(fclose(exchange.body), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(body, "no more\n", 8);
	assert_int_equal(exchange.status, 500);
	assert_string_equal(exchange.type, "text/plain; charset=utf-8");
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_nothing_forbidden),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
