// SPDX-License-Identifier: GPL-2.0-only
#include "remote.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "pins.h"
#include "served.h"
#include "session.h"

#define OK 200
#define HEAD_LEN 32 /* of a piece: "out 65536\n" */
#define REFUSAL_LEN 512

struct answer {
	CURL *easy;
	char head[HEAD_LEN]; /* as far as it is there */
	size_t len;
	FILE *to; /* where the rest of a piece goes */
	size_t left; /* bytes of it */
	int status; /* the command's; -1: it has not said */
	char refusal[REFUSAL_LEN];
	size_t refusal_len;
};

bool remote_wanted(void)
{
	char path[PINS_SOCKET_LEN];

	return geteuid() && !access(pins_socket(path), F_OK);
}

/* ---- the answer ---- */

static int take_head(struct answer *answer)
{
	unsigned int number;

	answer->head[answer->len] = '\0';
	answer->len = 0;
	if (sscanf(answer->head, "exit %u", &number) == 1 && number < 256) {
		answer->status = number;
		return 0;
	}
	if (sscanf(answer->head, "out %u", &number) == 1)
		answer->to = stdout;
	else if (sscanf(answer->head, "err %u", &number) == 1)
		answer->to = stderr;
	else
		return -EPROTO;
	answer->left = number;
	return number <= SERVED_PIECE_MOST ? 0 : -EPROTO;
}

/* Bytes of the answer; returns how many of them were taken, 0: they are none of it. */
static size_t take(struct answer *answer, const char *bytes, size_t n)
{
	if (answer->left) {
		n = n < answer->left ? n : answer->left;
		answer->left -= n;
		return fwrite(bytes, 1, n, answer->to) == n && (answer->left || !fflush(answer->to)) ? n : 0;
	}
	if (*bytes != '\n' && answer->len + 1 < sizeof(answer->head)) {
		answer->head[answer->len++] = *bytes;
		return 1;
	}
	return *bytes == '\n' && !take_head(answer) ? 1 : 0;
}

static void keep_refusal(struct answer *answer, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && answer->refusal_len + 1 < sizeof(answer->refusal); i++) {
		if (bytes[i] != '\n')
			answer->refusal[answer->refusal_len++] = bytes[i];
	}
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *context)
{
	struct answer *answer = context;
	size_t at = 0, taken;
	long code = 0;

	curl_easy_getinfo(answer->easy, CURLINFO_RESPONSE_CODE, &code);
	if (code != OK) {
		keep_refusal(answer, bytes, n);
		return n;
	}
	while (at < n && (taken = take(answer, bytes + at, n - at)))
		at += taken;
	return at;
}

/* ---- the request ---- */

static int put_argument(FILE *url, CURL *easy, char *mark, const char *key, const char *word)
{
	char *escaped = curl_easy_escape(easy, word, strlen(word));

	if (!escaped)
		return -ENOMEM;
	fprintf(url, "%c%s=%s", *mark, key, escaped);
	*mark = '&';
	curl_free(escaped);
	return 0;
}

/* NULL without memory; the caller's. */
static char *make_url(CURL *easy, bool json, const char *session, int argc, char **argv)
{
	char *text = NULL, mark = '?';
	size_t len;
	FILE *url = open_memstream(&text, &len);
	int err = 0;

	if (!url)
		return NULL;
	fprintf(url, "http://picket" SERVED_PATH "%s", argv[0]);
	if (json)
		err = put_argument(url, easy, &mark, "arg", "--json");
	for (int i = 1; i < argc && !err; i++)
		err = put_argument(url, easy, &mark, "arg", argv[i]);
	if (session && !err)
		err = put_argument(url, easy, &mark, "session", session);
	if (fclose(url) || err) {
		free(text);
		return NULL;
	}
	return text;
}

static CURLcode perform(struct answer *answer, const char *socket, const char *url, const char *method,
			const struct packed *sources)
{
	/* A refusal comes before a body is sent that nobody reads. */
	struct curl_slist headers = { .data = "Expect: 100-continue" };
	CURL *easy = answer->easy;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	if (!strcmp(method, "POST")) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sources ? sources->data : "");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(sources ? sources->len : 0));
	}
	if (sources)
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, &headers);
	return curl_easy_perform(easy);
}

static int say(const struct answer *answer, const char *socket, CURLcode result)
{
	long code = 0;

	curl_easy_getinfo(answer->easy, CURLINFO_RESPONSE_CODE, &code);
	if (answer->status >= 0)
		return answer->status;
	if (result == CURLE_COULDNT_CONNECT)
		return fail(EXIT_SYSTEM, "this takes root, or a daemon that does it for you, and none answers at %s: ask "
			    "root to start 'picket run'", socket);
	if (result == CURLE_WRITE_ERROR && (ferror(stdout) || ferror(stderr)))
		return fail(EXIT_SYSTEM, "the output could not be written: %s", strerror(errno));
	if (code && code != OK)
		return fail(EXIT_SYSTEM, "%s", answer->refusal);
	if (code)
		return fail(EXIT_SYSTEM, "the daemon ended before the command did: 'picket status' and 'picket history' tell "
			    "what came of it");
	return fail(EXIT_SYSTEM, "the daemon at %s gave no answer (%s): perhaps too many ask it; try again", socket,
		    curl_easy_strerror(result));
}

int remote_run(struct output *out, int argc, char **argv, const struct packed *sources)
{
	const struct served *served = served_find(argv[0]);
	struct answer answer = { .easy = curl_easy_init(), .status = -1 };
	/* The daemon's side cannot tell how the client came here, and is not to cut it off. */
	_cleanup_free_ char *session = served && served->right == RIGHT_APPLY ? sessions_text() : NULL;
	_cleanup_free_ char *url = answer.easy ? make_url(answer.easy, output_is_json(out), session, argc, argv) :
						 NULL;
	char socket[PINS_SOCKET_LEN];
	int status;

	pins_socket(socket);
	if (!served || !url)
		status = fail(EXIT_SYSTEM, "there is not enough memory");
	else
		status = say(&answer, socket,
			     perform(&answer, socket, url, served_method(served), sources));
	curl_easy_cleanup(answer.easy);
	return status;
}
