/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GET /events: the feed as server-sent events (WHATWG HTML, 9.2), for as many readers as there are
 * connections. Inside the HTTP server only.
 */
#ifndef PICKET_HTTP_STREAM_H
#define PICKET_HTTP_STREAM_H

#include <stdbool.h>

#include "feed.h"
#include "http.h"

struct MHD_Response;
struct http_streams;

int http_streams_new(struct feed *feed, struct http_streams **out);
/* Every stream ends, and none begins any more; before the server stops. */
void http_streams_end(struct http_streams *streams);
/* After it has stopped. NULL is fine. */
void http_streams_free(struct http_streams *streams);
/* Sends a comment where there was nothing else for long: that is how a reader who is gone is noticed. */
void http_streams_tick(struct http_streams *streams);

/*
 * ?reason=, ?device= and ?segment= let through only these (each as often as wanted); ?since=ID and the header
 * Last-Event-ID begin after that one; ?frames adds "frame" in hex. NULL: refused, the exchange says why.
 */
struct MHD_Response *http_stream_new(struct http_streams *streams, struct http_exchange *exchange);

#endif
