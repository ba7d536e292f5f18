// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nanoseconds a packet, scenario by scenario: picket beside an empty program, a floor, and what
 * else can do the job. Prints one JSON object a line; tests/bench/report.py makes the table.
 *
 *	bench [--rounds N] [SCENARIO...]
 *
 * And, for tests/bench/wire.sh, with N devices from number FIRST on:
 *
 *	bench send INTERFACE N FIRST SECONDS
 *	bench attach drop|filter N FIRST INTERFACE
 *
 * `bench budget` prints what the verifier makes of the programs; `bench budget N` of some N forms of them.
 */
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "budget.h"
#include "gateway.h"
#include "picket/reason.h"
#include "stand.h"
#include "wire.h"

#define ROUNDS 9
#define ROUNDS_MAX 99
#define XDP_DROP 1
#define XDP_PASS 2
#define FLOOD_FIRST 200000 /* devices that no site of a flood has */
#define FLOOD 65536

struct scenario {
	const char *name;
	const char *what;
	struct site site;
	struct load load; /* version and base follow from the site */
	uint32_t packets; /* of a run */
	uint32_t reason; /* that all of them are dropped for; 0: they pass */
	enum subject beside[4]; /* besides the empty program and picket; ended by 0 */
	char group; /* those of one are measured in turns, so that they can be compared; 0: alone */
	bool flows; /* opened before */
	uint32_t cpus; /* 2: both at once; else one */
	uint32_t apart; /* devices between the two CPUs */
};

#define WARM 300000
#define COLD 500000
#define SMALL(...) { .devices = 1000, .rules = 10, __VA_ARGS__ }
#define MIDDLE(...) { .devices = 10000, .rules = 10, __VA_ARGS__ }
#define LARGE(...) { .devices = 1000000, .rules = 10, __VA_ARGS__ }
#define RULES(n) { .devices = 10000, .rules = (n), .limits = true }
#define ONE { .n = 1 }
#define TEN_THOUSAND { .n = 10000 }
#define MILLION { .n = 1000000 }

static const struct scenario scenarios[] = {
	{ "a", "flood from unlisted sources", SMALL(), { .n = FLOOD, .first = FLOOD_FIRST }, COLD,
	  REASON_UNKNOWN_DEVICE, { SUBJECT_FLOOR_UNLISTED, SUBJECT_XDP_FILTER }, .flows = false },
	{ "a1", "one unlisted source", SMALL(), { .n = 1, .first = FLOOD_FIRST }, WARM,
	  REASON_UNKNOWN_DEVICE, { SUBJECT_FLOOR_UNLISTED, SUBJECT_XDP_FILTER }, .flows = false },
	{ "b", "known flow, no limits", SMALL(), ONE, WARM, 0, { SUBJECT_FLOOR_KNOWN }, .flows = true, .group = 'b' },
	{ "b-in", "known flow, no limits, to a device", SMALL(.inward = true), { .n = 1, .reply = 1 }, WARM, 0,
	  { SUBJECT_FLOOR_KNOWN }, .flows = true },
	{ "c", "known flow, limits", SMALL(.limits = true), ONE, WARM, 0,
	  { SUBJECT_FLOOR_LIMITS, SUBJECT_XDP_FILTER }, .flows = true, .group = 'c' },
	{ "c-in", "known flow, limits, to a device", SMALL(.limits = true, .inward = true),
	  { .n = 1, .reply = 1 }, WARM, 0, { SUBJECT_FLOOR_LIMITS }, .flows = true },
	{ "d10k", "known flows, limits, 10,000 devices", MIDDLE(.limits = true), TEN_THOUSAND, COLD, 0,
	  { SUBJECT_FLOOR_LIMITS }, .flows = true, .group = 'k' },
	{ "f", "denied by its role", SMALL(), { .n = 1, .dport = 9 }, WARM, REASON_ROLE_CONNECT,
	  { SUBJECT_FLOOR_KNOWN }, .flows = false },
	{ "i-same", "known flow, limits, two CPUs on one device", MIDDLE(.limits = true), ONE, WARM, 0,
	  { SUBJECT_FLOOR_LIMITS }, .flows = true, .cpus = 2 },
	{ "i-apart", "known flow, limits, two CPUs on two devices", MIDDLE(.limits = true), ONE, WARM, 0,
	  { SUBJECT_FLOOR_LIMITS }, .flows = true, .cpus = 2, .apart = 5000 },
	{ "d1M", "known flows, limits, a million devices", LARGE(.limits = true), MILLION, COLD, 0,
	  { SUBJECT_FLOOR_LIMITS, SUBJECT_USUAL }, .flows = true, .group = 'm' },
	{ "e", "new flows, a million devices", LARGE(.limits = true), { .n = 1000000, .fresh = 1 }, COLD, 0,
	  { SUBJECT_FLOOR_LIMITS }, .flows = false },
	{ "g10", "10 rules: one known flow", RULES(10), ONE, WARM, 0, { 0 },
	  .flows = true, .group = 'r' },
	{ "g1k", "1,000 rules: one known flow", RULES(1000), ONE, WARM, 0, { 0 },
	  .flows = true, .group = 'r' },
	{ "g100k", "100,000 rules: one known flow", RULES(100000), ONE, WARM, 0, { 0 },
	  .flows = true, .group = 'r' },
	{ "g10-cold", "10 rules: known flows of 10,000", RULES(10), TEN_THOUSAND, COLD, 0, { 0 },
	  .flows = true, .group = 'R' },
	{ "g1k-cold", "1,000 rules: known flows of 10,000", RULES(1000), TEN_THOUSAND, COLD, 0, { 0 },
	  .flows = true, .group = 'R' },
	{ "g100k-cold", "100,000 rules: known flows of 10,000", RULES(100000), TEN_THOUSAND, COLD, 0, { 0 },
	  .flows = true, .group = 'R' },
	{ "g10-new", "10 rules: new flows of 10,000", RULES(10), { .n = 10000, .fresh = 1 }, WARM, 0, { 0 },
	  .flows = false, .group = 'n' },
	{ "g1k-new", "1,000 rules: new flows of 10,000", RULES(1000), { .n = 10000, .fresh = 1 }, WARM, 0, { 0 },
	  .flows = false, .group = 'n' },
	{ "g100k-new", "100,000 rules: new flows of 10,000", RULES(100000), { .n = 10000, .fresh = 1 }, WARM, 0,
	  { 0 }, .flows = false, .group = 'n' },
	{ "h-b", "IPv6: known flow, no limits", SMALL(.ipv6 = true), ONE, WARM, 0, { SUBJECT_FLOOR_KNOWN },
	  .flows = true, .group = 'b' },
	{ "h-c", "IPv6: known flow, limits", SMALL(.ipv6 = true, .limits = true), ONE, WARM, 0,
	  { SUBJECT_FLOOR_LIMITS }, .flows = true, .group = 'c' },
	{ "h-d10k", "IPv6: known flows, limits, 10,000 devices", MIDDLE(.ipv6 = true, .limits = true),
	  TEN_THOUSAND, COLD, 0, { SUBJECT_FLOOR_LIMITS }, .flows = true, .group = 'k' },
	{ "h-d1M", "IPv6: known flows, limits, a million devices", LARGE(.ipv6 = true, .limits = true), MILLION,
	  COLD, 0, { SUBJECT_FLOOR_LIMITS }, .flows = true, .group = 'm' },
};

