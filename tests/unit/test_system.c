// SPDX-License-Identifier: GPL-2.0-only
/* Which kernels and which users picket takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/capability.h>

#include "system.h"

static const struct {
	const char *release;
	bool supported;
} releases[] = {
	{ "6.1.0-18-amd64", true },
	{ "6.1", true },
	{ "6.12.9+deb13-arm64", true },
	{ "10.0.1", true },
	{ "6.0.19", false },
	{ "5.10.0-33-amd64", false },
	{ "5.19", false },
	{ "2.6.78", false },
	{ "6", false },
	{ "", false },
	{ "linux", false },
};

#define BIT(capability) (1ULL << (capability))

static const struct {
	uint64_t effective;
	const char *missing;
} users[] = {
	{ 0, "CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON" },
	{ ~0ULL, "" },
	{ BIT(CAP_BPF) | BIT(CAP_NET_ADMIN) | BIT(CAP_PERFMON), "" },
	{ BIT(CAP_SYS_ADMIN) | BIT(CAP_NET_ADMIN), "" },
	{ BIT(CAP_SYS_ADMIN), "CAP_NET_ADMIN" },
	{ BIT(CAP_BPF) | BIT(CAP_NET_ADMIN), "CAP_PERFMON" },
	{ BIT(CAP_PERFMON), "CAP_BPF, CAP_NET_ADMIN" },
	{ ~BIT(CAP_BPF) & ~BIT(CAP_SYS_ADMIN), "CAP_BPF" },
};

static void test_releases(void **state)
{
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		print_message("%s\n", releases[i].release);
		assert_int_equal(kernel_supported(releases[i].release), releases[i].supported);
	}
}

static void test_capabilities(void **state)
{
	char missing[CAPABILITIES_LEN];

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		print_message("%#llx\n", (unsigned long long)users[i].effective);
		assert_string_equal(capabilities_missing(users[i].effective, missing), users[i].missing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_releases),
		cmocka_unit_test(test_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
