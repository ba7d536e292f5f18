// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket learn: a policy of what is seen, in captures or as it happens.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "commands.h"
#include "draft.h"
#include "draft_writer.h"
#include "learn_options.h"
#include "listen.h"
#include "live.h"
#include "names.h"
#include "outfile.h"
#include "ownport.h"
#include "rehearsal.h"
#include "replay.h"
#include "subnets.h"

#define POLL_MS 200
#define LAST_MS 300

struct run {
	struct output *out;
	struct learn_options options;
	struct outfile *file; /* -o */
	struct replay_input *inputs; /* files */
	size_t ninputs;
	const char **interfaces; /* to listen on */
	size_t ninterfaces;
	struct live *live; /* whose ports they are, NULL: they were named */
	struct observer *observer;
	struct draft *draft;
	struct policy *policy; /* what was learned, enforced */
	struct leftout leftout;
	char uplink[IF_NAMESIZE];
};

static volatile sig_atomic_t interrupted;

static void run_cleanup(struct run *run)
{
	policy_free(run->policy);
	draft_free(run->draft);
	observer_free(run->observer);
	live_close(run->live);
	for (size_t i = 0; i < run->ninputs; i++)
		free(run->inputs[i].name);
	free(run->inputs);
	free(run->interfaces);
	outfile_abandon(run->file);
	learn_options_free(&run->options);
}

/* ---- frames of files ---- */

static int parse_inputs(struct run *run, int n, char **arguments)
{
	run->inputs = calloc(n + 1, sizeof(*run->inputs));
	if (!run->inputs)
		return fail(EXIT_SYSTEM, "out of memory");
	for (int i = 0; i < n; i++) {
		int err = replay_parse_input(arguments[i], &run->inputs[run->ninputs]);

		if (err == -ENOMEM)
			return fail(EXIT_SYSTEM, "out of memory");
		if (err)
			return usage_error(&cmd_learn, "'%s' is no PORT=FILE; write lan0=capture.pcap, or give --live",
					   arguments[i]);
		run->ninputs++;
	}
	return EXIT_DONE;
}

static int observe_files(struct run *run)
{
	char error[CAPTURE_ERROR_SIZE];
	struct replay_frame frame;
	struct replay *replay;
	int got;

	if (replay_open(run->inputs, run->ninputs, &replay, error))
		return fail(EXIT_SYSTEM, "%s", error);
	while ((got = replay_next(replay, &frame, error)) > 0)
		observe_frame(run->observer, &(struct observed_frame){
			.interface = frame.input->interface, .out = frame.input->out,
			.data = frame.frame.data, .len = frame.frame.len, .time = frame.frame.time,
		});
	if (got < 0)
		warn("%s; what came before it is learned", error);
	replay_close(replay);
	return EXIT_DONE;
}

/* ---- frames as they come ---- */

static void on_signal(int signal)
{
	interrupted = 1;
}

/* A policy that drops keeps from sight what it drops. */
static void warn_enforced(struct run *run)
{
	const struct policy *policy;

	if (live_policy(run->live, &policy))
		return;
	for (size_t i = 0; i < policy->nsegments; i++) {
		if (!policy->segments[i].audit)
			warn("the live policy enforces the segment %s: what it drops is not seen, and not learned; "
			     "mode: audit shows all", policy->segments[i].name);
	}
}

