// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket confirm and picket rollback: the policy that was applied for a time stays, or one that was live comes back.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "base.h"
#include "cleanup.h"
#include "commands.h"
#include "cuts.h"
#include "deploy.h"
#include "history.h"
#include "liveword.h"
#include "names.h"
#include "pending.h"
#include "pins.h"
#include "remote.h"
#include "system.h"

static void packed_cleanup(struct packed *packed)
{
	free(packed->data);
}

/* The lock and the base of what is live. EXIT_DONE, or said. */
static int open_locked(int *lock, struct base *base)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	int err;

	if (system_check())
		return EXIT_SYSTEM;
	err = pins_lock(PINS_LOCK_WAIT_MS, lock);
	if (err == -EBUSY)
		return fail(EXIT_SYSTEM, "another picket is changing what is in %s: try again when it is done",
			    pins_dir());
	if (!err)
		err = live_open_parts(0, &live);
	if (err)
		return live_fail(err);
	return base_make(base) ? EXIT_SYSTEM : EXIT_DONE;
}

static void print_live(struct output *out, const char *key)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;

	output_begin_object(out, NULL);
	output_bool(out, key, true);
	if (!live_open_parts(0, &live)) {
		output_string(out, "policy", live_bundle(live)->name);
		output_string(out, "hash", live_bundle(live)->hash);
	} else {
		output_null(out, "policy");
		output_null(out, "hash");
	}
	output_end_object(out);
}

/* What the live policy is called, for the history. */
static void note(const char *action, const char *result)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	struct history_entry entry = { .action = action, .result = result };

	if (!live_open_parts(0, &live)) {
		entry.policy = live_bundle(live)->name;
		entry.hash = live_bundle(live)->hash;
	}
	history_add(&entry);
}

static int confirm(struct output *out)
{
	struct base base __attribute__((cleanup(base_close))) = BASE_CLOSED;
	_cleanup_close_ int lock = -1;
	int status = open_locked(&lock, &base), err;

	if (status)
		return status;
	err = pending_confirm(&base);
	if (err == -ENOENT && pending_settle(&base) > 0)
		return fail(EXIT_NO, "it is too late: the policy before is live again");
	if (err == -ENOENT)
		return fail(EXIT_NO, "nothing waits to be confirmed");
	note("confirm", err ? strerror(-err) : "ok");
	if (err)
		return fail(EXIT_SYSTEM, "the policy stays, but what was the other's is not all gone: %s",
			    strerror(-err));
	print_live(out, "confirmed");
	return EXIT_DONE;
}

/* 0: nothing is pending; 1: it came back; -errno, said. */
static int return_pending(void)
{
	struct base base __attribute__((cleanup(base_close))) = BASE_CLOSED;
	_cleanup_close_ int lock = -1;
	int err;

	if (open_locked(&lock, &base))
		return -EIO;
	err = pending_return(&base);
	if (err == -ENOENT)
		return 0;
	note("return", err ? strerror(-err) : "ok");
	return err ? fail(err, "the policy before is live, but what was the other's is not all gone: %s",
			  strerror(-err)) : 1;
}

static int find_archived(uint64_t back, struct archived *out)
{
	_cleanup_free_ struct archived *list = calloc(ARCHIVE_KEPT + 1, sizeof(*list));
	size_t n = 0;
	int err = list ? archive_list(list, &n) : -ENOMEM;

	if (err)
		return fail(EXIT_SYSTEM, "the history cannot be read: %s", history_why(err));
	if (back >= n)
		return fail(EXIT_NO, "there %s %zu polic%s to go back to: 'picket history' lists them",
			    n == 2 ? "is" : "are", n ? n - 1 : 0, n == 2 ? "y" : "ies");
	*out = list[back];
	return EXIT_DONE;
}

