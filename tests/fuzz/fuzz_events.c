// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as a reader has them from the daemon: the stream that its socket sends, lines of JSON in it, and what is
 * made of each event, which must come back from its own line as it was.
 *
 * wrap: curl_easy_setopt curl_easy_getinfo curl_multi_perform curl_multi_poll
 */
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "eventremote.h"
#include "eventtext.h"
#include "fuzz.h"
#include "journal.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define PIECE 700 /* what the daemon says comes in pieces that end anywhere */

CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
CURLMcode __wrap_curl_multi_perform(CURLM *multi, int *running);
CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd *more, unsigned int n, int timeout_ms, int *ready);

static struct {
	size_t (*write)(char *bytes, size_t size, size_t n, void *context);
	void *context;
	struct fuzz_input input;
} stream;

CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	va_list args;

	va_start(args, option);
	if (option == CURLOPT_WRITEFUNCTION)
		stream.write = va_arg(args, void *);
	else if (option == CURLOPT_WRITEDATA)
		stream.context = va_arg(args, void *);
	va_end(args);
	return CURLE_OK;
}

CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	va_list args;

	va_start(args, info);
	*va_arg(args, long *) = 200;
	va_end(args);
	return CURLE_OK;
}

CURLMcode __wrap_curl_multi_perform(CURLM *multi, int *running)
{
	size_t len;
	const uint8_t *bytes = fuzz_bytes(&stream.input, PIECE, &len);
	char *piece = malloc(len + 1);

	require(piece);
	if (len) {
		memcpy(piece, bytes, len);
		stream.write(piece, 1, len, stream.context);
	}
	free(piece);
	*running = 1;
	return CURLM_OK;
}

CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd *more, unsigned int n, int timeout_ms, int *ready)
{
	return CURLM_OK;
}

/* To be freed. */
static char *line_of(const struct event *event, const struct event_names *names)
{
	char *line = NULL;
	size_t len;
	FILE *to = open_memstream(&line, &len);
	struct output *out = to ? output_new(to, true) : NULL;

	require(out);
	event_print(out, event, names);
	require(!output_close(out) && !fclose(to));
	return line;
}

/* The frame is not in the line. */
static void come_back(const char *line, const struct event *event)
{
	json_t *json = json_loads(line, 0, NULL);
	struct event_names names;
	struct event again;

	require(json && !event_from_json(json, &again, &names));
	require(again.verdict == event->verdict && again.reason == event->reason && again.count == event->count);
	require(!((again.flags ^ event->flags) & EVENT_OUT));
	json_decref(json);
}

static int on_event(const struct event *event, const struct event_names *names, void *context)
{
	char buf[EVENT_TEXT_LEN], *line = line_of(event, names), *entry;
	size_t len;

	require(event->captured <= PICKET_CAPTURE);
	require(event->reason > REASON_NONE && event->reason < REASON_COUNT);
	require(strlen(event_sentence(event, names, buf)) < sizeof(buf));
	come_back(line, event);
	if (!journal_entry(event, names, line, &entry, &len))
		free(entry);
	free(line);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eventremote *remote;

	stream.input = (struct fuzz_input){ data, size };
	if (eventremote_open("/", on_event, NULL, &remote))
		return 0;
	while (stream.input.left)
		if (eventremote_poll(remote, 0))
			break;
	eventremote_lost(remote);
	eventremote_close(remote);
	return 0;
}
