// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is learned of frames. A policy always reads without errors, and the second reading passes every frame but
 * those that are marked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "draft.h"
#include "draft_cases.h"
#include "draft_writer.h"
#include "eval.h"
#include "frame_text.h"
#include "names.h"
#include "rehearsal.h"

#define START 1700000000000000000LL
#define STEP 100000000LL

struct lesson {
	struct observer *observer;
	struct draft *draft;
	char *text;
	struct policy *policy;
};

static struct frame built;

/* A line's port, and its frame in built. */
static const char *build(const char *line, char port[IF_NAMESIZE], bool *out, bool *left_out)
{
	int end = 0;

	*left_out = *line == '!';
	line += *left_out;
	*out = !strncmp(line, "out:", 4);
	line += *out ? 4 : 0;
	assert_int_equal(sscanf(line, "%15s %n", port, &end), 1);
	frame_from_text(&built, line + end);
	return line;
}

static char *write_text(const struct lesson *l, bool enforce)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	assert_int_equal(draft_write(stream, l->draft, &l->observer->all, enforce), 0);
	fclose(stream);
	return text;
}

static void learn_from(const struct draft_options *options, struct lesson *l)
{
	assert_int_equal(draft_new(l->observer, options, &l->draft), 0);
	l->text = write_text(l, true);
	if (rehearsal_read(l->text, &l->policy))
		fail_msg("the policy does not read:\n%s", l->text);
}

static void forget(struct lesson *l)
{
	policy_free(l->policy);
	free(l->text);
	draft_free(l->draft);
	observer_free(l->observer);
}

static void observe(struct lesson *l, const char *line, int64_t time)
{
	char port[IF_NAMESIZE];
	bool out, left_out;

	build(line, port, &out, &left_out);
	observe_frame(l->observer, &(struct observed_frame){ port, out, built.bytes, built.len, time });
}

static void complain(const struct lesson *l, const char *name, const char *what, const char *text)
{
	fputs(l->text, stderr);
	fail_msg("%s: %s: %s", name, what, text ? text : "");
}

static void judge(struct lesson *l, struct eval *eval, const char *line, int64_t time)
{
	struct eval_input input = { .time = time };
	struct eval_verdict verdict;
	char port[IF_NAMESIZE];
	bool left_out;

	build(line, port, &input.out, &left_out);
	input.out |= draft_is_gateway_mac(l->draft, built.bytes + 6);
	input.interface = port;
	input.frame = built.bytes;
	input.len = built.len;
	assert_int_equal(eval_frame(eval, &input, &verdict, NULL), 0);
	if ((verdict.verdict == VERDICT_DROP) != left_out)
		complain(l, line, left_out ? "is let in" : "is dropped as", reason_name(verdict.reason));
}

static void run_example(const struct draft_case *example)
{
	struct draft_identity gateway = { .is_mac = false };
	struct draft_options options = { .gateway = &gateway, .ngateway = example->gateway != NULL };
	struct lesson l = {};
	struct eval *eval;
	size_t i;

	if (example->gateway)
		gateway.addr = frame_addr(example->gateway);
	assert_int_equal(observer_new(&l.observer), 0);
	for (i = 0; i < DRAFT_LINES && example->frames[i]; i++)
		observe(&l, example->frames[i], START + i * STEP);
	learn_from(&options, &l);
	for (i = 0; i < DRAFT_LINES && example->says[i]; i++) {
		if (!strstr(l.text, example->says[i]))
			complain(&l, example->name, "it does not say", example->says[i]);
	}
	for (i = 0; i < DRAFT_LINES && example->says_not[i]; i++) {
		if (strstr(l.text, example->says_not[i]))
			complain(&l, example->name, "it says", example->says_not[i]);
	}
	assert_int_equal(eval_new(l.policy, &eval), 0);
	for (i = 0; i < DRAFT_LINES && example->frames[i]; i++)
		judge(&l, eval, example->frames[i], START + i * STEP);
	eval_free(eval);
	forget(&l);
}

static void test_examples(void **state)
{
	for (const struct draft_case *example = draft_cases; example->name; example++)
		run_example(example);
}

/* Frames that are made in a loop. */
__attribute__((format(printf, 3, 4)))
static void observe_made(struct lesson *l, int64_t time, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	observe(l, line, time);
}

static void expect(const struct lesson *l, const char *says)
{
	if (!strstr(l->text, says))
		complain(l, "it does not say", "", says);
}

static void expect_not(const struct lesson *l, const char *says)
{
	if (strstr(l->text, says))
		complain(l, "it says", "", says);
}

static void begin(struct lesson *l)
{
	*l = (struct lesson){};
	assert_int_equal(observer_new(&l->observer), 0);
	observe(l, ARP("11", "10.1.0.11"), START);
	observe(l, ARP("ee", "10.1.0.9"), START);
	observe(l, "lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 40000 8883 S", START);
	observe(l, "lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 8883 40000 SA", START);
}

static const struct draft_options none;

static void test_scan(void **state)
{
	struct lesson l;

	begin(&l);
	for (int port = 1; port <= 100; port++)
		observe_made(&l, START, "lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 40000 %d S", port);
	learn_from(&none, &l);
	expect(&l, "- {to: dev-0200000000ee, ports: [tcp/8883]}");
	expect(&l, "nobody answered: 100 calls");
	expect_not(&l, "never answered");
	forget(&l);
}

