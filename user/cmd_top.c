// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket top: what passes and what is dropped, as it happens, on the whole terminal.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "names.h"
#include "remote.h"
#include "top.h"
#include "top_screen.h"

#define INTERVAL_LEAST (100 * 1000000LL) /* ns */
#define INTERVAL_MOST (3600 * NSEC_PER_SEC)

struct request {
	int64_t interval; /* ns */
	const char *segment; /* NULL: all */
	enum top_sort sort; /* SORTS: as each view is best */
};

static volatile sig_atomic_t ended;

static void on_signal(int signal)
{
	ended = 1;
}

/*
 * The signals that end it, and a new size of the terminal, arrive only where the screen waits: *waiting is
 * the mask for that.
 */
static void catch_signals(sigset_t *waiting)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	const struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		sigaction(ends[i], &action, NULL);
		sigaddset(&blocked, ends[i]);
	}
	sigaddset(&blocked, SIGWINCH);
	sigprocmask(SIG_BLOCK, &blocked, waiting);
}

static uint64_t boot_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * (uint64_t)NSEC_PER_SEC + t.tv_nsec;
}

/* Until a key, a signal, or this time. False: the terminal is gone. */
static bool wait_until(uint64_t time, const sigset_t *waiting)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	int64_t left = time - boot_now();
	struct timespec timeout = {0};

	if (left > 0)
		timeout = (struct timespec){left / NSEC_PER_SEC, left % NSEC_PER_SEC};
	if (ppoll(&in, 1, &timeout, waiting) < 0)
		return errno == EINTR;
	return !(in.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* Until its user has seen enough. */
static void watch(struct top *top, const sigset_t *waiting)
{
	uint64_t next = 0, wake;
	int key;

	while (!ended && !top->quit) {
		if (boot_now() >= next)
			next = top_tick(top);
		wake = top_gather(top, next);
		top_draw(top);
		if (!wait_until(wake, waiting))
			return;
		while (!ended && !top->quit && (key = screen_key()) != -1)
			top_key(top, key);
	}
}

static int begin(struct top *top, const struct request *request)
{
	int err = top_open(top);

	if (err)
		return live_fail(err);
	top->interval = request->interval;
	if (!request->segment)
		return EXIT_DONE;
	if (!live_find_segment(top->data.live, request->segment)) {
		top_close(top);
		return usage_error(&cmd_top, "the live policy has no segment '%s'", request->segment);
	}
	strncpy(top->filter.segment, request->segment, FILTER_LEN - 1);
	return EXIT_DONE;
}

static void sort_views(struct top *top, enum top_sort sort)
{
	if (sort == SORTS)
		return;
	for (int view = VIEW_SEGMENTS; view <= VIEW_TALKERS; view++) {
		if (view_sorts(view, sort))
			top->lists[view].sort = sort;
	}
}

static int screen_fail(void)
{
	const char *term = getenv("TERM");

	return fail(EXIT_SYSTEM, "nothing is known of a terminal of type '%s': set TERM to what it is, "
		    "'xterm' for example", term ? term : "");
}

static int top(const struct request *request)
{
	struct top *screen = calloc(1, sizeof(*screen));
	int status = screen ? begin(screen, request) : live_fail(-ENOMEM);
	sigset_t waiting;
	int err;

	if (status) {
		free(screen);
		return status;
	}
	libbpf_set_print(NULL); /* its complaints would be written across the screen */
	sort_views(screen, request->sort);
	catch_signals(&waiting);
	err = screen_open();
	if (!err)
		watch(screen, &waiting);
	screen_close();
	top_close(screen);
	free(screen);
	return err ? screen_fail() : EXIT_DONE;
}

/* Seconds with a fraction, to ns. */
static int parse_interval(const char *text, int64_t *out)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds * NSEC_PER_SEC >= INTERVAL_LEAST) ||
	    seconds * NSEC_PER_SEC > INTERVAL_MOST)
		return -EINVAL;
	*out = seconds * NSEC_PER_SEC;
	return 0;
}

static int parse_option(int opt, char **argv, struct request *request)
{
	switch (opt) {
	case 'i':
		if (parse_interval(optarg, &request->interval))
			return usage_error(&cmd_top, "--interval wants seconds, 0.1 to 3600, not '%s'", optarg);
		return EXIT_DONE;
	case 'k':
		request->sort = top_sort_find(optarg);
		if (request->sort == SORTS || !view_sorts(VIEW_TALKERS, request->sort))
			return usage_error(&cmd_top, "'%s' is no key to sort by", optarg);
		return EXIT_DONE;
	case 's':
		request->segment = optarg;
		return EXIT_DONE;
	default:
		return option_error(&cmd_top, opt, argv);
	}
}

static int run_top(struct output *out, int argc, char **argv)
{
	static const struct option longopts[] = {
		{"interval", required_argument, NULL, 'i'},
		{"sort", required_argument, NULL, 'k'},
		{"segment", required_argument, NULL, 's'},
		{0},
	};
	struct request request = {.interval = NSEC_PER_SEC, .sort = SORTS};
	int opt;

	while ((opt = getopt_long(argc, argv, ":i:k:s:", longopts, NULL)) != -1) {
		int status = parse_option(opt, argv, &request);

		if (status)
			return status;
	}
	if (optind < argc)
		return usage_error(&cmd_top, "'%s' is one argument too many", argv[optind]);
	if (!screen_is_terminal())
		return usage_error(&cmd_top, "it wants a terminal; 'picket devices' and 'picket drops' print "
				   "what it shows to a file or a pipe");
	if (remote_wanted())
		return fail(EXIT_SYSTEM, "it reads the kernel's maps itself, which takes root; 'picket devices' and 'picket "
			    "drops --follow' tell the same to those who may read");
	return top(&request);
}

const struct command cmd_top = {
	.name = "top",
	.arguments = "[--interval SECONDS] [--segment SEGMENT] [--sort KEY]",
	.summary = "a live full-screen view: rates, top talkers, top dropped, reasons, limits",
	.help =
		"  -i, --interval SECONDS  look so often (default 1)\n"
		"  -s, --segment SEGMENT   only this segment and its devices; f there changes it\n"
		"  -k, --sort KEY          how segments and devices are sorted: passed, bytes, dropped, audit\n"
		"                          (a second, most first), seen (latest first), name, file (the\n"
		"                          policy's order)\n"
		"\n"
		"Keys are explained by '?'. With NO_COLOR set it uses no colours, and in a locale that is\n"
		"not UTF-8 its bars are plain ASCII. Where no 'picket run' hands events on to all who\n"
		"ask, 'picket drops --follow' misses those that this reads meanwhile.\n",
	.run = run_top,
	.no_json = "it has no --json; 'picket status', 'devices' and 'drops' print what it shows as JSON",
};
