// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random policies and random frames through the BPF program and through eval: they must not
 * differ once in verdict, reason, device or segment. A failure prints its seed and the
 * shortest list of frames that still shows it. With --captures the frames are captured ones, mutated
 * (captured.h), and the policies suit them.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "captured.h"
#include "diag.h"
#include "names.h"
#include "policies.h"
#include "twin.h"

#define SHRINK_RUNS 400

struct options {
	uint64_t start, seeds;
	size_t frames;
	long jobs;
	long seconds; /* begin no seed after so many; 0: all of them */
	const char *captures; /* NULL: frames are random */
	struct pool pool;
	bool print_policy;
};

static void scenario_free(struct scenario *s)
{
	policy_free(s->policy);
	free(s->text);
	free(s->frames);
	free(s->quarantine);
}

static int load_policy(struct scenario *s)
{
	struct source_file file = { .name = "random.yaml", .text = s->text, .len = strlen(s->text) };
	struct diag *diag = diag_new();
	int err = diag ? policy_load_sources(&file, 1, diag, &s->policy) : -ENOMEM;

	if (err) {
		fprintf(stderr, "seed %llu: the generated policy does not load: %s\n%s\n",
			(unsigned long long)s->seed, strerror(-err), s->text);
		if (diag)
			diag_print(diag, stderr);
	}
	diag_free(diag);
	return err;
}

static void make_frames(struct scenario *s, struct rng *r, struct captured *captured)
{
	static struct traffic traffic;

	traffic_init(&traffic, r, s->policy);
	captured->traffic = &traffic;
	for (size_t i = 0; i < s->nframes; i++)
		if (captured->pool)
			captured_next(captured, &s->frames[i]);
		else
			traffic_next(&traffic, &s->frames[i]);
}

static int scenario_new(const struct options *o, uint64_t seed, struct scenario *s)
{
	static struct captured captured;
	const size_t nframes = o->frames;
	struct rng r;
	int err;

	*s = (struct scenario){ .seed = seed, .nframes = nframes };
	rng_seed(&r, seed);
	if (o->captures)
		captured_choose(&captured, &r, &o->pool);
	s->text = o->captures ? captured_policy(&captured, &r) : random_policy(&r);
	err = load_policy(s);
	if (err)
		return err;
	s->frames = calloc(nframes, sizeof(*s->frames));
	s->quarantine = calloc(s->policy->ndevices + 1, sizeof(*s->quarantine));
	if (!s->frames || !s->quarantine)
		return -ENOMEM;
	for (size_t i = 0; i < s->policy->ndevices; i++)
		if (rng_chance(&r, o->captures ? 8 : 4))
			s->quarantine[i] = rng_chance(&r, 40) ? INT64_MAX :
					   (RUN_EPOCH + rng_below(&r, 100)) * NSEC_PER_SEC;
	make_frames(s, &r, &captured);
	return 0;
}

/* Leaves out ever smaller pieces while a difference is left. Returns how many stay in which. */
static size_t shrink(const struct scenario *s, size_t *which, size_t n, struct difference *diff)
{
	size_t *fewer = calloc(n, sizeof(*fewer));
	size_t piece = n / 2;
	int runs = SHRINK_RUNS;

	while (fewer && piece && runs > 0) {
		bool dropped = false;

		for (size_t at = 0; at < n && runs-- > 0;) {
			struct difference again = { 0 };
			size_t end = at + piece < n ? at + piece : n;

			memcpy(fewer, which, at * sizeof(*fewer));
			memcpy(fewer + at, which + end, (n - end) * sizeof(*fewer));
			if (!twin_run(s, fewer, n - (end - at), &again, NULL) && again.found) {
				n = again.frame + 1;
				memcpy(which, fewer, n * sizeof(*which));
				*diff = again;
				dropped = true;
			} else {
				at = end;
			}
		}
		if (!dropped || piece > n / 2)
			piece /= 2;
	}
	free(fewer);
	return n;
}

static void report(const struct scenario *s, size_t *which, struct difference *diff)
{
	size_t n = diff->frame + 1;

	fprintf(stderr, "\nFAIL: seed %llu, frame %zu%s\n", (unsigned long long)s->seed, diff->frame,
		diff->counters ? ": counters" : "");
	print_outcome(s, "BPF ", &diff->bpf);
	print_outcome(s, "eval", &diff->eval);
	n = shrink(s, which, n, diff);
	fprintf(stderr, "policy:\n%s\nshrunk to %zu frames (and then BPF and eval say):\n", s->text, n);
	for (size_t i = 0; i < s->policy->ndevices; i++)
		if (s->quarantine[i])
			fprintf(stderr, "%s is quarantined until %lld\n", s->policy->devices[i].name,
				(long long)s->quarantine[i]);
	for (size_t i = 0; i < n; i++)
		print_frame(which[i], &s->frames[which[i]]);
	print_outcome(s, "BPF ", &diff->bpf);
	print_outcome(s, "eval", &diff->eval);
	if (diff->counters)
		fprintf(stderr, "%s\n", diff->counters);
	twin_explain(s, which, n);
}

