// SPDX-License-Identifier: GPL-2.0-only
#include "callprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "cleanup.h"
#include "pins.h"
#include "served.h"
#include "session.h"

#define SELF "/proc/self/exe" /* also after an upgrade: the daemon's own version */
#define OWN_MOST 4

/* What concerns the daemon alone. */
static bool is_private(const char *variable)
{
	static const char *const names[] = {
		ACTOR_VARIABLE "=", "PICKET_PINS=", "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=",
		SESSION_VARIABLE "=",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(variable, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

/* The daemon's environment, less what is its own, and with own, which NULL ends. The caller frees the array. */
static char **environment(char *const own[])
{
	size_t n = 0, at = 0;
	char **list;

	while (environ[n])
		n++;
	list = calloc(n + OWN_MOST, sizeof(*list));
	if (!list)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (!is_private(environ[i]))
			list[at++] = environ[i];
	}
	for (size_t i = 0; own[i]; i++)
		list[at++] = own[i];
	return list;
}

/* Its signals are as those of a command that somebody starts. */
static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setsigmask(attributes, &none);
	if (!err)
		err = posix_spawnattr_setsigdefault(attributes, &all);
	if (!err)
		err = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
					       POSIX_SPAWN_SETPGROUP);
	return err;
}

static int set_files(posix_spawn_file_actions_t *actions, int in, int out, int err)
{
	int failed = in < 0 ? posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) :
			      posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO);

	if (!failed)
		failed = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(actions, err, STDERR_FILENO);
	if (!failed)
		failed = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return failed;
}

static int spawn(char *const *argv, char *const *variables, int in, int out, int err, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int failed = posix_spawn_file_actions_init(&actions);

	if (failed)
		return -failed;
	failed = posix_spawnattr_init(&attributes);
	if (!failed) {
		failed = set_signals(&attributes);
		if (!failed)
			failed = set_files(&actions, in, out, err);
		if (!failed)
			failed = posix_spawn(pid, SELF, &actions, &attributes, argv, variables);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -failed;
}

static void pair_close(int pair[2])
{
	close_fd(&pair[0]);
	close_fd(&pair[1]);
}

int callprocess_start(char *const *argv, uid_t uid, const char *session, int in, struct callprocess *out)
{
	_cleanup_free_ char *pins = NULL, *client = NULL, *came_by = NULL;
	_cleanup_free_ char **variables = NULL;
	int outs[2] = { -1, -1 }, errs[2] = { -1, -1 }, err;
	pid_t pid;

	if (asprintf(&pins, "PICKET_PINS=%s", pins_dir()) < 0 ||
	    asprintf(&client, ACTOR_VARIABLE "=%llu", (unsigned long long)uid) < 0 ||
	    (session && asprintf(&came_by, SESSION_VARIABLE "=%s", session) < 0))
		return -ENOMEM;
	variables = environment((char *[]){ pins, client, came_by, NULL });
	if (!variables)
		return -ENOMEM;
	if (in >= 0 && lseek(in, 0, SEEK_SET))
		return -errno;
	err = pipe2(outs, O_CLOEXEC) || pipe2(errs, O_CLOEXEC) ? -errno : 0;
	if (!err)
		err = spawn(argv, variables, in, outs[1], errs[1], &pid);
	if (!err)
		*out = (struct callprocess){ .pid = pid, .out = take_fd(&outs[0]), .err = take_fd(&errs[0]) };
	pair_close(outs);
	pair_close(errs);
	return err;
}

static void read_piece(int *fd, const char *kind, char *piece, callprocess_fn *fn, void *context)
{
	ssize_t n = read(*fd, piece, SERVED_PIECE_MOST);

	if (n > 0)
		fn(kind, piece, n, context);
	if (n > 0 || (n < 0 && errno == EINTR))
		return;
	close_fd(fd);
	*fd = -1;
}

void callprocess_read(struct callprocess *process, int quiet_ms, callprocess_fn *fn, void *context)
{
	_cleanup_free_ char *piece = malloc(SERVED_PIECE_MOST);

	while (piece && (process->out >= 0 || process->err >= 0)) {
		struct pollfd fds[] = {
			{ .fd = process->err, .events = POLLIN }, { .fd = process->out, .events = POLLIN },
		};
		int n = poll(fds, 2, quiet_ms);

		if (!n)
			fn("out", "", 0, context);
		if (n > 0 && fds[0].revents)
			read_piece(&process->err, "err", piece, fn, context);
		if (n > 0 && fds[1].revents)
			read_piece(&process->out, "out", piece, fn, context);
	}
	close_fd(&process->out);
	close_fd(&process->err);
	process->out = process->err = -1;
}

int callprocess_wait(struct callprocess *process, pthread_mutex_t *lock)
{
	siginfo_t info;
	int status = -1;

	while (waitid(P_PID, process->pid, &info, WEXITED | WNOWAIT) && errno == EINTR)
		;
	pthread_mutex_lock(lock);
	if (waitpid(process->pid, &status, 0) != process->pid)
		status = -1;
	process->pid = 0;
	pthread_mutex_unlock(lock);
	return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void callprocess_end(const struct callprocess *process)
{
	if (process->pid > 0)
		kill(process->pid, SIGTERM);
}

void callprocess_kill(struct callprocess *process)
{
	if (process->pid > 0) {
		kill(process->pid, SIGKILL);
		waitpid(process->pid, NULL, 0);
	}
	close_fd(&process->out);
	close_fd(&process->err);
	*process = (struct callprocess){ .out = -1, .err = -1 };
}
