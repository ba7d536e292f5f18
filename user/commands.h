/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands: one struct command in each cmd_*.c, and the table of them in main.c.
 */
#ifndef PICKET_COMMANDS_H
#define PICKET_COMMANDS_H

#include <stddef.h>

#include "output.h"

struct command {
	const char *name;
	const char *arguments; /* of the usage line: "[--mode MODE] POLICY" */
	const char *summary; /* half a sentence, lower case, for the list of commands */
	const char *help; /* options, one a line, as --help prints them; NULL: none of its own */
	/*
	 * argv[0] is the command's name; global options (--json, --pins, --help, --version) are
	 * taken out. Prints to out, errors with fail(); returns enum exit_status.
	 * For getopt_long(): optind is 1, opterr is 0.
	 */
	int (*run)(struct output *out, int argc, char **argv);
	const char *no_json; /* why it cannot have --json, half a sentence; NULL: it can */
};

extern const struct command cmd_check;
extern const struct command cmd_plan;
extern const struct command cmd_apply;
extern const struct command cmd_status;
extern const struct command cmd_devices;
extern const struct command cmd_drops;
extern const struct command cmd_top;
extern const struct command cmd_explain;
extern const struct command cmd_replay;
extern const struct command cmd_quarantine;
extern const struct command cmd_release;
extern const struct command cmd_learn;
extern const struct command cmd_audit;
extern const struct command cmd_run;
extern const struct command cmd_doctor;
extern const struct command cmd_confirm;
extern const struct command cmd_rollback;
extern const struct command cmd_history;
extern const struct command cmd_unload;

/* One sentence to stderr that ends with where help is; returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3)))
int usage_error(const struct command *command, const char *format, ...);

/*
 * For what getopt_long() returned as '?' or ':' (start the option string with ':'): says
 * which option of argv it was; returns EXIT_USAGE.
 */
int option_error(const struct command *command, int opt, char **argv);

/* The name nearest to word by edit distance, NULL when none is near. */
const char *nearest_name(const char *word, const char *const *names, size_t n);

#endif
