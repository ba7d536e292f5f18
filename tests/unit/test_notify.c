// SPDX-License-Identifier: GPL-2.0-only
/* What a service manager is told, and that nobody has to listen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "notify.h"

/* A socket with this name; '@' begins an abstract one. */
static int listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, name);
	if (*name == '@')
		at.sun_path[0] = '\0';
	assert_true(fd >= 0);
	assert_return_code(bind(fd, (struct sockaddr *)&at, offsetof(struct sockaddr_un, sun_path) + strlen(name)),
			   0);
	assert_return_code(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void assert_told(int fd, const char *expected)
{
	char got[128] = "";

	assert_true(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) >= 0);
	assert_memory_equal(got, expected, strlen(expected));
}

static void test_names(void **state)
{
	char dir[] = "/tmp/picket-notify.XXXXXX", path[64];

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	for (int abstract = 0; abstract < 2; abstract++) {
		_cleanup_close_ int fd = -1;

		if (abstract)
			*path = '@';
		fd = listen_at(path);
		notify("READY=1");
		assert_told(fd, "READY=1");
		notify_reloading();
		assert_told(fd, "RELOADING=1\nMONOTONIC_USEC=");
	}
	*path = '/';
	unlink(path);
	rmdir(dir);
}

static void test_nobody(void **state)
{
	static const char *const names[] = { "/nonexistent/socket", "@picket-nobody", "", "relative", "vsock:2:1" };
	char longest[200];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify("READY=1");
	}
	memset(longest, '/', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify("READY=1");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
