/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzz targets share. An input that breaks a promise of the code ends the target. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What must hold whatever the input is. */
#define require(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* The input, taken apart from its front. What is not there reads as zeroes. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

uint8_t fuzz_byte(struct fuzz_input *input);
uint16_t fuzz_word(struct fuzz_input *input); /* big endian */
/* At most so many bytes; *len is how many they are. */
const uint8_t *fuzz_bytes(struct fuzz_input *input, size_t most, size_t *len);
/* Up to the newline, which is taken too; at the end what is left. To be freed. */
char *fuzz_line(struct fuzz_input *input);

/* A file in memory that holds these bytes: its path, good until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* The same in a directory of this process alone, for what wants a name. */
const char *fuzz_dir(void);
void fuzz_put(const char *name, const void *data, size_t size);

/* Looks at all of it, for the sanitizer to see. */
void fuzz_look(const void *data, size_t size);

/* A stream that leads nowhere, through all of formatting. */
FILE *fuzz_sink(void);

/* The text is a policy: the target is broken where it is not. */
struct policy *fuzz_policy(const char *text);

#endif
