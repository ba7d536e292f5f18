/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command line of 'picket learn' says. */
#ifndef PICKET_LEARN_OPTIONS_H
#define PICKET_LEARN_OPTIONS_H

#include "commands.h"
#include "draft.h"

struct learn_options {
	struct draft_options draft;
	const char *path; /* where the policy goes, NULL: to stdout */
	bool live, enforce;
	int64_t duration; /* ns, 0: until it is interrupted */
};

/* enum exit_status; what is wrong is said. optind is left at the first argument that is no option. */
int learn_options_parse(int argc, char **argv, struct learn_options *options);
void learn_options_free(struct learn_options *options);

/* 0, or -ENOMEM. */
int learn_options_add_gateway(struct learn_options *options, const struct draft_identity *identity);

extern const char learn_help[];

#endif
