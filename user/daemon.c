// SPDX-License-Identifier: GPL-2.0-only
/*
 * Five threads: this one takes signals and looks after what is live; one reads events; one counts what takes too
 * long to count for each who asks; and one for each of the HTTP servers. An apply that takes its time, a slow disk
 * or a slow client hold up nobody else.
 */
#include "daemon.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#include "access.h"
#include "apply.h"
#include "auditkeeper.h"
#include "candidate.h"
#include "cleanup.h"
#include "deploy.h"
#include "eventsource.h"
#include "feed.h"
#include "http.h"
#include "live.h"
#include "metrics.h"
#include "names.h"
#include "notify.h"
#include "output.h"
#include "pcapng.h"
#include "pins.h"
#include "sink.h"
#include "survey.h"
#include "system.h"
#include "watch.h"
#include "web.h"

#define TICK_MS 1000
#define SETTLE_MS 50 /* changes of a host come in bursts */
#define READ_MS 200
#define CLOCK_JUMP (2 * NSEC_PER_SEC) /* more than any slewing between two ticks */

enum server { SERVER_TCP, SERVER_UNIX, SERVERS };

struct daemon {
	const struct daemon_options *options;
	struct web_shared shared;
	struct sink *sinks[DAEMON_SINKS];
	struct pcapng *pcap;
	struct auditkeeper *audit;
	struct watch *watch;
	struct access *access;
	struct web webs[SERVERS], slow_webs[SERVERS];
	struct http *servers[SERVERS];
	char socket[PINS_SOCKET_LEN];
	int signals;
	int64_t boot; /* Unix ns of boot, as the clock had it last */
	pthread_t reader;
	bool reading; /* the thread is there */
	atomic_bool ending;
};

/* ---- events ---- */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int on_event(const struct event *event, const struct event_names *names, void *context)
{
	struct daemon *daemon = context;
	const char *json = feed_add(daemon->shared.feed, event, names);

	for (size_t i = 0; json && i < daemon->options->nsinks; i++)
		sink_write(daemon->sinks[i], event, names, json);
	if (daemon->pcap)
		pcapng_write(daemon->pcap, event, names);
	auditbook_add(daemon->shared.audit, event, names);
	return 0;
}

static void tick_sinks(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->options->nsinks; i++)
		sink_tick(daemon->sinks[i]);
	if (daemon->pcap)
		pcapng_tick(daemon->pcap);
}

static int open_sinks(struct daemon *daemon)
{
	int err = 0;

	for (size_t i = 0; i < daemon->options->nsinks && !err; i++)
		err = sink_open(daemon->options->sinks[i], &daemon->sinks[i]);
	if (!err && daemon->options->pcap)
		err = pcapng_open(daemon->options->pcap, &daemon->pcap);
	return err;
}

static void close_sinks(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->options->nsinks; i++)
		sink_close(daemon->sinks[i]);
	pcapng_close(daemon->pcap);
}

static void pause_reading(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = READ_MS * 1000000L }, NULL);
}

static void *read_events(void *context)
{
	struct daemon *daemon = context;
	struct eventsource *source = NULL;
	int64_t ticked = now_ms();

	while (!atomic_load(&daemon->ending)) {
		if (now_ms() - ticked >= TICK_MS) {
			tick_sinks(daemon);
			auditkeeper_tick(daemon->audit, source ? eventsource_lost(source) : 0);
			ticked = now_ms();
		}
		int err = source ? eventsource_poll(source, READ_MS) :
				   eventsource_open_ring(on_event, daemon, &source);

		if (!err || err == -EINTR)
			continue;
		/* Nothing is live, for now. */
		auditkeeper_reopened(daemon->audit);
		eventsource_close(source);
		source = NULL;
		pause_reading();
	}
	eventsource_close(source);
	return NULL;
}

/* ---- the policy file ---- */

