// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket run: the daemon.
 */
#include <getopt.h>
#include <string.h>

#include "commands.h"
#include "daemon.h"
#include "http.h"
#include "metrics.h"
#include "served.h"
#include "survey.h"
#include "webconfig.h"

#define LISTEN_DEFAULT "127.0.0.1:10713"

struct request {
	struct daemon_options daemon;
	const char *web_config; /* NULL: none */
	bool insecure;
};

static int parse_option(int opt, char **argv, struct request *request)
{
	switch (opt) {
	case 'm':
		if (parse_attach_mode(optarg, &request->daemon.mode))
			return usage_error(&cmd_run, "'%s' is no mode: native, generic or auto", optarg);
		return EXIT_DONE;
	case 'l':
		request->daemon.listen = strcmp(optarg, "none") ? optarg : NULL;
		return EXIT_DONE;
	case 'w':
		request->web_config = optarg;
		return EXIT_DONE;
	case 'i':
		request->insecure = true;
		return EXIT_DONE;
	case 'e':
		if (request->daemon.nsinks == DAEMON_SINKS)
			return usage_error(&cmd_run, "--events-to may be given %d times", DAEMON_SINKS);
		request->daemon.sinks[request->daemon.nsinks++] = optarg;
		return EXIT_DONE;
	case 'a':
		request->daemon.access = optarg;
		request->daemon.access_given = true;
		return EXIT_DONE;
	case 'p':
		if (!strcmp(optarg, "-"))
			return usage_error(&cmd_run, "--pcap wants a file: a slow reader of a pipe would hold up all; "
					   "'picket drops --follow --pcap -' writes to one");
		request->daemon.pcap = optarg;
		return EXIT_DONE;
	case 'd':
		if (parse_device_metrics(optarg, &request->daemon.device_metrics))
			return usage_error(&cmd_run, "--device-metrics wants all, none or top=N, N from 1 to %d, "
					   "not '%s'", SURVEY_MOST_DEVICES, optarg);
		return EXIT_DONE;
	default:
		return option_error(&cmd_run, opt, argv);
	}
}

static int parse_request(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{ "mode", required_argument, NULL, 'm' },
		{ "listen", required_argument, NULL, 'l' },
		{ "web-config", required_argument, NULL, 'w' },
		{ "insecure", no_argument, NULL, 'i' },
		{ "events-to", required_argument, NULL, 'e' },
		{ "access", required_argument, NULL, 'a' },
		{ "pcap", required_argument, NULL, 'p' },
		{ "device-metrics", required_argument, NULL, 'd' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":m:l:", options, NULL)) != -1) {
		int status = parse_option(opt, argv, request);

		if (status)
			return status;
	}
	if (argc - optind > 1)
		return usage_error(&cmd_run, "'%s' is one argument too many", argv[optind + 1]);
	request->daemon.policy = argv[optind];
	return EXIT_DONE;
}

/* What anybody on the network could read is not offered by mistake. */
static int check_exposure(const struct request *request)
{
	const char *listen = request->daemon.listen;
	const struct webconfig *web = request->daemon.web;
	bool local;

	if (!listen)
		return EXIT_DONE;
	if (http_is_local(listen, &local))
		return usage_error(&cmd_run, "'%s' is no address to listen on, such as 127.0.0.1:10713 or [::1]:10713",
				   listen);
	if (local || request->insecure || (web && webconfig_certificate(web)))
		return EXIT_DONE;
	if (web)
		return usage_error(&cmd_run, "on %s passwords would go over the network in the clear: give 'tls' in %s, "
				   "or --insecure to have it so", listen, request->web_config);
	return usage_error(&cmd_run, "on %s everybody could read who talks to whom: give --web-config with TLS and "
			   "a token or password, or --insecure to have it so", listen);
}

static int run(struct output *out, int argc, char **argv)
{
	struct request request = {
		.daemon = {
			.listen = LISTEN_DEFAULT, .device_metrics = METRICS_DEVICES_DEFAULT,
			.access = ACCESS_DEFAULT,
		},
	};
	struct webconfig *web = NULL;
	int status = parse_request(argc, argv, &request);

	if (status)
		return status;
	if (request.web_config && webconfig_read(request.web_config, &web))
		return EXIT_NO;
	request.daemon.web = web;
	status = check_exposure(&request);
	if (!status)
		status = daemon_run(&request.daemon);
	webconfig_free(web);
	return status;
}

const struct command cmd_run = {
	.name = "run",
	.arguments = "[OPTIONS] [POLICY]",
	.summary = "the daemon: keeps ports attached, serves metrics, events and a page",
	.help =
		"POLICY is applied at start and on SIGHUP; without it, what is live stays. Ending it ends no filtering.\n"
		"\n"
		"  -m, --mode MODE        how POLICY attaches: native, generic or auto, which is the default\n"
		"  -l, --listen ADDRESS   where HTTP is served: 127.0.0.1:10713 by default, [::1]:9000, or none\n"
		"      --web-config FILE  TLS, and who may ask; wanted where other hosts can ask\n"
		"      --insecure         serve other hosts without either\n"
		"      --access FILE      who besides root may do what by its Unix socket, a line a group, as in\n"
		"                         'operators: [read, quarantine]': " ACCESS_DEFAULT " by default\n"
		"      --device-metrics WHICH\n"
		"                         which devices have metrics of their own, 12 series and 1 kB each:\n"
		"                         top=100, those with most packets, by default; all; none\n"
		"      --events-to WHERE  write each event to the journal, to file:PATH as a line of JSON, or to\n"
		"                         unix:PATH as a datagram; may be given again\n"
		"      --pcap FILE        write how refused frames begin to a capture (pcapng), with comments\n",
	.run = run,
};
