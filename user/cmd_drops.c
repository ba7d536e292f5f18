// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket drops: what was refused, in sums or as it happens.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "eventsource.h"
#include "live.h"
#include "tallies.h"

#define POLL_MS 200

struct request {
	bool follow;
	const char *segment; /* NULL: all */
};

struct follower {
	struct output *out;
	const struct request *request;
	uint64_t printed;
};

static volatile sig_atomic_t interrupted;

static int print_totals(struct output *out, const struct live *live, const char *only)
{
	struct tally *tallies = calloc(PICKET_MAX_SEGMENTS * PICKET_TALLIES, sizeof(*tallies));
	int err = tallies ? live_totals(live, tallies) : -ENOMEM;

	if (err) {
		free(tallies);
		return fail(EXIT_SYSTEM, "the totals cannot be read: %s", strerror(-err));
	}
	output_begin_records(out, "drops");
	for (uint32_t row = 0; row < PICKET_MAX_SEGMENTS; row++) {
		const char *segment = live_segment_name(live, row);

		/* rows of segments that the policy no longer has stay out of sight; row 0 is nobody's */
		if ((row && !segment) || (only && (!segment || strcmp(segment, only))))
			continue;
		tallies_print_reasons(out, segment, &tallies[row * PICKET_TALLIES]);
	}
	output_end_records(out);
	free(tallies);
	return EXIT_DONE;
}

static void on_signal(int signal)
{
	interrupted = 1;
}

static int on_event(const struct event *event, const struct event_names *names, void *context)
{
	struct follower *follower = context;
	const char *only = follower->request->segment;

	if (only && (!names->segment || strcmp(names->segment, only)))
		return 0;
	event_print(follower->out, event, names);
	follower->printed++;
	return output_flush(follower->out);
}

static int follow_events(struct follower *follower, struct eventsource *source)
{
	while (!interrupted) {
		int err = eventsource_poll(source, POLL_MS);

		/* main says what is wrong with the output */
		if (output_flush(follower->out))
			return EXIT_SYSTEM;
		if (err && err != -EINTR)
			return live_fail(err);
	}
	return EXIT_DONE;
}

static int follow(struct output *out, const struct request *request)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct follower follower = {.out = out, .request = request};
	struct eventsource *source;
	uint64_t lost;
	int err, status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	err = eventsource_open(on_event, &follower, &source);
	if (err)
		return live_fail(err);
	status = follow_events(&follower, source);
	lost = eventsource_lost(source);
	eventsource_close(source);
	output_begin_line(out);
	output_begin_object(out, "summary");
	output_number(out, "events", follower.printed);
	output_number(out, "lost", lost);
	output_end_object(out);
	output_end_line(out);
	if (lost)
		warn("%llu events were lost: they came faster than they were read",
		     (unsigned long long)lost);
	return status;
}

static int parse_request(int argc, char **argv, struct request *request)
{
	static const struct option longopts[] = {
		{"follow", no_argument, NULL, 'f'},
		{"segment", required_argument, NULL, 's'},
		{0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":fs:", longopts, NULL)) != -1) {
		if (opt == 'f')
			request->follow = true;
		else if (opt == 's')
			request->segment = optarg;
		else
			return option_error(&cmd_drops, opt, argv);
	}
	if (optind < argc)
		return usage_error(&cmd_drops, "'%s' is one argument too many", argv[optind]);
	return EXIT_DONE;
}

static int run_drops(struct output *out, int argc, char **argv)
{
	struct request request = {0};
	struct live *live;
	int status = parse_request(argc, argv, &request);
	int err;

	if (status)
		return status;
	err = live_open(&live);
	if (err)
		return live_fail(err);
	if (request.segment && !live_find_segment(live, request.segment))
		status = usage_error(&cmd_drops, "the live policy has no segment '%s'", request.segment);
	else if (!request.follow)
		status = print_totals(out, live, request.segment);
	live_close(live);
	return status || !request.follow ? status : follow(out, &request);
}

const struct command cmd_drops = {
	.name = "drops",
	.arguments = "[--segment SEGMENT] [--follow]",
	.summary = "what was dropped, or would be in audit mode: totals by segment and reason",
	.help =
		"  -s, --segment SEGMENT  only what came from this segment\n"
		"  -f, --follow           print each event as it happens, until interrupted. An event\n"
		"                         stands for up to a second of one device and reason (count),\n"
		"                         and goes to one reader only.\n",
	.run = run_drops,
};
