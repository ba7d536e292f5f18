// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events to another program's socket: one that is not there, does not read, or is another by now.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "faults.h"
#include "sinks.h"

static int listener(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* What waits there, without waiting for it. */
static size_t heard(int fd, char *last, size_t size)
{
	size_t n = 0;
	ssize_t len;

	while ((len = recv(fd, last, size - 1, MSG_DONTWAIT)) >= 0) {
		last[len] = '\0';
		n++;
	}
	return n;
}

static void assert_heard(int fd, size_t n)
{
	char last[256] = "";

	assert_int_equal(heard(fd, last, sizeof(last)), n);
	if (n)
		assert_string_equal(last, LINE);
}

static void test_socket(void **state)
{
	struct sink *sink = opened_sink("unix:socket");
	int fd;

	listen_to_log();
	write_lines(sink, 3);
	assert_int_equal(sink_lost(sink), 3);
	assert_log("picket: warning: events do not reach socket: nobody listens there; "
		   "they are counted as lost until they do\n");

	listen_to_log();
	fd = listener("socket");
	write_lines(sink, 2);
	assert_heard(fd, 2);
	ticks(sink, TICKS_OVER);
	assert_log("picket: warning: events reach socket again; 3 were lost\n");

	listen_to_log();
	close(fd);
	for (int i = 0; i < 10; i++) {
		write_lines(sink, 1);
		sink_tick(sink);
	}
	fd = listener("socket"); /* another one of the same name */
	write_lines(sink, 1);
	assert_heard(fd, 1);
	close(fd);
	sink_close(sink);
	assert_log("picket: warning: events do not reach socket: nobody listens there; "
		   "they are counted as lost until they do\n"
		   "picket: warning: events did not reach socket to the end; 10 were lost\n");
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Somebody listens and does not read; later another listens there while the first still does not read. */
static void test_slow_reader(void **state)
{
	struct sink *sink = opened_sink("unix:socket");
	int fd = listener("socket"), second;
	int64_t start = now_ms();
	size_t got, lost;
	char last[256];

	listen_to_log();
	for (int i = 0; i < 10; i++) {
		write_lines(sink, 1000);
		sink_tick(sink);
	}
	assert_true(now_ms() - start < 5000); /* 50 ms for each tick, and a busy machine */
	lost = sink_lost(sink);
	assert_true(lost > 5000);
	assert_log("picket: warning: events do not reach socket: its reader does not keep up; "
		   "they are counted as lost until they do\n");

	listen_to_log();
	second = listener("socket");
	write_lines(sink, 5);
	assert_heard(second, 5);
	got = heard(fd, last, sizeof(last));
	assert_int_equal(got + lost, 10000);
	assert_int_equal(sink_lost(sink), lost);
	close(fd);
	close(second);
	ticks(sink, TICKS_OVER);
	sink_close(sink);
	snprintf(last, sizeof(last), "picket: warning: events reach socket again; %zu were lost\n", lost);
	assert_log(last);
}

/* One that is now well and now not: two sentences, not two for each time. */
static void test_flapping_reader(void **state)
{
	struct sink *sink = opened_sink("unix:socket");
	int fd;

	listen_to_log();
	for (int i = 0; i < 20; i++) {
		write_lines(sink, 1);
		fd = listener("socket");
		write_lines(sink, 1);
		sink_tick(sink);
		close(fd);
	}
	fd = listener("socket");
	write_lines(sink, 1);
	ticks(sink, TICKS_OVER);
	assert_int_equal(sink_lost(sink), 20);
	close(fd);
	sink_close(sink);
	assert_log("picket: warning: events do not reach socket: nobody listens there; "
		   "they are counted as lost until they do\n"
		   "picket: warning: events reach socket again; 20 were lost\n");
}

#define BURST 500
#define TRIES 20 /* a reader that does not get a CPU in time is not well */

static void *read_burst(void *context)
{
	const int *fd = context;
	size_t got = 0;
	char line[256];
	ssize_t len;

	while ((len = recv(*fd, line, sizeof(line), 0)) > 1)
		got++;
	return (void *)got;
}

/* How many of so many at once are lost on a reader that reads. */
static size_t lost_of_burst(void)
{
	struct sink *sink = opened_sink("unix:socket");
	int fd = listener("socket"), end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	pthread_t reader;
	size_t lost;
	void *got;

	assert_int_equal(pthread_create(&reader, NULL, read_burst, &fd), 0);
	for (int i = 0; i < BURST; i += 50) {
		write_lines(sink, 50);
		sink_tick(sink);
	}
	assert_int_equal(sendto(end, ".", 1, 0, (struct sockaddr *)&address, sizeof(address)), 1);
	pthread_join(reader, &got);
	lost = sink_lost(sink);
	assert_int_equal((size_t)got + lost, BURST);
	close(end);
	close(fd);
	sink_close(sink);
	return lost;
}

/* The kernel queues ten: a reader that is well gets more than that at once all the same. */
static void test_burst(void **state)
{
	int tries = TRIES;

	while (lost_of_burst() && --tries)
		;
	assert_true(tries > 0);
}

static void test_no_socket_there(void **state)
{
	struct sink *sink;
	int fd;

	write_file("plain", "x", 1);
	sink = opened_sink("unix:plain");
	listen_to_log();
	write_lines(sink, 2);
	assert_int_equal(sink_lost(sink), 2);
	sink_close(sink);
	assert_log("picket: warning: events do not reach plain: nobody listens there; "
		   "they are counted as lost until they do\n"
		   "picket: warning: events did not reach plain to the end; 2 were lost\n");

	fd = listener("socket");
	sink = opened_sink("unix:socket");
	assert_int_equal(shutdown(fd, SHUT_RD), 0);
	listen_to_log();
	write_lines(sink, 2); /* EPIPE, and no signal */
	assert_int_equal(sink_lost(sink), 2);
	sink_close(sink);
	assert_log("picket: warning: events do not reach socket: Broken pipe; "
		   "they are counted as lost until they do\n"
		   "picket: warning: events did not reach socket to the end; 2 were lost\n");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_socket, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_slow_reader, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_flapping_reader, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_burst, own_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_no_socket_there, own_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