/* ---- a run on one CPU or two ---- */

struct runner {
	struct stand *stand;
	const struct load *load;
	uint32_t packets, verdict;
	int cpu;
	double ns;
};

static void *run_on_cpu(void *context)
{
	struct runner *runner = context;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(runner->cpu, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	runner->ns = stand_run(runner->stand, runner->load, runner->packets, &runner->verdict);
	return NULL;
}

/* ns a packet, the mean of the CPUs. */
static double run(struct stand *stand, const struct scenario *s, const struct load *load, uint32_t *verdict)
{
	struct runner runners[2] = {
		{ .stand = stand, .load = load, .packets = s->packets, .cpu = 0 },
		{ .stand = stand, .load = load, .packets = s->packets, .cpu = 1 },
	};
	pthread_t other;

	if (s->cpus == 2 && pthread_create(&other, NULL, run_on_cpu, &runners[1]))
		exit(1);
	run_on_cpu(&runners[0]);
	*verdict = runners[0].verdict;
	if (s->cpus != 2)
		return runners[0].ns;
	pthread_join(other, NULL);
	return (runners[0].ns + runners[1].ns) / 2;
}

/* ---- a scenario ---- */

struct measured {
	double ns[ROUNDS_MAX];
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const struct scenario *s, const char *subject, struct measured *m, int rounds)
{
	qsort(m->ns, rounds, sizeof(m->ns[0]), by_size);
	printf("{\"scenario\":\"%s\",\"what\":\"%s\",\"subject\":\"%s\",\"ns\":%.1f,\"min\":%.1f,\"max\":%.1f}\n",
	       s->name, s->what, subject, m->ns[rounds / 2], m->ns[0], m->ns[rounds - 1]);
	fflush(stdout);
}

static struct load load_of(const struct scenario *s)
{
	struct load load = s->load;

	load.base = SITE_BASE;
	load.first = load.first ? load.first : 1;
	load.version = s->site.ipv6 ? 6 : 4;
	load.dport = load.dport ? load.dport : SITE_PORT;
	load.servers = 16;
	return load;
}

/* Every device's flow. */
static void open_flows(struct stand *stand, const struct scenario *s, int picket)
{
	struct load load = load_of(s);
	uint32_t verdict;

	stand_choose(stand, SUBJECT_PICKET, picket);
	load.n = s->site.devices > load.n ? load.n : s->site.devices;
	load.in_order = load.n > 1;
	stand_run(stand, &load, load.n > 1 ? load.n + 1 : 2, &verdict);
	if (!s->apart)
		return;
	load.first += s->apart;
	stand_run(stand, &load, 2, &verdict);
}

/* A scenario that is being measured. */
struct session {
	const struct scenario *scenario;
	struct gateway *gateway;
	struct stand *stand;
	struct load load;
	enum subject subjects[6]; /* "empty program" first */
	int n;
	struct measured measured[6], empty, generator;
	uint64_t before; /* packets that had met the fate that is measured */
};

static void session_open(struct session *session, const struct scenario *s)
{
	*session = (struct session){
		.scenario = s, .gateway = gateway_open(&s->site), .load = load_of(s),
		.subjects = { SUBJECT_EMPTY, SUBJECT_PICKET }, .n = 2,
	};
	session->stand = stand_open(s->site.devices, gateway_flows(session->gateway),
				    SITE_BASE + (s->reason ? FLOOD_FIRST : 0),
				    s->reason == REASON_UNKNOWN_DEVICE ? FLOOD : 1);
	for (int i = 0; i < 4 && s->beside[i]; i++) {
		if (stand_has(session->stand, s->beside[i]))
			session->subjects[session->n++] = s->beside[i];
	}
	if (s->flows)
		open_flows(session->stand, s, gateway_program(session->gateway));
	for (int i = 2; i < session->n; i++) {
		if (session->subjects[i] == SUBJECT_USUAL)
			stand_fill_usual(session->stand, &session->load);
	}
	stand_offset(session->stand, 1, s->apart);
	session->before = gateway_tally(session->gateway, s->reason);
}

static void session_round(struct session *session, int round)
{
	const struct scenario *s = session->scenario;

	session->empty.ns[round] = stand_run_empty(session->stand, s->packets);
	for (int i = 0; i < session->n; i++) {
		uint32_t verdict;

		stand_choose(session->stand, session->subjects[i], gateway_program(session->gateway));
		session->measured[i].ns[round] = run(session->stand, s, &session->load, &verdict);
	}
	/* The generator's own cost is taken off. */
	session->generator.ns[round] = session->measured[0].ns[round] - session->empty.ns[round];
	for (int i = 0; i < session->n; i++)
		session->measured[i].ns[round] -= session->generator.ns[round];
}

static void session_close(struct session *session, int rounds)
{
	const struct scenario *s = session->scenario;
	uint64_t met = gateway_tally(session->gateway, s->reason) - session->before;
	uint64_t all = (uint64_t)rounds * s->packets * (s->cpus == 2 ? 2 : 1);

	if (met != all)
		fprintf(stderr, "bench: %s: only %llu of %llu packets met the fate that is measured\n", s->name,
			(unsigned long long)met, (unsigned long long)all);
	print(s, "generator", &session->generator, rounds);
	for (int i = 0; i < session->n; i++)
		print(s, subject_names[session->subjects[i]], &session->measured[i], rounds);
	stand_close(session->stand);
	gateway_close(session->gateway);
}

static bool wanted(const struct scenario *s, int argc, char **argv)
{
	for (int i = optind; i < argc; i++) {
		if (!strcmp(argv[i], s->name))
			return true;
	}
	return optind == argc;
}

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* A scenario, and with the first of a group the rest of it that is wanted. */
static void measure_group(size_t first, int rounds, int argc, char **argv)
{
	static struct session sessions[SCENARIOS];
	const char group = scenarios[first].group;
	size_t n = 0;

	for (size_t i = 0; i < first && group; i++) {
		if (scenarios[i].group == group && wanted(&scenarios[i], argc, argv))
			return;
	}
	for (size_t i = first; i < SCENARIOS; i++) {
		if (i == first || (group && scenarios[i].group == group && wanted(&scenarios[i], argc, argv)))
			session_open(&sessions[n++], &scenarios[i]);
	}
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n; i++)
			session_round(&sessions[i], round);
	}
	for (size_t i = 0; i < n; i++)
		session_close(&sessions[i], rounds);
}

