// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket devices: what each device does and is refused.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "commands.h"
#include "device.h"
#include "devicelist.h"
#include "live.h"
#include "names.h"
#include "remote.h"

struct request {
	struct devicelist_request list;
	const char *segment; /* NULL: all */
	const char *device; /* NULL: all */
	bool all_rules; /* of the device */
};

static int list(struct output *out, const struct live *live, struct request *request)
{
	struct devicelist list;

	if (request->segment) {
		request->list.segment = live_find_segment(live, request->segment);
		if (!request->list.segment)
			return usage_error(&cmd_devices, "the live policy has no segment '%s'",
					   request->segment);
	}
	if (devicelist_select(live, &request->list, &list))
		return fail(EXIT_SYSTEM, "there is not enough memory to list the devices");
	devicelist_print(out, live, &list);
	devicelist_free(&list);
	return EXIT_DONE;
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

static int parse_option(int opt, char **argv, struct request *request)
{
	uint64_t top;

	switch (opt) {
	case 'k':
		if (parse_device_sort(optarg, &request->list.sort))
			return usage_error(&cmd_devices, "'%s' is no key to sort by", optarg);
		return EXIT_DONE;
	case 'r':
		request->list.reverse = true;
		return EXIT_DONE;
	case 'a':
		request->all_rules = true;
		return EXIT_DONE;
	case 's':
		request->segment = optarg;
		return EXIT_DONE;
	case 'n':
		if (parse_number(optarg, 1, UINT32_MAX, &top))
			return usage_error(&cmd_devices, "--top wants a number from 1, not '%s'", optarg);
		request->list.top = top;
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
	if (request->list.sort == SORT_KEYS)
		request->list.sort = request->list.top == SIZE_MAX ? SORT_FILE : SORT_PACKETS;
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
	struct request request = {.list = {.sort = SORT_KEYS, .top = SIZE_MAX}};
	struct live *live;
	int status = parse_request(argc, argv, &request);
	int err;

	if (status)
		return status;
	if (remote_wanted())
		return remote_run(out, argc, argv, NULL);
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
