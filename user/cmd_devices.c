// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket devices: what each device does and is refused. Made for a million of them: states and
 * names are read where they are mapped, and sorted by row number.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "counters.h"
#include "device.h"
#include "live.h"
#include "names.h"

enum sort_key {
	SORT_FILE, SORT_NAME, SORT_SEGMENT, SORT_ROLE, SORT_SEEN, SORT_PACKETS, SORT_BYTES,
	SORT_PASSED, SORT_DROPPED, SORT_AUDIT, SORT_REASON, SORT_KEYS
};

static const char *const sort_names[] = {
	[SORT_FILE] = "file", [SORT_NAME] = "name", [SORT_SEGMENT] = "segment", [SORT_ROLE] = "role",
	[SORT_SEEN] = "seen", [SORT_PACKETS] = "packets", [SORT_BYTES] = "bytes",
	[SORT_PASSED] = "passed", [SORT_DROPPED] = "dropped", [SORT_AUDIT] = "audit",
	[SORT_REASON] = "reason",
};

struct request {
	enum sort_key sort;
	bool reverse;
	uint64_t top;
	const char *segment; /* NULL: all */
	const char *device; /* NULL: all */
	bool all_rules; /* of the device */
};

struct listing {
	const struct live *live;
	const struct state *states;
	const struct ident *idents;
	uint32_t rows; /* in both */
	int64_t now; /* Unix ns */
	int64_t boot; /* Unix ns of boot */
};

struct entry {
	uint32_t row;
	uint32_t index; /* in the policy's file: the order among equals */
	uint64_t number; /* sorts before text, the largest first */
	const char *text;
};

static struct counts all_counts(const struct state *state)
{
	struct counts sent = counts_of(state, DIR_SEND), received = counts_of(state, DIR_RECEIVE);

	return counts_add(&sent, &received);
}

static uint64_t sort_number(const struct state *state, enum sort_key key)
{
	struct counts counts = all_counts(state);

	switch (key) {
	case SORT_SEEN:
		return state->sent.seen;
	case SORT_PACKETS:
		return counts.packets + counts.dropped_packets + counts.audit_packets;
	case SORT_BYTES:
		return counts.bytes + counts.dropped_bytes + counts.audit_bytes;
	case SORT_PASSED:
		return counts.packets;
	case SORT_DROPPED:
		return counts.dropped_packets;
	case SORT_AUDIT:
		return counts.audit_packets;
	default:
		return 0;
	}
}