static int deploy_archived(struct output *out, const struct archived *archived, const struct apply_input *how,
			   bool force)
{
	struct packed sources __attribute__((cleanup(packed_cleanup))) = {};
	struct candidate candidate __attribute__((cleanup(candidate_free))) = {};
	struct cuts cuts __attribute__((cleanup(cuts_free))) = {};
	struct applied applied = {};
	int err = archive_get(archived->hash, &sources);

	if (!err)
		err = candidate_unpack(&sources, &candidate);
	if (err)
		return fail(EXIT_SYSTEM, "policy %s (%.12s) cannot be read from the archive: %s", archived->name,
			    archived->hash, strerror(-err));
	if (cuts_before(candidate.policy, candidate.ruleset, force ? LEAVE_WARN : LEAVE_ASK, "roll back to", &cuts))
		return EXIT_NO;
	err = deploy("rollback", &candidate, how, &applied);
	free(applied.interfaces);
	if (candidate.diag->nerrors) {
		output_diagnostics(out, "diagnostics", candidate.diag);
		return fail(EXIT_NO, "policy %s (%.12s) does not fit this host any more", archived->name,
			    archived->hash);
	}
	if (err && err != -EREMOTEIO)
		return EXIT_SYSTEM;
	print_live(out, "rolled_back");
	return err ? EXIT_SYSTEM : EXIT_DONE;
}

/* The mode in which the policies were attached stays. */
static void keep_mode(struct apply_input *how)
{
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;

	if (!live_open_parts(0, &live))
		parse_attach_mode(live_bundle(live)->attach_mode, &how->mode);
}

static int rollback(struct output *out, uint64_t back, bool force)
{
	struct apply_input how = { .mode = ATTACH_AUTO };
	struct archived archived;
	int status = return_pending();

	if (status < 0)
		return EXIT_SYSTEM;
	if (status > 0) {
		print_live(out, "rolled_back");
		return EXIT_DONE;
	}
	status = find_archived(back, &archived);
	if (status)
		return status;
	keep_mode(&how);
	return deploy_archived(out, &archived, &how, force);
}

static int run_confirm(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { {} };
	int opt = getopt_long(argc, argv, ":", options, NULL);

	if (opt != -1)
		return option_error(&cmd_confirm, opt, argv);
	if (argc != optind)
		return usage_error(&cmd_confirm, "it takes no arguments");
	if (remote_wanted())
		return remote_run(out, argc, argv, NULL);
	return confirm(out);
}

static int run_rollback(struct output *out, int argc, char **argv)
{
	static const struct option options[] = { { "force", no_argument, NULL, 'f' }, {} };
	uint64_t back = 1;
	bool force = false;
	int opt;

	while ((opt = getopt_long(argc, argv, ":f", options, NULL)) != -1) {
		if (opt != 'f')
			return option_error(&cmd_rollback, opt, argv);
		force = true;
	}
	if (argc - optind > 1)
		return usage_error(&cmd_rollback, "'%s' is one argument too many", argv[optind + 1]);
	if (optind < argc && parse_number(argv[optind], 1, ARCHIVE_KEPT, &back))
		return usage_error(&cmd_rollback, "'%s' is no number from 1 to %d", argv[optind], ARCHIVE_KEPT);
	if (remote_wanted())
		return remote_run(out, argc, argv, NULL);
	return rollback(out, back, force);
}

const struct command cmd_confirm = {
	.name = "confirm",
	.arguments = "",
	.summary = "keep the policy that was applied with --confirm-within",
	.run = run_confirm,
};

const struct command cmd_rollback = {
	.name = "rollback",
	.arguments = "[--force] [N]",
	.summary = "go back to the policy before, or to one of the last ten",
	.help = "  -f, --force  even if it cuts the SSH connection that you work by, without asking (see 'apply')\n\n"
		"A policy that waits to be confirmed is taken back at once. Else N, 1 unless it is given, says how many\n"
		"policies to go back; 'picket history' numbers them. Going back is itself an apply: 'picket rollback'\n"
		"after it returns to where you were.\n",
	.run = run_rollback,
};