/* The commands of wire.sh. */
static int on_the_wire(char **argv)
{
	const struct scenario s = { .load = { .n = atoi(argv[3]), .first = atoi(argv[4]) } };
	struct load load = load_of(&s);

	return strcmp(argv[1], "send") ? wire_attach(argv[2], argv[5], &load) :
					 wire_send(argv[2], &load, atoi(argv[5]));
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "rounds", required_argument, NULL, 'r' }, { 0 } };
	int rounds = ROUNDS, opt;

	if (argc >= 2 && !strcmp(argv[1], "budget"))
		return print_budget(argc > 2 ? (uint32_t)atoi(argv[2]) : UINT32_MAX);
	if (argc == 6 && (!strcmp(argv[1], "send") || !strcmp(argv[1], "attach")))
		return on_the_wire(argv);
	while ((opt = getopt_long(argc, argv, "r:", options, NULL)) != -1) {
		if (opt != 'r' || (rounds = atoi(optarg)) < 1 || rounds > ROUNDS_MAX) {
			fprintf(stderr, "usage: bench [--rounds N] [SCENARIO...]\n");
			return 2;
		}
	}
	for (size_t i = 0; i < SCENARIOS; i++) {
		if (wanted(&scenarios[i], argc, argv))
			measure_group(i, rounds, argc, argv);
	}
	return 0;
}