/* enum exit_status; what is wrong is said. */
static int apply_file(const struct daemon_options *options)
{
	struct candidate candidate __attribute__((cleanup(candidate_free))) = {};
	struct apply_input input = { .mode = options->mode, .absent_ok = true };
	struct applied applied = {};
	int err = candidate_load(options->policy, &candidate);

	if (!err) {
		err = deploy("apply", &candidate, &input, &applied);
		free(applied.interfaces);
	} else {
		deploy_failed(options->policy, err == -EINVAL ? "not valid" : strerror(-err));
	}
	if (candidate.diag) {
		diag_sort(candidate.diag);
		diag_print(candidate.diag, stderr);
	}
	if (candidate.diag && candidate.diag->nerrors)
		return fail(err == -EINVAL ? EXIT_NO : EXIT_SYSTEM, "%s is not valid: nothing was applied",
			    options->policy);
	if (err)
		return fail(EXIT_SYSTEM, "%s was not applied as a whole: %s", options->policy, strerror(-err));
	notice("%s is live (%.12s)", options->policy, candidate.sources->hash);
	return EXIT_DONE;
}

static int apply(struct daemon *daemon)
{
	struct live *live;
	int status = apply_file(daemon->options);

	atomic_store(&daemon->shared.apply_failed, status != EXIT_DONE);
	if (status == EXIT_DONE)
		return status;
	if (live_open_parts(0, &live))
		atomic_fetch_add(&daemon->shared.apply_failures, 1); /* what is live counts the others */
	else
		live_close(live);
	return status;
}

/* What is live goes on when the file is wrong; nothing to go on with is a reason to stop. */
static int first_apply(struct daemon *daemon)
{
	struct live *live;
	int status = daemon->options->policy ? apply(daemon) : EXIT_DONE;

	if (status == EXIT_DONE)
		return status;
	if (live_open_parts(0, &live))
		return status;
	warn("the policy that was live before (%s) stays so", live_bundle(live)->name);
	live_close(live);
	return EXIT_DONE;
}

static void notify_ready(const struct daemon *daemon)
{
	bool failed = atomic_load(&daemon->shared.apply_failed);

	notify(failed ? "READY=1\nSTATUS=The policy file was not applied: what was live before stays so." :
			"READY=1\nSTATUS=");
}

static void reload(struct daemon *daemon)
{
	notify_reloading();
	apply(daemon);
	notify_ready(daemon);
}

/* ---- HTTP ---- */

static int start_server(struct daemon *daemon, enum server which, int socket, const struct webconfig *config)
{
	struct http_options options = {
		.socket = socket, .routes = web_routes, .context = &daemon->webs[which],
		.slow_routes = web_slow_routes, .slow_context = &daemon->slow_webs[which],
		.feed = daemon->shared.feed, .config = config,
		.access = which == SERVER_UNIX ? daemon->access : NULL,
	};

	daemon->webs[which] = daemon->slow_webs[which] = (struct web){ .shared = &daemon->shared };
	return http_start(&options, &daemon->servers[which]);
}

static int start_servers(struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;
	int socket, err;

	pins_socket(daemon->socket);
	err = http_make_dir(daemon->socket);
	if (!err)
		err = http_listen_unix(daemon->socket, &socket);
	if (err) {
		daemon->socket[0] = '\0';
		return err;
	}
	err = start_server(daemon, SERVER_UNIX, socket, NULL);
	if (err || !options->listen)
		return err;
	err = http_listen(options->listen, &socket);
	if (!err)
		err = start_server(daemon, SERVER_TCP, socket, options->web);
	if (!err)
		notice("metrics, events and a page are at %s://%s/",
		       options->web ? "https" : "http", options->listen);
	return err;
}

/* ---- the loop ---- */

static int block_signals(int *fd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that grew too large is a full disk */
	if (pthread_sigmask(SIG_BLOCK, &set, NULL))
		return -EINVAL;
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd < 0 ? -errno : 0;
}

/* False: it is to end. */
static bool take_signals(struct daemon *daemon)
{
	struct signalfd_siginfo info;

	while (read(daemon->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP)
			return false;
		access_reload(daemon->access);
		if (daemon->options->policy)
			reload(daemon);
		else
			warn("there is no policy file to apply: 'picket run POLICY' names one");
	}
	return true;
}

