// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events in the journal: the datagram byte for byte, and what journald itself makes of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "faults.h"
#include "journal.h"
#include "names.h"
#include "sink.h"

#define JOURNALD "/lib/systemd/systemd-journald"
#define PATIENCE 30 /* s */

static const char json[] = "{\"time\":1700000000.000001,\"verdict\":\"drop\",\"device\":\"therm-17\","
			   "\"vlan\":null,\"sport\":40000,\"dport\":22,\"count\":12}\n";

#define FIELDS(message, priority)                 \
	"MESSAGE=" message "\n"                   \
	"MESSAGE_ID=" JOURNAL_MESSAGE_ID "\n"     \
	"PRIORITY=" priority "\n"                 \
	"SYSLOG_IDENTIFIER=picket\n"

#define SUMMARY "role-connect: therm-17 (thermometer), from sensors, stands for 12 frames"

static const char whole_entry[] =
	FIELDS("dropped tcp from 10.20.0.17 to 10.1.0.9 port 22 on lan0; " SUMMARY, "4")
	"PICKET_TIME=1700000000.000001\nPICKET_VERDICT=drop\nPICKET_DEVICE=therm-17\n"
	"PICKET_SPORT=40000\nPICKET_DPORT=22\nPICKET_COUNT=12\n";

static void test_entry(void **state)
{
	struct event event = therm_event();
	char *entry;
	size_t len;

	assert_int_equal(journal_entry(&event, &therm_names, json, &entry, &len), 0);
	assert_int_equal(len, strlen(whole_entry));
	assert_memory_equal(entry, whole_entry, len);
	free(entry);
}

static const struct sentence {
	struct event event;
	struct event_names names;
	const char *src, *message;
	const char *priority;
} sentences[] = {
	{
		{.verdict = VERDICT_AUDIT, .reason = REASON_ROLE_ACCEPT, .count = 1, .ethertype = 0x86dd,
		 .protocol = 58, .icmp_type = 128, .flags = EVENT_IP | EVENT_IPV6 | EVENT_OUT | EVENT_PORTS},
		{.device = "a", .roles = "b, c", .interface = "lan0"}, "fd00::1",
		"would drop icmp type 128 from fd00::1 to fd00::1 out of lan0; role-accept (audit): a (b, c)", "5",
	},
	{
		{.verdict = VERDICT_DROP, .reason = REASON_ARP_SPOOFED, .count = 1, .ethertype = 0x806},
		{.segment = "s"}, "10.0.0.1", "dropped arp from 10.0.0.1; arp-spoofed, from s", "4",
	},
	{
		{.verdict = VERDICT_DROP, .reason = REASON_ETHERTYPE, .count = 2, .ethertype = 0x88cc, .mac = {2}},
		{.roles = ""}, "::", "dropped ethertype 0x88cc from 02:00:00:00:00:00; ethertype, stands for 2 frames",
		"4",
	},
	{
		{.verdict = VERDICT_DROP, .reason = REASON_MALFORMED, .count = 1, .mac = {2}},
		{0}, "::", "dropped a frame from 02:00:00:00:00:00; malformed", "4",
	},
	{
		{.verdict = VERDICT_DROP, .reason = REASON_SEGMENT, .count = 1, .protocol = 47, .flags = EVENT_IP},
		{0}, "10.0.0.1", "dropped proto/47 from 10.0.0.1 to 10.0.0.1; segment", "4",
	},
};

static void test_sentences(void **state)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		struct event event = sentences[i].event;
		char expected[512], *entry;
		size_t len;

		assert_int_equal(parse_addr(sentences[i].src, &event.src), 0);
		event.dst = event.src;
		assert_int_equal(journal_entry(&event, &sentences[i].names, "{}", &entry, &len), 0);
		snprintf(expected, sizeof(expected), FIELDS("%s", "%s"), sentences[i].message,
			 sentences[i].priority);
		assert_string_equal(entry, expected);
		free(entry);
	}
}

