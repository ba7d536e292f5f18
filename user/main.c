// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket: the table of commands, and what all of them share.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor.h"
#include "commands.h"
#include "output.h"
#include "pins.h"

static const struct command *const commands[] = {
	&cmd_check, &cmd_plan, &cmd_apply, &cmd_confirm, &cmd_rollback, &cmd_history, &cmd_learn,
	&cmd_status, &cmd_devices, &cmd_drops, &cmd_audit, &cmd_top, &cmd_explain, &cmd_replay, &cmd_quarantine,
	&cmd_release, &cmd_run, &cmd_doctor, &cmd_unload,
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char global_help[] =
	"      --json       print JSON\n"
	"      --pins DIR   where picket's pins are, on a BPF filesystem (also: PICKET_PINS)\n"
	"      --help       print this\n"
	"      --version    print the version\n";

struct options {
	const char *pins;
	bool json, help, version;
};

static void print_overview(FILE *stream)
{
	fputs("usage: picket COMMAND [OPTION]... [ARGUMENT]...\n\n"
	      "A per-device packet filter for gateways in front of IoT networks.\n\ncommands:\n",
	      stream);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(stream, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(stream, "\noptions, before or after the command:\n%s\n"
		"Exit status: 0 done, 1 the answer is no, 2 usage, 3 the system refused.\n"
		"'picket COMMAND --help' says more about one command.\n", global_help);
}

static void print_help(const struct command *command)
{
	bool arguments = command->arguments && *command->arguments;

	printf("usage: picket %s%s%s\n\n%s: %s\n\n", command->name, arguments ? " " : "",
	       arguments ? command->arguments : "", command->name, command->summary);
	if (command->help)
		printf("%s\n", command->help);
	printf("options of every command:\n%s", global_help);
}

/* The value of "--pins DIR" or "--pins=DIR" at argv[*at]; NULL: another word, or no value. */
static const char *pins_value(int argc, char **argv, int *at)
{
	static const char with_value[] = "--pins=";

	if (!strncmp(argv[*at], with_value, sizeof(with_value) - 1))
		return argv[*at] + sizeof(with_value) - 1;
	if (!strcmp(argv[*at], "--pins") && *at + 1 < argc)
		return argv[++*at];
	return NULL;
}

/* Takes the global options out of argv. Returns what is left, ended by NULL, or -1 for usage. */
static int take_options(int argc, char **argv, struct options *options)
{
	bool done = false;
	int kept = 0;

	for (int i = 1; i < argc; i++) {
		const char *pins = NULL;

		if (done) {
			argv[kept++] = argv[i];
		} else if (!strcmp(argv[i], "--json")) {
			options->json = true;
		} else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			options->help = true;
		} else if (!strcmp(argv[i], "--version")) {
			options->version = true;
		} else if ((pins = pins_value(argc, argv, &i))) {
			options->pins = pins;
		} else if (!strcmp(argv[i], "--pins")) {
			return -1;
		} else {
			done = !strcmp(argv[i], "--");
			argv[kept++] = argv[i];
		}
	}
	argv[kept] = NULL;
	return kept;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

static int unknown_command(const char *word)
{
	const char *names[NCOMMANDS], *nearest;

	if (*word == '-')
		return fail(EXIT_USAGE, "there is no option '%s'; see 'picket --help'", word);
	for (size_t i = 0; i < NCOMMANDS; i++)
		names[i] = commands[i]->name;
	nearest = nearest_name(word, names, NCOMMANDS);
	if (nearest)
		return fail(EXIT_USAGE, "there is no command '%s'; did you mean '%s'?", word, nearest);
	return fail(EXIT_USAGE, "there is no command '%s'; see 'picket --help'", word);
}

static int run(const struct command *command, bool json, int argc, char **argv)
{
	struct output *out = output_new(stdout, json);
	int status, err;

	if (!out)
		return fail(EXIT_SYSTEM, "there is not enough memory.");
	optind = 1;
	opterr = 0;
	status = command->run(out, argc, argv);
	err = output_close(out);
	if (err)
		return fail(EXIT_SYSTEM, "the output could not be written: %s", strerror(-err));
	return status;
}

/* What was put to stdout is there, or it is said. */
static int printed(void)
{
	if (fflush(stdout) || ferror(stdout))
		return fail(EXIT_SYSTEM, "the output could not be written: %s", strerror(errno));
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct options options = {.pins = getenv("PICKET_PINS")};
	int left = take_options(argc, argv, &options);
	const struct command *command;

	if (left < 0)
		return fail(EXIT_USAGE, "option '--pins' wants a directory; see 'picket --help'");
	if (options.version) {
		puts("picket " PICKET_VERSION);
		return printed();
	}
	if (!left) {
		print_overview(options.help ? stdout : stderr);
		return options.help ? printed() : EXIT_USAGE;
	}
	command = find_command(argv[0]);
	if (!command)
		return unknown_command(argv[0]);
	if (options.help) {
		print_help(command);
		return printed();
	}
	if (options.json && command->no_json)
		return usage_error(command, "%s", command->no_json);
	if (actor_is_client() && options.pins != getenv("PICKET_PINS"))
		return usage_error(command, "--pins is root's to say");
	if (options.pins && *options.pins)
		pins_set_dir(options.pins);
	return run(command, options.json, left, argv);
}