static int take_interfaces(struct run *run, int n, char **arguments)
{
	const struct bundle *bundle = NULL;
	uint16_t vlan;
	int err = n ? 0 : live_open_parts(0, &run->live);

	if (err == -ENOENT)
		return usage_error(&cmd_learn, "no policy is live whose ports could be listened on: name them");
	if (err)
		return live_fail(err);
	if (run->live) {
		bundle = live_bundle(run->live);
		warn_enforced(run);
	}
	run->interfaces = calloc(n + (bundle ? bundle->nports : 0) + 1, sizeof(*run->interfaces));
	if (!run->interfaces)
		return fail(EXIT_SYSTEM, "out of memory");
	for (uint32_t i = 0; i < (bundle ? bundle->nports : (uint32_t)n); i++) {
		const char *interface = bundle ? bundle_port(bundle, i, &vlan) : arguments[i];
		size_t j = 0;

		if (strchr(interface, '='))
			return usage_error(&cmd_learn, "--live listens on a PORT, not on '%s'", interface);
		while (j < run->ninterfaces && strcmp(run->interfaces[j], interface))
			j++;
		if (j == run->ninterfaces)
			run->interfaces[run->ninterfaces++] = interface;
	}
	return EXIT_DONE;
}

static void on_frame(const char *interface, const uint8_t *frame, size_t len, int64_t time, void *context)
{
	struct run *run = context;

	observe_frame(run->observer, &(struct observed_frame){ .interface = interface, .data = frame, .len = len,
							       .time = time });
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static int observe_live(struct run *run)
{
	struct sigaction action = { .sa_handler = on_signal };
	int64_t until = run->options.duration ? now_ns() + run->options.duration : INT64_MAX;
	struct listener *listener;
	uint64_t lost;
	int err = 0;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (listener_open(run->interfaces, run->ninterfaces, &listener))
		return EXIT_SYSTEM;
	while (!interrupted && now_ns() < until && (!err || err == -EINTR))
		err = listener_poll(listener, POLL_MS, on_frame, run);
	/* the kernel hands frames on in blocks: what came before the end is to be had a moment later */
	for (until = now_ns() + LAST_MS * 1000000LL; now_ns() < until && err != -ENODEV;)
		err = listener_poll(listener, POLL_MS, on_frame, run);
	lost = listener_lost(listener);
	listener_close(listener);
	if (lost)
		warn("%llu frames came faster than they were read, and are not learned", (unsigned long long)lost);
	return EXIT_DONE;
}

/* ---- this host ---- */

static bool was_seen(const struct run *run, const char *interface, const uint8_t mac[6])
{
	struct station_key key;

	memcpy(key.mac, mac, 6);
	for (size_t i = 0; i < run->observer->nports; i++) {
		key.port = i;
		if (!strcmp(run->observer->ports[i].interface, interface) && observed_station(run->observer, &key))
			return true;
	}
	return false;
}

/* Frames of an interface of this host's: then this is the gateway. */
static int know_port(struct run *run, const char *interface, bool *own_seen)
{
	struct draft_identity identity = { .is_mac = true };
	struct own_port own;

	if (own_port_get(interface, &own) || (!run->options.live && !was_seen(run, interface, own.mac)))
		return 0;
	*own_seen = true;
	memcpy(identity.mac, own.mac, 6);
	if (learn_options_add_gateway(&run->options, &identity))
		return -ENOMEM;
	for (size_t i = 0; i < own.naddrs; i++) {
		struct prefix subnet = { .addr = addr_masked(&own.addrs[i], own.lens[i]), .len = own.lens[i] };

		identity = (struct draft_identity){ .addr = own.addrs[i] };
		if (addr_stays_on_link(&own.addrs[i]))
			continue;
		if (learn_options_add_gateway(&run->options, &identity))
			return -ENOMEM;
		observer_tell(run->observer, interface, &subnet);
	}
	return 0;
}

static int know_host(struct run *run)
{
	bool own_seen = false;
	int err = 0;

	for (size_t i = 0; i < run->ninputs && !err; i++)
		err = know_port(run, run->inputs[i].interface, &own_seen);
	for (size_t i = 0; i < run->ninterfaces && !err; i++)
		err = know_port(run, run->interfaces[i], &own_seen);
	if (!err && own_seen && own_uplink(run->uplink))
		run->options.draft.uplink = run->uplink;
	return err;
}

/* ---- the policy ---- */

static char *draft_text(const struct run *run, bool enforce)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	int err = stream ? draft_write(stream, run->draft, &run->observer->all, enforce) : -ENOMEM;

	if ((stream && fclose(stream)) || err) {
		free(text);
		return NULL;
	}
	return text;
}

