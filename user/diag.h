/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Diagnostics: collected, then reported together and in source order.
 */
#ifndef PICKET_DIAG_H
#define PICKET_DIAG_H

#include <stdio.h>

#include "policy.h"

#define DIAG_KEPT 1000

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diag_item {
	enum severity severity;
	struct loc loc; /* line 0: about the file as a whole */
	char *message;
	struct loc other; /* the other place of a conflict; line 0: none */
	char *other_message;
	size_t order; /* diag_sort()'s */
};

struct diag {
	struct diag_item *items;
	size_t nitems;
	size_t nerrors, nwarnings; /* all of them; items keeps the first DIAG_KEPT of each */
	struct source_file *files; /* copies: outlive a policy that failed */
	size_t nfiles;
	bool last_kept; /* the item added last is still there for diag_other() */
};

struct diag *diag_new(void);
void diag_free(struct diag *diag);
/* For __attribute__((cleanup)). */
void diag_cleanup(struct diag **diag);

__attribute__((format(printf, 4, 5)))
void diag_add(struct diag *diag, enum severity severity, struct loc loc, const char *format, ...);
__attribute__((format(printf, 3, 4)))
void diag_error(struct diag *diag, struct loc loc, const char *format, ...);
__attribute__((format(printf, 3, 4)))
void diag_warning(struct diag *diag, struct loc loc, const char *format, ...);

/* Adds the other place to the item added last. */
__attribute__((format(printf, 3, 4)))
void diag_other(struct diag *diag, struct loc loc, const char *format, ...);

/* Shares the text of these files (source.h) with diag, which prints lines of them. */
int diag_share_files(struct diag *diag, const struct source_file *files, size_t nfiles);

/* Sorts the items: by place, then in the order in which they were added. */
void diag_sort(struct diag *diag);

/*
 * In the items' order: FILE:LINE:COL: error: message, the source line, a caret; then "note:"
 * for the other place.
 */
void diag_print(const struct diag *diag, FILE *stream);

#endif
