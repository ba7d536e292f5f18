// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket quarantine and picket release: one device is cut off at once, or no longer.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "commands.h"
#include "history.h"
#include "live.h"
#include "names.h"
#include "pins.h"
#include "quarantine.h"
#include "remote.h"
#include "system.h"

static void print_until(struct output *out, const char *device, int64_t until)
{
	output_begin_object(out, NULL);
	output_string(out, "device", device);
	output_bool(out, "quarantined", until != 0);
	if (until && until != INT64_MAX)
		output_time(out, "until", until);
	else
		output_null(out, "until");
	output_end_object(out);
}

static int set_in(const struct live *live, const char *device, int64_t until)
{
	uint32_t row = live_find_device(live, device);

	return row ? quarantine_set(live_map(live, "idents"), live_map(live, "devices"), row, until) : 0;
}

/* A policy that may come back by itself must know, too. */
static int set_in_back(const char *device, int64_t until)
{
	struct live *back __attribute__((cleanup(live_cleanup))) = NULL;
	int err = live_open_back(0, &back);

	if (err)
		return err == -ENOENT ? 0 : err;
	return set_in(back, device, until);
}

/* until: Unix ns, 0: not quarantined, INT64_MAX: until released */
static int set_quarantine(struct output *out, const struct command *command, const char *device,
			  int64_t until)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	_cleanup_close_ int lock = -1;
	int err;

	if (system_check())
		return EXIT_SYSTEM;
	/* An apply that is under way would carry over what was before. */
	err = pins_lock(PINS_LOCK_WAIT_MS, &lock);
	if (err == -EBUSY)
		return fail(EXIT_SYSTEM, "another picket is changing what is in %s: try again when it is "
			    "done", pins_dir());
	if (!err)
		err = live_open(&live);
	if (err)
		return live_fail(err);
	if (!live_find_device(live, device))
		return usage_error(command, "the live policy has no device '%s'", device);
	err = set_in(live, device, until);
	if (!err)
		err = set_in_back(device, until);
	history_add(&(struct history_entry){
		.action = until ? "quarantine" : "release", .result = err ? strerror(-err) : "ok",
		.device = device, .until = until == INT64_MAX ? 0 : until,
	});
	if (err)
		return fail(EXIT_SYSTEM, "device '%s' cannot be changed: %s", device, strerror(-err));
	print_until(out, device, until);
	return EXIT_DONE;
}

static int run_quarantine(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { { "for", required_argument, NULL, 'f' }, {} };
	int64_t duration = 0, until = INT64_MAX;
	struct timespec now;
	int opt;

	while ((opt = getopt_long(argc, argv, ":f:", options, NULL)) != -1) {
		if (opt != 'f')
			return option_error(&cmd_quarantine, opt, argv);
		if (parse_duration(optarg, &duration))
			return usage_error(&cmd_quarantine, "'%s' is no duration, such as 90s, 30m, 1h or 2d",
					   optarg);
	}
	if (argc - optind != 1)
		return usage_error(&cmd_quarantine, "it wants one device");
	if (duration) {
		clock_gettime(CLOCK_REALTIME, &now);
		until = now.tv_sec * NSEC_PER_SEC + now.tv_nsec + duration;
	}
	if (remote_wanted())
		return remote_run(out, argc, argv, NULL);
	return set_quarantine(out, &cmd_quarantine, argv[optind], until);
}

static int run_release(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { {} };
	int opt = getopt_long(argc, argv, ":", options, NULL);

	if (opt != -1)
		return option_error(&cmd_release, opt, argv);
	if (argc - optind != 1)
		return usage_error(&cmd_release, "it wants one device");
	if (remote_wanted())
		return remote_run(out, argc, argv, NULL);
	return set_quarantine(out, &cmd_release, argv[optind], 0);
}

const struct command cmd_quarantine = {
	.name = "quarantine",
	.arguments = "[--for TIME] DEVICE",
	.summary = "cut one device off at once",
	.help = "  -f, --for TIME   for so long: 90s, 30m, 1h, 2d; without it until 'picket release'\n",
	.run = run_quarantine,
};

const struct command cmd_release = {
	.name = "release",
	.arguments = "DEVICE",
	.summary = "end a device's quarantine",
	.run = run_release,
};
