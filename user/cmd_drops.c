// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket drops: what was refused, in sums or as it happens.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "eventfilter.h"
#include "eventsource.h"
#include "live.h"
#include "pcapng.h"
#include "remote.h"
#include "tallies.h"

#define POLL_MS 200

struct request {
	bool follow;
	struct eventfilter filter;
	const char *pcap; /* NULL: none; "-": to stdout, and nothing else is */
};

struct follower {
	struct output *out; /* NULL: stdout is the capture's */
	struct pcapng *pcapng; /* NULL: none */
	const struct eventfilter *filter;
	uint64_t events;
};

static volatile sig_atomic_t interrupted;

static int print_totals(struct output *out, const struct live *live, const struct eventfilter *filter)
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
		if ((row && !segment) || !eventfilter_wants_segment(filter, segment))
			continue;
		tallies_print_reasons(out, segment, &tallies[row * PICKET_TALLIES], filter->reasons);
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

	if (!eventfilter_match(follower->filter, event, names))
		return 0;
	follower->events++;
	if (follower->pcapng)
		pcapng_write(follower->pcapng, event, names);
	if (!follower->out)
		return 0;
	event_print(follower->out, event, names);
	return output_flush(follower->out);
}

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static int follow_events(struct follower *follower, struct eventsource *source)
{
	time_t ticked = seconds_now();

	while (!interrupted) {
		int err = eventsource_poll(source, POLL_MS);

		/* main says what is wrong with the output */
		if (follower->out && output_flush(follower->out))
			return EXIT_SYSTEM;
		if (err && err != -EINTR)
			return live_fail(err);
		if (follower->pcapng && seconds_now() != ticked) {
			pcapng_tick(follower->pcapng);
			ticked = seconds_now();
		}
	}
	return EXIT_DONE;
}

static void print_summary(struct output *out, uint64_t events, uint64_t lost)
{
	output_begin_line(out);
	output_begin_object(out, "summary");
	output_number(out, "events", events);
	output_number(out, "lost", lost);
	output_end_object(out);
	output_end_line(out);
}

static int follow_into(struct follower *follower)
{
	struct eventsource *source;
	int err = eventsource_open(on_event, follower, &source), status;
	uint64_t lost;

	if (err)
		return live_fail(err);
	status = follow_events(follower, source);
	lost = eventsource_lost(source);
	eventsource_close(source);
	if (follower->out)
		print_summary(follower->out, follower->events, lost);
	if (lost)
		warn("%llu events were lost: they came faster than they were read",
		     (unsigned long long)lost);
	return status;
}

static int follow(struct output *out, const struct request *request)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct follower follower = {.filter = &request->filter};
	int status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!request->pcap || strcmp(request->pcap, "-"))
		follower.out = out;
	if (request->pcap && pcapng_open(request->pcap, &follower.pcapng))
		return EXIT_SYSTEM;
	status = follow_into(&follower);
	pcapng_close(follower.pcapng);
	return status;
}

static int add_filter(struct request *request, const char *key, const char *value)
{
	char why[EVENTFILTER_WHY];

	if (eventfilter_add(&request->filter, key, value, why))
		return usage_error(&cmd_drops, "%s", why);
	return EXIT_DONE;
}

static int parse_option(int opt, char **argv, struct request *request)
{
	switch (opt) {
	case 'f':
		request->follow = true;
		return EXIT_DONE;
	case 'w':
		request->pcap = optarg;
		return EXIT_DONE;
	case 'r':
		return add_filter(request, "reason", optarg);
	case 'd':
		return add_filter(request, "device", optarg);
	case 's':
		return add_filter(request, "segment", optarg);
	default:
		return option_error(&cmd_drops, opt, argv);
	}
}

static int parse_request(int argc, char **argv, struct request *request)
{
	static const struct option longopts[] = {
		{"follow", no_argument, NULL, 'f'},
		{"reason", required_argument, NULL, 'r'},
		{"device", required_argument, NULL, 'd'},
		{"segment", required_argument, NULL, 's'},
		{"pcap", required_argument, NULL, 'w'},
		{0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":fr:d:s:w:", longopts, NULL)) != -1) {
		int status = parse_option(opt, argv, request);

		if (status)
			return status;
	}
	if (optind < argc)
		return usage_error(&cmd_drops, "'%s' is one argument too many", argv[optind]);
	if (!request->follow && request->filter.devices.n)
		return usage_error(&cmd_drops, "--device goes with --follow, since totals are kept by "
				   "segment: 'picket devices %s' has the device's own",
				   request->filter.devices.names[0]);
	if (!request->follow && request->pcap)
		return usage_error(&cmd_drops, "--pcap goes with --follow: only what is dropped from now "
				   "on can be captured");
	if (request->pcap && !strcmp(request->pcap, "-") && isatty(STDOUT_FILENO))
		return usage_error(&cmd_drops, "'--pcap -' is for a pipe, as into 'wireshark -k -i -', and "
				   "not for a terminal");
	return EXIT_DONE;
}

static int totals_or_follow(struct output *out, const struct request *request)
{
	char why[EVENTFILTER_WHY];
	struct live *live;
	int err, status = EXIT_DONE;

	if (request->follow && remote_wanted())
		return follow(out, request); /* what the daemon hands on: the policy's names are not to be had */
	err = live_open(&live);
	if (err)
		return live_fail(err);
	if (eventfilter_check(&request->filter, live, why))
		status = usage_error(&cmd_drops, "%s", why);
	else if (!request->follow)
		status = print_totals(out, live, &request->filter);
	live_close(live);
	return status || !request->follow ? status : follow(out, request);
}

static int run_drops(struct output *out, int argc, char **argv)
{
	struct request request = {0};
	int status = parse_request(argc, argv, &request);

	if (!status && !request.follow && remote_wanted())
		status = remote_run(out, argc, argv, NULL);
	else if (!status)
		status = totals_or_follow(out, &request);
	eventfilter_clear(&request.filter);
	return status;
}

const struct command cmd_drops = {
	.name = "drops",
	.arguments = "[--reason REASON] [--segment SEGMENT] [--follow [--device DEVICE] [--pcap FILE]]",
	.summary = "what was dropped, or would be in audit mode: totals by segment and reason",
	.help =
		"  -r, --reason REASON    only what was dropped for it\n"
		"  -s, --segment SEGMENT  only what came from this segment\n"
		"  -f, --follow           print each event as it happens, until interrupted. An event\n"
		"                         stands for up to a second of one device and reason (count), in\n"
		"                         audit mode of one destination and service too,\n"
		"                         and goes to one reader only.\n"
		"  -d, --device DEVICE    with --follow: only this device's\n"
		"  -w, --pcap FILE        with --follow: also write how each event's frame begins to\n"
		"                         FILE as pcapng, with the reason and device as its comment;\n"
		"                         '-': to stdout instead of lines, for 'wireshark -k -i -'\n"
		"\n"
		"--reason, --segment and --device may be given more than once: any of them.\n",
	.run = run_drops,
};
