// SPDX-License-Identifier: GPL-2.0-only
#include "eventremote.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "names.h"

#define URL "http://picket/events?frames"
#define ANSWER_MS 3000
#define LINE_LARGEST (1 << 20)
#define OK 200
#define FORBIDDEN 403
#define TIME_MOST 9223372036.0 /* s: what int64_t holds as ns */

struct eventremote {
	eventsource_fn *fn;
	void *context;
	CURLM *multi;
	CURL *easy;
	char *line; /* of the stream, as far as it is there */
	size_t len, capacity;
	bool lost_line; /* the next data line says how many were lost */
	uint64_t lost;
	int result; /* what fn returned, when that ended it */
};

/* ---- one event ---- */

static const char *text_of(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

/* 0 where there is none, or one below zero: none of these may be. */
static uint64_t number_of(const json_t *json, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(json, key));

	return number > 0 ? number : 0;
}

static uint8_t protocol_number(const char *name, bool ipv6)
{
	static const struct { const char *name; uint8_t number; } known[] = {
		{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "sctp", IPPROTO_SCTP },
	};
	uint64_t number;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(name, known[i].name))
			return known[i].number;
	}
	if (!strcmp(name, "icmp"))
		return ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	return !strncmp(name, "proto/", 6) && !parse_number(name + 6, 0, 255, &number) ? number : 0;
}

static void read_addresses(const json_t *json, struct event *event)
{
	const char *src = text_of(json, "src"), *dst = text_of(json, "dst");
	const char *protocol = text_of(json, "protocol");

	if (src)
		parse_addr(src, &event->src);
	if (dst)
		parse_addr(dst, &event->dst);
	if (!protocol)
		return;
	event->flags |= EVENT_IP | (dst && strchr(dst, ':') ? EVENT_IPV6 : 0);
	event->protocol = protocol_number(protocol, event->flags & EVENT_IPV6);
	if (json_is_integer(json_object_get(json, "sport")))
		event->flags |= EVENT_PORTS;
	event->sport = number_of(json, "sport");
	event->dport = number_of(json, "dport");
	event->icmp_type = number_of(json, "icmp_type");
}

/* Unix ns; 0: none that a clock would have. A double has no room for the nanoseconds, and the text has none. */
static int64_t time_of(const json_t *json)
{
	double seconds = json_number_value(json_object_get(json, "time"));

	return seconds >= 0 && seconds < TIME_MOST ? (int64_t)(seconds * 1e6 + 0.5) * 1000 : 0;
}

int event_from_json(const json_t *json, struct event *event, struct event_names *names)
{
	const char *verdict = text_of(json, "verdict"), *mac = text_of(json, "mac");
	const char *direction = text_of(json, "direction"), *ethertype = text_of(json, "ethertype");
	const char *frame = text_of(json, "frame");
	uint8_t *m = event->mac;

	*event = (struct event){
		.count = number_of(json, "count"), .bytes = number_of(json, "bytes"),
		.vlan = number_of(json, "vlan"), .reason = reason_number(text_of(json, "reason")),
	};
	if (!verdict || !event->reason || !direction || !event->count)
		return -EINVAL;
	event->verdict = !strcmp(verdict, verdict_name(VERDICT_AUDIT)) ? VERDICT_AUDIT : VERDICT_DROP;
	event->flags = !strcmp(direction, "out") ? EVENT_OUT : 0;
	event->ethertype = ethertype ? strtoul(ethertype, NULL, 16) : 0;
	if (mac && sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6)
		return -EINVAL;
	read_addresses(json, event);
	if (frame)
		event->captured = parse_hex(frame, event->frame, sizeof(event->frame));
	*names = (struct event_names){
		.device = text_of(json, "device"), .roles = text_of(json, "role"),
		.segment = text_of(json, "segment"), .interface = text_of(json, "interface"),
		.time = time_of(json),
	};
	return 0;
}

/* ---- the stream: lines of "field: value" (WHATWG HTML, 9.2.6) ---- */

static void take_data(struct eventremote *remote, const char *data)
{
	json_t *json = json_loads(data, 0, NULL);
	struct event_names names;
	struct event event;

	if (remote->lost_line)
		remote->lost += number_of(json, "lost");
	else if (json && !remote->result && !event_from_json(json, &event, &names))
		remote->result = remote->fn(&event, &names, remote->context);
	remote->lost_line = false;
	json_decref(json);
}

