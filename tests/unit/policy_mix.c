// SPDX-License-Identifier: GPL-2.0-only
#include "policy_mix.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "random_policy.h"

#define BLOCKS 128

/* A section's heading, or an element of one with all of its lines. */
struct block {
	const char *at;
	size_t len;
};

static size_t cut(const char *text, struct block blocks[BLOCKS])
{
	size_t n = 0;

	for (const char *line = text; *line;) {
		size_t indent = strspn(line, " "), len = strchrnul(line, '\n') - line;

		len += line[len] == '\n';
		if (!n || (indent <= 2 && line[indent] != '\n')) {
			if (n == BLOCKS)
				abort();
			blocks[n++] = (struct block){ line, 0 };
		}
		blocks[n - 1].len += len;
		line += len;
	}
	return n;
}

char *mix_policies(uint64_t *seed, const char *first, const char *second, uint32_t percent)
{
	struct block ours[BLOCKS], theirs[BLOCKS];
	size_t n = cut(first, ours), len;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);

	if (cut(second, theirs) != n)
		abort();
	for (size_t i = 0; i < n; i++) {
		const struct block *block = random_below(seed, 100) < percent ? &theirs[i] : &ours[i];

		fwrite(block->at, 1, block->len, f);
	}
	fclose(f);
	return text;
}

/* "p1" and "r3" become "xp1" and "xr3". */
static void print_renamed(const struct block *block, FILE *f)
{
	for (size_t i = 0; i < block->len; i++) {
		const char *c = block->at + i;
		bool begins = !i || !(isalnum((unsigned char)c[-1]) || strchr("-./", c[-1]));

		if (begins && (*c == 'p' || *c == 'r') && isdigit((unsigned char)c[1]))
			fputc('x', f);
		fputc(*c, f);
	}
}

char *rename_policy(const char *text)
{
	struct block blocks[BLOCKS];
	size_t n = cut(text, blocks), len, end;
	char *renamed = NULL;
	FILE *f = open_memstream(&renamed, &len);

	for (size_t i = 0; i < n; i = end) {
		print_renamed(&blocks[i], f);
		for (end = i + 1; end < n && *blocks[end].at == ' '; end++)
			;
		for (size_t k = end; --k > i;)
			print_renamed(&blocks[k], f);
	}
	fclose(f);
	return renamed;
}

struct policy *load_text(const char *text)
{
	struct source_file source = { .name = "mixed.yaml", .text = text, .len = strlen(text) };
	struct policy *policy = NULL;
	struct diag *diag = diag_new();

	if (policy_load_sources(&source, 1, diag, &policy) && getenv("PICKET_SHOW"))
		diag_print(diag, stderr);
	diag_free(diag);
	return policy;
}