/* A value with a line's end must not become a field of its own. */
static void test_line_ends(void **state)
{
	static const char tail[] = "PICKET_INTERFACE\n\x0f\0\0\0\0\0\0\0lan0\nPRIORITY=0\n";
	struct event event = therm_event();
	char *entry;
	size_t len;

	assert_int_equal(journal_entry(&event, &therm_names, "{\"interface\":\"lan0\\nPRIORITY=0\"}", &entry,
				       &len), 0);
	assert_true(len > sizeof(tail));
	assert_memory_equal(entry + len - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	free(entry);
	assert_int_equal(journal_entry(&event, &therm_names, "no json", &entry, &len), -EINVAL);
}

/* ---- journald itself, which sees none of this machine's /run, kernel log, audit and journals ---- */

static void bind_over(const char *what, const char *where)
{
	if (!access(where, F_OK))
		assert_int_equal(mount(what, where, NULL, MS_BIND, NULL), 0);
}

static void own_run(void)
{
	static const char config[] = "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\nRateLimitBurst=0\n"
				     "Audit=no\nReadKMsg=no\nForwardToSyslog=no\nForwardToWall=no\n";

	assert_int_equal(mount("picket-unit", "/run", "tmpfs", 0, "mode=755"), 0);
	assert_int_equal(mkdir("/run/log", 0755), 0);
	assert_int_equal(mkdir("/run/systemd", 0755), 0);
	assert_int_equal(mkdir("/run/systemd/journal", 0755), 0);
	assert_int_equal(mkdir("/run/systemd/journald.conf.d", 0755), 0);
	write_file("/run/systemd/journald.conf.d/unit.conf", config, sizeof(config) - 1);
	write_file("/run/machine-id", "00112233445566778899aabbccddeeff\n", 33);
	bind_over("/run/machine-id", "/etc/machine-id");
	bind_over("/dev/null", "/dev/kmsg");
}

static pid_t start_journald(void)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	pid_t pid = fork();
	int null;

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		null = open("/dev/null", O_RDWR);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (!unshare(CLONE_NEWNET)) /* where there is no audit */
			execl(JOURNALD, JOURNALD, NULL);
		_exit(127);
	}
	for (int i = 0; i < PATIENCE * 20 && access(JOURNAL_SOCKET, F_OK); i++)
		nanosleep(&pause, NULL);
	assert_int_equal(access(JOURNAL_SOCKET, F_OK), 0);
	return pid;
}

static void stop_journald(pid_t pid)
{
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	unlink(JOURNAL_SOCKET);
}

/* The journal's entries of picket's message id, or NULL when there are not so many yet. */
static json_t *read_journal(size_t n)
{
	FILE *pipe = popen("journalctl --quiet --directory=/run/log/journal --output=json MESSAGE_ID="
			   JOURNAL_MESSAGE_ID " 2>/dev/null", "re");
	json_t *entries = json_array(), *entry;

	assert_non_null(pipe);
	while ((entry = json_loadf(pipe, JSON_DISABLE_EOF_CHECK, NULL)))
		json_array_append_new(entries, entry);
	pclose(pipe);
	if (json_array_size(entries) == n)
		return entries;
	json_decref(entries);
	return NULL;
}

static json_t *wait_for_journal(size_t n)
{
	const struct timespec pause = {.tv_nsec = 200000000};
	json_t *entries = read_journal(n);

	for (int i = 0; i < PATIENCE * 5 && !entries; i++) {
		nanosleep(&pause, NULL);
		entries = read_journal(n);
	}
	assert_non_null(entries);
	return entries;
}

static const struct {
	const char *name, *value;
} journaled[] = {
	{"MESSAGE", "dropped tcp from 10.20.0.17 to 10.1.0.9 port 22 on lan0; " SUMMARY},
	{"PRIORITY", "4"},
	{"SYSLOG_IDENTIFIER", "picket"},
	{"PICKET_VERDICT", "drop"},
	{"PICKET_DEVICE", "therm-17"},
	{"PICKET_DPORT", "22"},
	{"PICKET_COUNT", "12"},
	{"PICKET_TIME", "1700000000.000001"},
	{"_TRANSPORT", "journal"},
};

static void check_journal(size_t n)
{
	json_t *entries = wait_for_journal(n);

	for (size_t i = 0; i < n * sizeof(journaled) / sizeof(journaled[0]); i++) {
		const json_t *entry = json_array_get(entries, i % n);
		const char *value = json_string_value(json_object_get(entry, journaled[i / n].name));

		assert_non_null(value);
		assert_string_equal(value, journaled[i / n].value);
		assert_null(json_object_get(entry, "PICKET_VLAN"));
	}
	json_decref(entries);
}

static void write_event(struct sink *sink)
{
	struct event event = therm_event();

	sink_write(sink, &event, &therm_names, json);
}

static void test_journald(void **state)
{
	struct sink *sink;
	pid_t pid;

	if (access(JOURNALD, X_OK) || !private_mounts())
		skip();
	own_run();
	assert_int_equal(sink_open("journal", &sink), 0);
	listen_to_log();
	write_event(sink);
	assert_log("picket: warning: events do not reach the journal: nobody listens there; "
		   "they are counted as lost until they do\n");
	pid = start_journald();
	listen_to_log();
	write_event(sink);
	for (int i = 0; i < 10; i++)
		sink_tick(sink);
	assert_log("picket: warning: events reach the journal again; 1 was lost\n");
	check_journal(1);

	stop_journald(pid);
	listen_to_log();
	write_event(sink);
	write_event(sink);
	assert_log("picket: warning: events do not reach the journal: nobody listens there; "
		   "they are counted as lost until they do\n");
	pid = start_journald();
	write_event(sink);
	assert_int_equal(sink_lost(sink), 3);
	check_journal(2);
	stop_journald(pid);
	listen_to_log();
	sink_close(sink);
	assert_log("picket: warning: events did not reach the journal to the end; 2 were lost\n");
	umount2("/run", MNT_DETACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_line_ends),
		cmocka_unit_test_setup_teardown(test_journald, own_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