static void take_line(struct eventremote *remote)
{
	remote->line[remote->len] = '\0';
	if (!strncmp(remote->line, "data: ", 6))
		take_data(remote, remote->line + 6);
	else if (!strcmp(remote->line, "event: lost"))
		remote->lost_line = true;
	remote->len = 0;
}

static size_t take_bytes(char *bytes, size_t size, size_t n, void *context)
{
	struct eventremote *remote = context;

	for (size_t i = 0; i < n; i++) {
		if (remote->len + 1 >= remote->capacity) {
			size_t capacity = remote->capacity ? 2 * remote->capacity : 1024;
			char *line = capacity <= LINE_LARGEST ? realloc(remote->line, capacity) : NULL;

			if (!line)
				return 0; /* curl ends it */
			remote->line = line;
			remote->capacity = capacity;
		}
		if (bytes[i] == '\n')
			take_line(remote);
		else
			remote->line[remote->len++] = bytes[i];
	}
	return n;
}

/* ---- the connection ---- */

static bool has_ended(struct eventremote *remote, int *err)
{
	int left;
	CURLMsg *message = curl_multi_info_read(remote->multi, &left);

	if (!message || message->msg != CURLMSG_DONE)
		return false;
	*err = message->data.result == CURLE_COULDNT_CONNECT ? -ECONNREFUSED : -ECONNRESET;
	return true;
}

/* Until the daemon has answered: 0 or -errno. */
static int await_answer(struct eventremote *remote)
{
	int running, err;
	long code = 0;

	for (int waited = 0; waited <= ANSWER_MS; waited += 10) {
		if (curl_multi_perform(remote->multi, &running))
			return -EIO;
		curl_easy_getinfo(remote->easy, CURLINFO_RESPONSE_CODE, &code);
		if (code)
			return code == OK ? 0 : code == FORBIDDEN ? -EACCES : -EPROTO;
		if (has_ended(remote, &err))
			return err;
		curl_multi_poll(remote->multi, NULL, 0, 10, NULL);
	}
	return -ETIMEDOUT;
}

int eventremote_open(const char *socket, eventsource_fn *fn, void *context, struct eventremote **out)
{
	struct eventremote *remote;
	int err;

	if (access(socket, F_OK))
		return -errno;
	remote = calloc(1, sizeof(*remote));
	if (!remote)
		return -ENOMEM;
	*remote = (struct eventremote){ .fn = fn, .context = context };
	remote->multi = curl_multi_init();
	remote->easy = curl_easy_init();
	err = remote->multi && remote->easy ? 0 : -ENOMEM;
	if (!err) {
		curl_easy_setopt(remote->easy, CURLOPT_URL, URL);
		curl_easy_setopt(remote->easy, CURLOPT_UNIX_SOCKET_PATH, socket);
		curl_easy_setopt(remote->easy, CURLOPT_WRITEFUNCTION, take_bytes);
		curl_easy_setopt(remote->easy, CURLOPT_WRITEDATA, remote);
		curl_easy_setopt(remote->easy, CURLOPT_NOSIGNAL, 1L);
		curl_multi_add_handle(remote->multi, remote->easy);
		err = await_answer(remote);
	}
	if (err) {
		eventremote_close(remote);
		return err;
	}
	*out = remote;
	return 0;
}

void eventremote_close(struct eventremote *remote)
{
	if (!remote)
		return;
	if (remote->multi && remote->easy)
		curl_multi_remove_handle(remote->multi, remote->easy);
	curl_easy_cleanup(remote->easy);
	curl_multi_cleanup(remote->multi);
	free(remote->line);
	free(remote);
}

int eventremote_poll(struct eventremote *remote, int timeout_ms)
{
	int running, err = 0;

	remote->result = 0;
	if (curl_multi_poll(remote->multi, NULL, 0, timeout_ms, NULL) ||
	    curl_multi_perform(remote->multi, &running))
		return -ECONNRESET;
	if (remote->result)
		return remote->result;
	return has_ended(remote, &err) ? -ECONNRESET : 0;
}

uint64_t eventremote_lost(const struct eventremote *remote)
{
	return remote->lost;
}
