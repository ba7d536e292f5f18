// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

#define SENTENCE 512
#define NEAR 2 /* edits at most */
#define WORD_MAX 63

int usage_error(const struct command *command, const char *format, ...)
{
	char sentence[SENTENCE];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	return fail(EXIT_USAGE, "%s: %s; see 'picket %s --help'", command->name, sentence,
		    command->name);
}

int option_error(const struct command *command, int opt, char **argv)
{
	/* a bad long option was argv's last; a short one may stand among others in its word */
	const char *word = argv[optind - 1];

	if (opt == ':')
		return usage_error(command, "option '%s' wants a value", word);
	if (optopt && (word[0] != '-' || word[1] != '-'))
		return usage_error(command, "there is no option '-%c'", optopt);
	if (optopt)
		return usage_error(command, "option '%s' takes no value", word);
	return usage_error(command, "there is no option '%s'", word);
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein's distance by rows. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len; j++) {
			size_t above = row[j + 1];

			row[j + 1] = least(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[len];
}

const char *nearest_name(const char *word, const char *const *names, size_t n)
{
	const char *nearest = NULL;
	size_t best = NEAR + 1;

	for (size_t i = 0; i < n; i++) {
		size_t d = strlen(names[i]) > WORD_MAX ? best : distance(word, names[i]);

		if (d < best && d < strlen(names[i])) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
