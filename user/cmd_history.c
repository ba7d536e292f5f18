// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket history: what was done to the live policy, when and by whom.
 */
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "cleanup.h"
#include "commands.h"
#include "history.h"
#include "lists.h"
#include "names.h"
#include "remote.h"

#define SHOWN 20
#define NAME_LEN 64

/* One entry, with strings of its own. */
struct line {
	struct history_entry entry;
	char *action, *result, *policy, *hash, *device;
};

struct lines {
	struct line *lines;
	size_t n, capacity;
};

static void line_free(struct line *line)
{
	free(line->action);
	free(line->result);
	free(line->policy);
	free(line->hash);
	free(line->device);
}

static void lines_cleanup(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		line_free(&lines->lines[i]);
	free(lines->lines);
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* The one that began it takes its result. */
static struct line *begun_by(const struct lines *lines, uint64_t id)
{
	for (size_t i = lines->n; id && i-- > 0;) {
		if (lines->lines[i].entry.id == id)
			return &lines->lines[i];
	}
	return NULL;
}

static int add_line(const struct history_entry *entry, void *context)
{
	struct lines *lines = context;
	struct line *line = begun_by(lines, entry->id);

	if (line) {
		line_free(line);
	} else {
		if (array_reserve((void **)&lines->lines, &lines->capacity, lines->n + 1, sizeof(*line)))
			return -ENOMEM;
		line = &lines->lines[lines->n++];
	}
	*line = (struct line){
		.entry = *entry, .action = copy(entry->action), .result = copy(entry->result),
		.policy = copy(entry->policy), .hash = copy(entry->hash), .device = copy(entry->device),
	};
	return line->action && line->result ? 0 : -ENOMEM;
}

static const char *user_name(int64_t uid, char name[NAME_LEN])
{
	const struct passwd *user = uid < 0 ? NULL : getpwuid(uid);

	if (uid < 0)
		return NULL;
	if (user)
		snprintf(name, NAME_LEN, "%s", user->pw_name);
	else
		snprintf(name, NAME_LEN, "%lld", (long long)uid);
	return name;
}

/* The N that leads 'picket rollback' there; 0: none does, or it is live. */
static size_t way_back(const struct archived *list, size_t n, const struct line *line)
{
	for (size_t i = 1; i < n && line->hash; i++) {
		if (list[i].time == line->entry.time && !strcmp(list[i].hash, line->hash))
			return i;
	}
	return 0;
}

static void print_line(struct output *out, const struct line *line, size_t back)
{
	bool begun = !strcmp(line->result, "begun");
	char user[NAME_LEN], login[NAME_LEN];

	output_begin_object(out, NULL);
	output_time(out, "time", line->entry.time);
	output_string(out, "action", line->action);
	output_string(out, "result", begun ? "interrupted" : line->result);
	output_string(out, "policy", line->policy);
	output_string(out, "hash", line->hash);
	output_string(out, "device", line->device);
	if (line->entry.until)
		output_time(out, "until", line->entry.until);
	else
		output_null(out, "until");
	output_string(out, "user", user_name(line->entry.uid, user));
	output_string(out, "login", user_name(line->entry.login_uid, login));
	output_string(out, "through", line->entry.socket ? "socket" : NULL);
	if (back)
		output_number(out, "rollback", back);
	else
		output_null(out, "rollback");
	output_end_object(out);
}

static int history(struct output *out, uint64_t top)
{
	struct lines lines __attribute__((cleanup(lines_cleanup))) = {};
	_cleanup_free_ struct archived *list = calloc(ARCHIVE_KEPT + 1, sizeof(*list));
	size_t n = 0;
	int err = list ? archive_list(list, &n) : -ENOMEM;

	if (!err)
		err = history_read(add_line, &lines);
	if (err == -EACCES || err == -EPERM)
		return fail(EXIT_SYSTEM, "the history may not be read by this user: run it as root");
	if (err && err != -ENOENT)
		return fail(EXIT_SYSTEM, "the history cannot be read: %s", history_why(err));
	output_begin_list(out, "history");
	for (size_t i = lines.n; i-- > 0 && lines.n - i <= top;)
		print_line(out, &lines.lines[i], way_back(list, n, &lines.lines[i]));
	output_end_list(out);
	return EXIT_DONE;
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = {
		{ "top", required_argument, NULL, 'n' },
		{ "all", no_argument, NULL, 'a' },
		{},
	};
	uint64_t top = SHOWN;
	int opt;

	while ((opt = getopt_long(argc, argv, ":n:a", options, NULL)) != -1) {
		if (opt == 'a')
			top = UINT64_MAX;
		else if (opt != 'n')
			return option_error(&cmd_history, opt, argv);
		else if (parse_number(optarg, 1, UINT32_MAX, &top))
			return usage_error(&cmd_history, "--top wants a number from 1, not '%s'", optarg);
	}
	if (argc != optind)
		return usage_error(&cmd_history, "'%s' is one argument too many", argv[optind]);
	if (remote_wanted())
		return remote_run(out, argc, argv, NULL);
	return history(out, top);
}

const struct command cmd_history = {
	.name = "history",
	.arguments = "[--top N | --all]",
	.summary = "every apply, quarantine, confirm, rollback and unload: when, by whom, with what result",
	.help = "  -n, --top N  the last N, 20 unless it is given\n"
		"  -a, --all    all of them\n"
		"\n"
		"The newest is first. ROLLBACK is the number that leads 'picket rollback' back there.\n",
	.run = run,
};
