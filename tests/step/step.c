// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict's steps, each with frames that pass and frames that fail, through the BPF
 * program and eval: verdict, reason, device, segment and the counters.
 * Usage: step [TABLE.step...]; without one all of tests/step, from the top of the checkout.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

static unsigned int passed, failed;

static void run_file(const char *path)
{
	struct runner runner = { .path = path };
	int err = run_table(&runner);

	printf("%s: %u frames, %u wrong%s\n", path, runner.frames, runner.failures,
	       err ? ", stopped" : "");
	passed += runner.frames - runner.failures;
	failed += runner.failures + (err || !runner.frames);
}

int main(int argc, char **argv)
{
	glob_t tables;

	if (geteuid()) {
		printf("SKIP: step loads BPF programs and needs root\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	if (argc == 1 && !glob("tests/step/*.step", 0, NULL, &tables)) {
		for (size_t i = 0; i < tables.gl_pathc; i++)
			run_file(tables.gl_pathv[i]);
		globfree(&tables);
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed || !passed;
}
