// SPDX-License-Identifier: GPL-2.0-only
#include "api.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "device.h"
#include "devicelist.h"
#include "http.h"
#include "names.h"
#include "status.h"
#include "tallies.h"
#include "web.h"

#define BAD_REQUEST 400
#define NOT_FOUND 404
#define FAILED 500
#define UNAVAILABLE 503
#define TOP_DEFAULT 50
#define TOP_MOST 1000

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/* NULL: nothing is, which the exchange says then. */
static struct live *find_live(struct http_exchange *exchange)
{
	struct live *live = web_live(exchange->context);

	if (!live)
		http_refuse(exchange, UNAVAILABLE, "nothing is live: 'picket apply POLICY' makes a policy so");
	return live;
}

/* NULL without memory, which the exchange says then. */
static struct output *begin(struct http_exchange *exchange)
{
	struct output *out = output_new(exchange->body, true);

	exchange->type = "application/json";
	if (!out)
		http_refuse(exchange, FAILED, "there is not enough memory");
	return out;
}

/* err: why the answer is not whole, 0: it is. */
static void end(struct http_exchange *exchange, struct output *out, int err)
{
	int closed = output_close(out);

	err = err ? err : closed;
	if (err)
		http_refuse(exchange, FAILED, "the live state cannot be read: %s", strerror(-err));
}

void api_status(struct http_exchange *exchange)
{
	const struct web *web = exchange->context;
	const struct live *live = find_live(exchange);
	struct output *out = live ? begin(exchange) : NULL;
	struct attached attached = {};
	int err;

	if (!out)
		return;
	err = attachments_get(&attached.list, &attached.n);
	output_begin_object(out, NULL);
	output_time(out, "time", clock_ns(CLOCK_REALTIME));
	output_bool(out, "apply_failed", atomic_load(&web->shared->apply_failed));
	if (!err)
		err = status_print(out, live, &attached);
	output_end_object(out);
	end(exchange, out, err);
	free(attached.list);
}

/* ---- segments ---- */

static const char *segment_mode(const struct live *live, uint32_t row)
{
	struct segment_info info = {};

	if (bpf_map_lookup_elem(live_map(live, "segments"), &row, &info))
		return NULL;
	return info.flags & SEGMENT_AUDIT ? "audit" : "enforce";
}

/* Row 0, of frames that belong to no segment, is nobody's and always there. */
static bool has_segment(const struct live *live, uint32_t row)
{
	return !row || live_segment_name(live, row);
}

static void print_segments(struct output *out, const struct live *live, const struct tally *tallies)
{
	output_begin_list(out, "segments");
	for (uint32_t row = 0; row < live_bundle(live)->segment_end; row++) {
		if (!has_segment(live, row))
			continue;
		output_begin_object(out, NULL);
		output_string(out, "segment", live_segment_name(live, row));
		output_string(out, "mode", row ? segment_mode(live, row) : NULL);
		tallies_print_verdicts(out, &tallies[row * PICKET_TALLIES], 1);
		output_end_object(out);
	}
	output_end_list(out);
}

static void print_drops(struct output *out, const struct live *live, const struct tally *tallies)
{
	output_begin_list(out, "drops");
	for (uint32_t row = 0; row < live_bundle(live)->segment_end; row++) {
		if (has_segment(live, row))
			tallies_print_reasons(out, live_segment_name(live, row),
					      &tallies[row * PICKET_TALLIES], 0);
	}
	output_end_list(out);
}

void api_segments(struct http_exchange *exchange)
{
	_cleanup_free_ struct tally *tallies =
		calloc(PICKET_MAX_SEGMENTS * PICKET_TALLIES, sizeof(*tallies));
	const struct live *live = find_live(exchange);
	struct output *out = live ? begin(exchange) : NULL;
	int64_t time = clock_ns(CLOCK_REALTIME), uptime = clock_ns(CLOCK_BOOTTIME);
	int err;

	if (!out)
		return;
	err = tallies ? live_totals(live, tallies) : -ENOMEM;
	output_begin_object(out, NULL);
	output_time(out, "time", time);
	output_duration(out, "uptime", uptime);
	if (!err) {
		print_segments(out, live, tallies);
		print_drops(out, live, tallies);
	}
	output_end_object(out);
	end(exchange, out, err);
}

/* ---- devices ---- */

/* False: refused. */
static bool parse_devices(struct http_exchange *exchange, const struct live *live,
			  struct devicelist_request *request)
{
	const char *sort = http_argument(exchange, "sort"), *top = http_argument(exchange, "top");
	const char *segment = http_argument(exchange, "segment");
	uint64_t number = TOP_DEFAULT;

	*request = (struct devicelist_request){
		.sort = SORT_DROPPED, .search = http_argument(exchange, "search"),
	};
	if (sort && parse_device_sort(sort, &request->sort))
		http_refuse(exchange, BAD_REQUEST, "sort is file, name, segment, role, reason, seen, packets, "
			    "bytes, passed, dropped or audit");
	else if (top && parse_number(top, 1, TOP_MOST, &number))
		http_refuse(exchange, BAD_REQUEST, "top is a number from 1 to %d", TOP_MOST);
	else if (segment && !(request->segment = live_find_segment(live, segment)))
		http_refuse(exchange, BAD_REQUEST, "the live policy has no such segment");
	else
		request->top = number;
	return request->top;
}

static void print_devices(struct http_exchange *exchange, const struct live *live, const struct devicelist *list)
{
	struct output *out = begin(exchange);

	if (!out)
		return;
	output_begin_object(out, NULL);
	output_time(out, "time", clock_ns(CLOCK_REALTIME));
	output_number(out, "matching", list->matching);
	devicelist_print(out, live, list);
	output_end_object(out);
	end(exchange, out, 0);
}

void api_devices(struct http_exchange *exchange)
{
	const struct live *live = find_live(exchange);
	struct devicelist_request request;
	struct devicelist list;

	if (!live || !parse_devices(exchange, live, &request))
		return;
	if (devicelist_select(live, &request, &list)) {
		http_refuse(exchange, FAILED, "there is not enough memory");
		return;
	}
	print_devices(exchange, live, &list);
	devicelist_free(&list);
}

void api_device(struct http_exchange *exchange)
{
	const char *name = http_argument(exchange, "name");
	struct live *live = find_live(exchange);
	uint32_t row = live && name ? live_find_device(live, name) : 0;
	struct output *out;

	if (!live)
		return;
	if (!name)
		http_refuse(exchange, BAD_REQUEST, "name says which device");
	else if (!row)
		http_refuse(exchange, NOT_FOUND, "the live policy has no device of this name");
	else if ((out = begin(exchange)))
		end(exchange, out, device_print(out, live, row, false));
}
