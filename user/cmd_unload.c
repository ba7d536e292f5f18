// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket unload: takes everything of picket's out of the kernel.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base.h"
#include "cleanup.h"
#include "commands.h"
#include "history.h"
#include "pins.h"
#include "system.h"

static int unload(struct output *out)
{
	_cleanup_close_ int lock = -1;
	int err;

	if (system_check() || pins_check())
		return EXIT_SYSTEM;
	err = pins_lock(PINS_LOCK_WAIT_MS, &lock);
	if (err == -EBUSY)
		return fail(EXIT_SYSTEM, "another picket is changing what is in %s: try again when it is "
			    "done", pins_dir());
	if (err && err != -ENOENT)
		return fail(EXIT_SYSTEM, "%s cannot be locked: %s", pins_dir(), strerror(-err));
	if (!err && base_remove()) {
		history_add(&(struct history_entry){ .action = "unload", .result = "not everything was removed" });
		return fail(EXIT_SYSTEM, "not everything could be removed: mend what is said above and "
			    "unload again");
	}
	if (!err)
		history_add(&(struct history_entry){ .action = "unload", .result = "ok" });
	output_begin_object(out, NULL);
	output_bool(out, "unloaded", !err);
	output_string(out, "pins", pins_dir());
	output_end_object(out);
	return EXIT_DONE;
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { {} };
	int opt = getopt_long(argc, argv, ":", options, NULL);

	if (opt != -1)
		return option_error(&cmd_unload, opt, argv);
	if (argc != optind)
		return usage_error(&cmd_unload, "it takes no arguments");
	return unload(out);
}

const struct command cmd_unload = {
	.name = "unload",
	.arguments = "",
	.summary = "detach everything and remove every pin: nothing is filtered after it",
	.run = run,
};