static void test_many(void **state)
{
	struct lesson l;

	begin(&l);
	/* ports that are new each time */
	for (int i = 0; i < 9; i++) {
		observe_made(&l, START, "lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 udp 1900 %d", 50000 + i);
		observe_made(&l, START, "lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 udp %d 1900", 50000 + i);
	}
	/* hosts without names */
	for (int i = 0; i < 33; i++) {
		observe_made(&l, START, "lan0 eth fe 11 ip 10.1.0.11 203.0.113.%d tcp 40000 443 S", i + 1);
		observe_made(&l, START, "lan0 eth 11 fe ip 203.0.113.%d 10.1.0.11 tcp 443 40000 SA", i + 1);
	}
	learn_from(&none, &l);
	expect(&l, "- {to: dev-020000000011, ports: [udp/1024-65535]}  # 9 times");
	expect(&l, "- {to: uplink, ports: [tcp/443]}  # 33 times");
	expect_not(&l, "203.0.113");
	forget(&l);
}

/* Both call five services of the server, one of them another as well; a third device is of another maker. */
static void test_alike(void **state)
{
	struct lesson l;

	begin(&l);
	observe(&l, "lan0 eth bc 12 arp 1 02:00:00:00:00:12 10.1.0.12 10.1.0.1", START);
	observe(&l, "lan0 eth bc 04:00:00:00:00:13 arp 1 04:00:00:00:00:13 10.1.0.13 10.1.0.1", START);
	for (int i = 0; i < 5; i++) {
		observe_made(&l, START, "lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 udp 40000 %d", 100 + i);
		observe_made(&l, START, "lan0 eth ee 12 ip 10.1.0.12 10.1.0.9 udp 40000 %d", 100 + i);
		observe_made(&l, START, "lan0 eth ee 04:00:00:00:00:13 ip 10.1.0.13 10.1.0.9 udp 40000 %d", 100 + i);
	}
	observe(&l, "lan0 eth ee 04:00:00:00:00:13 ip 10.1.0.13 10.1.0.9 udp 40000 200", START);
	learn_from(&none, &l);
	expect(&l, "role-1:  # 2 devices\n    extends: [base]\n    connect:\n"
	       "      - {to: dev-0200000000ee, ports: [tcp/8883]}  # once");
	expect(&l, "base:\n    connect:\n      - {to: dev-0200000000ee, ports: [udp/100, udp/101, udp/102, udp/103, udp/104]}");
	expect(&l, "role-3:  # 1 device\n    extends: [base]\n    connect:\n"
	       "      - {to: dev-0200000000ee, ports: [udp/200]}");
	forget(&l);
}

/* What a DHCP client calls itself, whatever it is, makes a name that reads. */
static void test_names(void **state)
{
	static const char *const names[] = {
		"gateway", "any", "lan0", "base", "uplink", "true", "null", "0x1f", "1e5", "12", "-", "...", "::1",
		"10.0.0.1", "a: {b", "\"\\", "#", "\r\nx:", "\xff\xfe", "role-1", "dev-020000000011", "x", "x", "X",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	const size_t n = sizeof(names) / sizeof(names[0]);
	struct lesson l;

	begin(&l);
	for (size_t i = 0; i < n; i++) {
		char hex[2 * 64 + 1] = "";

		for (size_t j = 0; names[i][j]; j++)
			sprintf(hex + 2 * j, "%02x", (unsigned char)names[i][j]);
		for (int twice = 0; twice < 2; twice++)
			observe_made(&l, START, "lan0 eth bc %02zx ip 0.0.0.0 255.255.255.255 udp 68 67 hex 01010600 "
				     "data 24 hex 0200000000%02zx data 202 hex 63825363350101 hex 0c%02zx%s hex ff",
				     i + 0x20, i + 0x20, strlen(names[i]), hex);
	}
	learn_from(&none, &l);
	assert_int_equal(l.policy->ndevices, n + 2);
	expect(&l, "  \"true\": {mac");
	expect(&l, "  \"12\": {mac");
	expect(&l, "  gateway-2: {mac");
	expect(&l, "  \"a-b\": {mac");
	forget(&l);
}

/* Whatever a frame is made of, what is learned of it reads. */
static void test_garbage(void **state)
{
	struct lesson l;

	srand(1);
	for (const struct draft_case *example = draft_cases; example->name; example++) {
		begin(&l);
		for (size_t i = 0; i < DRAFT_LINES * 40; i++) {
			const char *line = example->frames[i % DRAFT_LINES];
			char port[IF_NAMESIZE];
			bool out, left_out;

			if (!line)
				continue;
			build(line, port, &out, &left_out);
			for (int n = rand() % 4; n; n--)
				built.bytes[rand() % built.len] = rand();
			built.len -= rand() % 4 ? 0 : rand() % built.len;
			observe_frame(l.observer, &(struct observed_frame){ port, out, built.bytes, built.len,
									    START + i * STEP });
		}
		learn_from(&none, &l);
		forget(&l);
	}
}

/* A million invented senders, with two devices that talk on among them. */
static void test_flood(void **state)
{
	struct lesson l;

	begin(&l);
	frame_from_text(&built, "eth bc 11 ip 10.1.0.11 10.1.0.255 udp 5000 5001");
	for (uint32_t i = 0; i < 1000000; i++) {
		uint32_t bits = i * 2654435761U;

		memcpy(built.bytes + 8, &bits, 4);
		memcpy(built.bytes + 28, &bits, 2); /* of the source address, and what follows it */
		observe_frame(l.observer, &(struct observed_frame){ "lan0", false, built.bytes, built.len, START + i });
	}
	observe(&l, "lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 40000 8883 A", START + STEP);
	learn_from(&none, &l);
	assert_true(l.observer->stations.n <= 1 << 16 && l.observer->stations.evicted > 900000);
	assert_int_equal(l.draft->ndevices, 2);
	expect(&l, "- {to: dev-0200000000ee, ports: [tcp/8883]}");
	expect(&l, "# Note: there were more MACs, addresses or connections than are kept");
	forget(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
