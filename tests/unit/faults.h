/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of writers need: the log as text, disks that fill up, a folder of their own.
 * All of it fails the test that calls it when it cannot be had.
 */
#ifndef PICKET_TEST_FAULTS_H
#define PICKET_TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "events.h"

/* A test's set-up: a new folder, which is the working directory from then on ... */
int own_folder(void **state);
/* ... and its teardown: that and all that is in it goes. */
int remove_folder(void **state);

/* What is said on stderr from here on ... */
void listen_to_log(void);
/* ... must be this, and nothing else. */
void assert_log(const char *expected);

/* Mounts are this process's own from now on; false: that takes root. */
bool private_mounts(void);
/* A folder of the working directory that holds so many bytes, and what may be taken of them. */
void mount_disk(const char *name, size_t bytes);
/* Writes a file as large as the disk has room for. */
void fill_disk(const char *path);

/* The whole file, ended by NUL; the caller's. */
char *read_file(const char *path, size_t *len);
void write_file(const char *path, const void *data, size_t len);

/* The usual event: therm-17 to 10.1.0.9 port 22, 12 times, "abcd" captured of 74 bytes. */
extern const struct event_names therm_names;
struct event therm_event(void);

#endif