/* Validity and quarantines follow the wall clock, at once and by themselves: an admin should know. */
static void watch_clock(struct daemon *daemon)
{
	int64_t boot = boot_to_unix(1), moved = boot - daemon->boot;
	int64_t seconds = (llabs(moved) + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
	char by[DURATION_LEN];

	if (daemon->boot && llabs(moved) > CLOCK_JUMP)
		warn("the clock was set %s by %s: validity and timed quarantines follow it",
		     moved > 0 ? "forward" : "back", format_duration(seconds * NSEC_PER_SEC, by));
	daemon->boot = boot;
}

static void tick(struct daemon *daemon)
{
	notify("WATCHDOG=1");
	watch_clock(daemon);
	access_check(daemon->access);
	for (int i = 0; i < SERVERS; i++) {
		if (daemon->servers[i])
			http_tick(daemon->servers[i]);
	}
	watch_check(daemon->watch);
}

static void loop(struct daemon *daemon)
{
	struct pollfd fds[] = {
		{ .fd = daemon->signals, .events = POLLIN },
		{ .fd = watch_fd(daemon->watch), .events = POLLIN },
	};
	int64_t next = now_ms();

	for (;;) {
		int64_t wait = next - now_ms();

		if (wait <= 0) {
			tick(daemon);
			next = now_ms() + TICK_MS;
			continue;
		}
		poll(fds, 2, wait);
		if (!take_signals(daemon))
			return;
		if (watch_changes(daemon->watch) && next > now_ms() + SETTLE_MS)
			next = now_ms() + SETTLE_MS;
	}
}

static int start_survey(struct web_shared *shared)
{
	uint32_t most = shared->device_metrics == METRICS_ALL_DEVICES ? 0 : shared->device_metrics;
	int err = survey_start(most, &shared->survey);

	return err ? fail(err, "devices cannot be counted: %s", strerror(-err)) : 0;
}

static int open_book(struct daemon *daemon)
{
	int err = auditkeeper_new(&daemon->audit);

	if (!err)
		daemon->shared.audit = auditkeeper_book(daemon->audit);
	return err;
}

static int start(struct daemon *daemon)
{
	int err = block_signals(&daemon->signals);

	if (err)
		return fail(err, "signals cannot be taken: %s", strerror(-err));
	err = feed_new(&daemon->shared.feed);
	if (!err)
		err = open_book(daemon);
	if (!err)
		err = open_sinks(daemon);
	if (!err)
		err = watch_new(&daemon->watch);
	if (!err && access_new(daemon->options->access, daemon->options->access_given, &daemon->access))
		err = fail(-ENOMEM, "there is not enough memory");
	if (!err)
		err = start_survey(&daemon->shared);
	if (!err)
		err = start_servers(daemon);
	if (err)
		return err;
	err = -pthread_create(&daemon->reader, NULL, read_events, daemon);
	if (err)
		return fail(err, "no thread can be made: %s", strerror(-err));
	daemon->reading = true;
	return 0;
}

static void stop(struct daemon *daemon)
{
	atomic_store(&daemon->ending, true);
	if (daemon->reading)
		pthread_join(daemon->reader, NULL);
	for (int i = 0; i < SERVERS; i++) {
		http_stop(daemon->servers[i]);
		web_close(&daemon->webs[i]);
		web_close(&daemon->slow_webs[i]);
	}
	if (daemon->socket[0])
		unlink(daemon->socket);
	close_sinks(daemon);
	access_free(daemon->access);
	survey_stop(daemon->shared.survey);
	watch_free(daemon->watch);
	auditkeeper_free(daemon->audit);
	feed_free(daemon->shared.feed);
	close_fd(&daemon->signals);
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = {
		.options = options, .signals = -1, .shared.device_metrics = options->device_metrics,
	};
	int status = EXIT_SYSTEM;

	if (system_check() || pins_check())
		return EXIT_SYSTEM;
	if (!start(&daemon))
		status = first_apply(&daemon);
	if (status == EXIT_DONE) {
		notify_ready(&daemon);
		loop(&daemon);
		notify("STOPPING=1");
		notice("ends; what is live stays live");
	}
	stop(&daemon);
	return status;
}