static const char *sort_text(const struct listing *listing, uint32_t row, enum sort_key key)
{
	const char *text = NULL;

	if (key == SORT_NAME)
		text = live_device_name(listing->live, row);
	else if (key == SORT_SEGMENT)
		text = live_segment_name(listing->live, listing->idents[row].segment);
	else if (key == SORT_ROLE)
		text = live_device_roles(listing->live, row);
	else if (key == SORT_REASON)
		text = reason_name(last_reason(&listing->states[row]));
	return text ? text : "";
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order;

	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	order = strcmp(x->text, y->text);
	if (order)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

static void print_device(struct output *out, const struct listing *listing, uint32_t row)
{
	const struct state *state = &listing->states[row];
	const struct ident *ident = &listing->idents[row];
	struct counts counts = all_counts(state);

	output_begin_object(out, NULL);
	output_string(out, "device", live_device_name(listing->live, row));
	print_roles(out, "roles", live_device_roles(listing->live, row));
	output_string(out, "segment", live_segment_name(listing->live, ident->segment));
	output_string(out, "state", condition_name(ident_condition(ident, listing->now)));
	if (state->sent.seen)
		output_ago(out, "last_seen", listing->boot + (int64_t)state->sent.seen, listing->now);
	else
		output_null(out, "last_seen");
	output_number(out, "passed", counts.packets);
	output_bytes(out, "passed_bytes", counts.bytes);
	output_number(out, "dropped", counts.dropped_packets);
	output_number(out, "audit", counts.audit_packets);
	output_string(out, "last_reason", reason_name(last_reason(state)));
	output_end_object(out);
}

/* Every device of the segment (0: of all), unsorted. */
static size_t collect(const struct listing *listing, const struct request *request,
		      uint32_t segment, struct entry *entries)
{
	size_t n = 0;

	for (uint32_t row = 1; row < listing->rows; row++) {
		if (!live_device_name(listing->live, row))
			continue;
		if (segment && listing->idents[row].segment != segment)
			continue;
		entries[n++] = (struct entry){
			.row = row,
			.index = live_device_index(listing->live, row),
			.number = sort_number(&listing->states[row], request->sort),
			.text = sort_text(listing, row, request->sort),
		};
	}
	return n;
}

static int print_list(struct output *out, const struct listing *listing,
		      const struct request *request, uint32_t segment)
{
	struct entry *entries = calloc(listing->rows + 1, sizeof(*entries));
	size_t n, shown;

	if (!entries)
		return fail(EXIT_SYSTEM, "there is not enough memory to list the devices");
	n = collect(listing, request, segment, entries);
	qsort(entries, n, sizeof(*entries), compare);
	shown = request->top < n ? request->top : n;
	output_begin_list(out, "devices");
	for (size_t i = 0; i < shown; i++)
		print_device(out, listing, entries[request->reverse ? n - 1 - i : i].row);
	output_end_list(out);
	free(entries);
	return EXIT_DONE;
}

static int list(struct output *out, const struct live *live, const struct request *request)
{
	struct listing listing = {.live = live, .boot = boot_to_unix(1) - 1};
	uint32_t states, idents, segment = 0;
	struct timespec now;

	listing.states = live_devices(live, &states);
	listing.idents = live_idents(live, &idents);
	listing.rows = states < idents ? states : idents;
	clock_gettime(CLOCK_REALTIME, &now);
	listing.now = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	if (request->segment) {
		segment = live_find_segment(live, request->segment);
		if (!segment)
			return usage_error(&cmd_devices, "the live policy has no segment '%s'",
					   request->segment);
	}
	return print_list(out, &listing, request, segment);
}

static int detail(struct output *out, struct live *live, const struct request *request)
{
	const char *name = request->device;
	uint32_t row = live_find_device(live, name);
	int err;

	if (!row)
		return usage_error(&cmd_devices, "the live policy has no device '%s'", name);
	err = device_print(out, live, row, request->all_rules);
	if (err)
		return fail(EXIT_SYSTEM, "device '%s' cannot be read: %s", name, strerror(-err));
	return EXIT_DONE;
}

static int parse_sort(const char *text, enum sort_key *out)
{
	for (int key = 0; key < SORT_KEYS; key++) {
		if (!strcmp(sort_names[key], text)) {
			*out = key;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_option(int opt, char **argv, struct request *request)
{
	switch (opt) {
	case 'k':
		if (parse_sort(optarg, &request->sort))
			return usage_error(&cmd_devices, "'%s' is no key to sort by", optarg);
		return EXIT_DONE;
	case 'r':
		request->reverse = true;
		return EXIT_DONE;
	case 'a':
		request->all_rules = true;
		return EXIT_DONE;
	case 's':
		request->segment = optarg;
		return EXIT_DONE;
	case 'n':
		if (parse_number(optarg, 1, UINT32_MAX, &request->top))
			return usage_error(&cmd_devices, "--top wants a number from 1, not '%s'", optarg);
		return EXIT_DONE;
	default:
		return option_error(&cmd_devices, opt, argv);
	}
}

static int parse_request(int argc, char **argv, struct request *request)
{
	static const struct option longopts[] = {
		{"sort", required_argument, NULL, 'k'},
		{"reverse", no_argument, NULL, 'r'},
		{"all", no_argument, NULL, 'a'},
		{"segment", required_argument, NULL, 's'},
		{"top", required_argument, NULL, 'n'},
		{0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":k:ras:n:", longopts, NULL)) != -1) {
		int status = parse_option(opt, argv, request);

		if (status)
			return status;
	}
	if (request->sort == SORT_KEYS)
		request->sort = request->top == UINT64_MAX ? SORT_FILE : SORT_PACKETS;
	if (optind < argc)
		request->device = argv[optind++];
	if (request->all_rules && !request->device)
		return usage_error(&cmd_devices, "--all is for one device: name it");
	if (optind < argc)
		return usage_error(&cmd_devices, "'%s' is one argument too many", argv[optind]);
	return EXIT_DONE;
}

static int run_devices(struct output *out, int argc, char **argv)
{
	struct request request = {.sort = SORT_KEYS, .top = UINT64_MAX};
	struct live *live;
	int status = parse_request(argc, argv, &request);
	int err;

	if (status)
		return status;
	err = live_open(&live);
	if (err)
		return live_fail(err);
	if (request.device)
		status = detail(out, live, &request);
	else
		status = list(out, live, &request);
	live_close(live);
	return status;
}

const struct command cmd_devices = {
	.name = "devices",
	.arguments = "[--sort KEY] [--reverse] [--segment SEGMENT] [--top N] | [--all] DEVICE",
	.summary = "what each device does and is refused, or one device in detail",
	.help =
		"  -k, --sort KEY         file (the policy's order, the default), name, segment, role,\n"
		"                         reason, seen (latest first), packets, bytes, passed, dropped,\n"
		"                         audit (most first)\n"
		"  -r, --reverse          the other way round\n"
		"  -s, --segment SEGMENT  only devices of this segment\n"
		"  -n, --top N            only the first N, by packets unless --sort says otherwise\n"
		"  -a, --all              with DEVICE: all of its rules, not only the first 100\n",
	.run = run_devices,
};
