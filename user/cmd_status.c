// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket status: what is live, where it is attached, and what it did so far.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cleanup.h"
#include "commands.h"
#include "remote.h"
#include "status.h"

static void warn_missing(const struct live *live, const struct attached *attached)
{
	const struct bundle *bundle = live_bundle(live);
	uint16_t vlan;

	for (uint32_t i = 0; i < bundle->nports; i++) {
		const char *interface = bundle_port(bundle, i, &vlan);

		if (!attachment_works(attached_at(attached, bundle, interface)))
			warn("interface %s is in the policy but not attached: what arrives there is not "
			     "filtered; apply the policy again, or let 'picket run' look after it", interface);
	}
}

static int status(struct output *out)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	_cleanup_free_ struct attachment *list = NULL;
	struct attached attached = {};
	int err = live_open(&live);

	if (err == -ENOENT) {
		output_begin_object(out, NULL);
		output_bool(out, "live", false);
		output_end_object(out);
	}
	if (err)
		return live_fail(err);
	err = attachments_get(&list, &attached.n);
	attached.list = list;
	if (!err) {
		output_begin_object(out, NULL);
		err = status_print(out, live, &attached);
		output_end_object(out);
	}
	if (err)
		return fail(EXIT_SYSTEM, "the live state cannot be read: %s", strerror(-err));
	warn_missing(live, &attached);
	return EXIT_DONE;
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { {} };
	int opt = getopt_long(argc, argv, ":", options, NULL);

	if (opt != -1)
		return option_error(&cmd_status, opt, argv);
	if (argc != optind)
		return usage_error(&cmd_status, "it takes no arguments");
	if (remote_wanted())
		return remote_run(out, argc, argv, NULL);
	return status(out);
}

const struct command cmd_status = {
	.name = "status",
	.arguments = "",
	.summary = "what is attached where, which policy is live, and totals",
	.run = run,
};