/* 0, 1 for a difference, -errno */
static int one_seed(const struct options *o, uint64_t seed, struct coverage *coverage)
{
	struct difference diff = { 0 };
	struct scenario s = { 0 };
	size_t *which = calloc(o->frames + 1, sizeof(*which));
	int err = which ? scenario_new(o, seed, &s) : -ENOMEM;

	if (!err && o->print_policy)
		printf("%s\n", s.text);
	for (size_t i = 0; !err && i < o->frames; i++)
		which[i] = i;
	if (!err)
		err = twin_run(&s, which, o->frames, &diff, coverage);
	if (err)
		fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, strerror(-err));
	else if (diff.found)
		report(&s, which, &diff);
	free(diff.counters);
	free(which);
	scenario_free(&s);
	return err ? err : diff.found;
}

/* What the workers share. */
struct tally_sheet {
	struct coverage coverage;
	uint64_t passed, failed;
};

static long seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void worker(const struct options *o, long job, struct tally_sheet *sheet)
{
	long end = o->seconds ? seconds() + o->seconds : LONG_MAX;

	for (uint64_t i = job; i < o->seeds && seconds() < end; i += o->jobs)
		if (one_seed(o, o->start + i, &sheet->coverage))
			sheet->failed++;
		else
			sheet->passed++;
}

/* Every reason must have occurred, else the generators prove less than they seem to. */
static int print_coverage(const struct tally_sheet *sheets, long jobs, bool complete)
{
	int missing = 0;

	printf("%-16s %10s %10s %10s\n", "reason", "pass", "drop", "audit");
	for (unsigned int reason = 0; reason < REASON_COUNT; reason++) {
		uint64_t sum[VERDICT_AUDIT + 1] = { 0 };

		for (long job = 0; job < jobs; job++)
			for (int v = 0; v <= VERDICT_AUDIT; v++)
				sum[v] += sheets[job].coverage.count[reason][v];
		printf("%-16s %10llu %10llu %10llu\n", reason ? reason_name(reason) : "-",
		       (unsigned long long)sum[VERDICT_PASS], (unsigned long long)sum[VERDICT_DROP],
		       (unsigned long long)sum[VERDICT_AUDIT]);
		if (reason ? !sum[VERDICT_DROP] || !sum[VERDICT_AUDIT] : !sum[VERDICT_PASS])
			missing++;
	}
	if (missing && complete) {
		printf("%d reasons did not occur both as drop and as audit\n", missing);
		return 1;
	}
	return 0;
}

static void run_workers(const struct options *o, struct tally_sheet *sheets)
{
	int status;

	fflush(NULL);
	for (long job = 0; job < o->jobs; job++) {
		pid_t pid = fork();

		if (!pid) {
			worker(o, job, &sheets[job]);
			exit(0);
		}
		if (pid < 0)
			sheets[job].failed++;
	}
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			sheets->failed++;
}

static int run_all(const struct options *o)
{
	size_t size = o->jobs * sizeof(struct tally_sheet);
	struct tally_sheet *sheets = mmap(NULL, size, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t passed = 0, failed = 0, seeds;
	long began = seconds();

	if (sheets == MAP_FAILED)
		return 3;
	run_workers(o, sheets);
	for (long job = 0; job < o->jobs; job++) {
		passed += sheets[job].passed;
		failed += sheets[job].failed;
	}
	seeds = passed + failed;
	failed += print_coverage(sheets, o->jobs, seeds >= 200 && o->frames >= 200);
	printf("%llu seeds from %llu, %zu frames each, %ld s\n", (unsigned long long)seeds,
	       (unsigned long long)o->start, o->frames, seconds() - began);
	printf("%llu passed, %llu failed, 0 skipped\n", (unsigned long long)passed,
	       (unsigned long long)failed);
	munmap(sheets, size);
	return failed || !passed;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seeds", required_argument, NULL, 'n' },  { "frames", required_argument, NULL, 'f' },
		{ "start", required_argument, NULL, 's' },  { "seed", required_argument, NULL, '1' },
		{ "jobs", required_argument, NULL, 'j' },   { "policy", no_argument, NULL, 'p' },
		{ "captures", required_argument, NULL, 'c' }, { "seconds", required_argument, NULL, 't' },
		{ 0 },
	};
	struct options o = { .start = 1, .seeds = 300, .frames = 300,
			     .jobs = sysconf(_SC_NPROCESSORS_ONLN) };
	int opt, status;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		uint64_t number = 0;

		if (opt == 'c') {
			o.captures = optarg;
			continue;
		}
		if (opt == '?' || (optarg && parse_number(optarg, 0, UINT32_MAX, &number)))
			return 2;
		if (opt == 'n')
			o.seeds = number;
		else if (opt == 'f')
			o.frames = number;
		else if (opt == 's')
			o.start = number;
		else if (opt == '1')
			o.start = number, o.seeds = 1;
		else if (opt == 'j')
			o.jobs = number;
		else if (opt == 't')
			o.seconds = number;
		else
			o.print_policy = true;
	}
	if (geteuid()) {
		printf("SKIP: diff loads BPF programs and needs root\n0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	if (o.captures && pool_read(o.captures, &o.pool)) {
		printf("SKIP: diff: there are no captures below %s\n0 passed, 0 failed, 1 skipped\n", o.captures);
		return 0;
	}
	if (o.jobs < 1 || (uint64_t)o.jobs > o.seeds)
		o.jobs = o.seeds ? o.seeds : 1;
	status = run_all(&o);
	pool_free(&o.pool);
	return status;
}