/* It has to read again; and of files it is known what it drops of them. */
static int rehearse(struct run *run)
{
	_cleanup_free_ char *text = draft_text(run, true);
	int err = text ? rehearsal_read(text, &run->policy) : fail(-ENOMEM, "out of memory");

	run->leftout = run->observer->leftout;
	if (err || run->options.live)
		return err ? EXIT_SYSTEM : EXIT_DONE;
	err = rehearsal_run(run->policy, run->draft, run->inputs, run->ninputs, run->observer->all.frames,
			    &run->leftout);
	if (err == -EFBIG)
		notice("there are too many frames and devices to judge each once more: 'picket replay' tells what the "
		       "policy drops of them");
	else if (err)
		return fail(EXIT_SYSTEM, "the captures cannot be judged: %s", strerror(-err));
	return EXIT_DONE;
}

static void tell(const struct run *run)
{
	const struct draft *draft = run->draft;

	notice("learned from %llu frames of %zu MACs: %zu devices, %zu roles, %zu segments",
	       (unsigned long long)run->observer->all.frames, run->observer->stations.n, draft->ndevices, draft->nroles,
	       draft->nsegments);
	for (size_t i = 0; i < draft->nnotes; i++)
		notice("%s", draft->notes[i]);
	leftout_tell(&run->leftout);
}

static void print_summary(const struct run *run)
{
	const struct draft *draft = run->draft;
	struct output *out = run->out;

	output_begin_object(out, NULL);
	output_string(out, "policy", run->options.path);
	output_number(out, "frames", run->observer->all.frames);
	output_number(out, "macs", run->observer->stations.n);
	output_number(out, "segments", draft->nsegments);
	output_number(out, "devices", draft->ndevices);
	output_number(out, "roles", draft->nroles);
	leftout_print(&run->leftout, out, "left_out");
	output_end_object(out);
}

static int deliver(struct run *run)
{
	_cleanup_free_ char *text = draft_text(run, run->options.enforce);
	struct outfile *file = run->file;

	if (!text)
		return fail(EXIT_SYSTEM, "out of memory");
	tell(run);
	if (!file) {
		output_document(run->out, "policy", text);
		return EXIT_DONE;
	}
	run->file = NULL;
	if (outfile_commit(file, text))
		return EXIT_SYSTEM;
	print_summary(run);
	return EXIT_DONE;
}

static int learn(struct run *run)
{
	int status;

	if (run->options.path && outfile_open(run->options.path, &run->file))
		return EXIT_SYSTEM;
	if (observer_new(&run->observer))
		return fail(EXIT_SYSTEM, "out of memory");
	status = run->options.live ? observe_live(run) : observe_files(run);
	if (status)
		return status;
	if (!run->observer->all.frames)
		return fail(EXIT_NO, "no frame was seen: there is nothing to learn");
	if (know_host(run) || draft_new(run->observer, &run->options.draft, &run->draft))
		return fail(EXIT_SYSTEM, "out of memory");
	status = rehearse(run);
	return status ? status : deliver(run);
}

static int run_learn(struct output *out, int argc, char **argv)
{
	struct run run __attribute__((cleanup(run_cleanup))) = { .out = out };
	int status = learn_options_parse(argc, argv, &run.options);

	if (!status)
		status = run.options.live ? take_interfaces(&run, argc - optind, argv + optind) :
					    parse_inputs(&run, argc - optind, argv + optind);
	return status ? status : learn(&run);
}

const struct command cmd_learn = {
	.name = "learn",
	.arguments = "[OPTIONS] PORT=FILE... | --live [--for TIME] [PORT...]",
	.summary = "write a least-privilege policy of what is seen, in captures or as it happens",
	.help = learn_help,
	.run = run_learn,
};
