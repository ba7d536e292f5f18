// SPDX-License-Identifier: GPL-2.0-only
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "names.h"
#include "script.h"

#define EPOCH (1796126400LL * NSEC_PER_SEC)
#define DEFAULT_WAIT (NSEC_PER_SEC / 10)
#define MAX_WORDS 2048
#define MAX_LETS 64
#define MAX_KEPT 32

struct let {
	char name[32], words[256];
};

struct kept {
	char name[32];
	struct frame frame;
};

struct table {
	struct runner *runner;
	struct fixture fixture;
	struct let lets[MAX_LETS];
	size_t nlets;
	struct kept kept[MAX_KEPT];
	size_t nkept;
	char label[256];
	int64_t now;
};

static int bad_line(const struct table *t, const char *what, const char *word)
{
	fprintf(stderr, "%s:%d: %s: %s\n", t->runner->path, t->runner->line, what, word);
	return -EINVAL;
}

static const struct frame *find_kept(void *context, const char *name)
{
	struct table *t = context;

	for (size_t i = 0; i < t->nkept; i++)
		if (!strcmp(t->kept[i].name, name))
			return &t->kept[i].frame;
	return NULL;
}

static int keep_frame(struct table *t, const char *name, const struct frame *frame)
{
	size_t i = 0;

	while (i < t->nkept && strcmp(t->kept[i].name, name))
		i++;
	if (i == MAX_KEPT)
		return bad_line(t, "too many named frames", name);
	if (i == t->nkept)
		t->nkept++;
	snprintf(t->kept[i].name, sizeof(t->kept[i].name), "%s", name);
	t->kept[i].frame = *frame;
	return 0;
}

static const char *find_let(const struct table *t, const char *name, size_t len)
{
	for (size_t i = 0; i < t->nlets; i++)
		if (strlen(t->lets[i].name) == len && !memcmp(t->lets[i].name, name, len))
			return t->lets[i].words;
	return NULL;
}

static int expand(const struct table *t, const char *line, char out[MAX_WORDS])
{
	size_t n = 0;

	while (*line && n < MAX_WORDS - 256) {
		size_t len = *line == '$' ? strcspn(line + 1, " \t\n") : 0;
		const char *words;

		if (*line != '$') {
			out[n++] = *line++;
			continue;
		}
		words = find_let(t, line + 1, len);
		if (!words)
			return bad_line(t, "nothing is called so", line);
		n += snprintf(out + n, 256, "%s", words);
		line += len + 1;
	}
	out[n] = '\0';
	return 0;
}

static int parse_wait(const char *text, int64_t *out)
{
	char *unit;
	int64_t n = strtoll(text, &unit, 10);

	if (!strcmp(unit, "ns"))
		*out = n;
	else if (!strcmp(unit, "us"))
		*out = n * 1000;
	else if (!strcmp(unit, "ms"))
		*out = n * 1000000;
	else if (!strcmp(unit, "s"))
		*out = n * NSEC_PER_SEC;
	else
		return -EINVAL;
	return 0;
}

static int name_to_verdict(const char *name)
{
	for (int v = 0; v <= VERDICT_AUDIT; v++)
		if (!strcmp(verdict_name(v), name))
			return v;
	return -1;
}

static int name_to_reason(const char *name)
{
	for (int r = 1; r < REASON_COUNT; r++)
		if (!strcmp(reason_name(r), name))
			return r;
	return strcmp(name, "-") ? -1 : 0;
}

/* "drop role-connect therm-17 sensors" */
static int parse_expectation(struct table *t, char *text, struct expectation *out)
{
	char *save, *word[4];
	const struct policy *p = t->fixture.policy;
	int verdict, reason;

	for (int i = 0; i < 4; i++) {
		word[i] = strtok_r(i ? NULL : text, " \t", &save);
		if (!word[i])
			return bad_line(t, "expected VERDICT REASON DEVICE SEGMENT", "too few words");
	}
	verdict = name_to_verdict(word[0]);
	reason = name_to_reason(word[1]);
	if (verdict < 0 || reason < 0)
		return bad_line(t, "no such verdict or reason", word[verdict < 0 ? 0 : 1]);
	*out = (struct expectation){ .verdict = verdict, .reason = reason, .receives = *word[2] == '>' };
	out->device = policy_find_device(p, word[2] + out->receives) + 1;
	out->segment = policy_find_segment(p, word[3]) + 1;
	if ((!out->device && strcmp(word[2], "-")) || (!out->segment && strcmp(word[3], "-")))
		return bad_line(t, "no such device or segment", word[out->device ? 3 : 2]);
	return 0;
}

static void failure(struct table *t, char *why)
{
	t->runner->failures++;
	fprintf(stderr, "%s:%d: %s: %s\n", t->runner->path, t->runner->line, t->label,
		why ? why : "out of memory");
	free(why);
}

static void check_frame(struct table *t, const char *port, const struct frame *frame,
			const struct expectation *want)
{
	bool out = !strncmp(port, "out:", 4);
	char *why = NULL;

	t->runner->frames++;
	if (fixture_run(&t->fixture, port + (out ? 4 : 0), out, frame, t->now, want, &why))
		failure(t, why);
}

static int frame_line(struct table *t, const char *line)
{
	char words[MAX_WORDS], *arrow, *save, *word, *name = NULL;
	int64_t wait = DEFAULT_WAIT;
	struct expectation want;
	struct frame frame;
	const char *wrong = "";

	if (expand(t, line, words))
		return -EINVAL;
	arrow = strstr(words, "=>");
	if (!arrow || !t->fixture.policy)
		return bad_line(t, "neither a frame nor a keyword", line);
	*arrow = '\0';
	word = strtok_r(words, " \t", &save);
	if (word && *word == '+') {
		if (parse_wait(word + 1, &wait))
			return bad_line(t, "not a time", word);
		word = strtok_r(NULL, " \t", &save);
	}
	if (word && word[strlen(word) - 1] == ':') {
		word[strlen(word) - 1] = '\0';
		name = word;
		word = strtok_r(NULL, " \t", &save);
	}
	if (!word)
		return bad_line(t, "no port", line);
	if (parse_expectation(t, arrow + 2, &want))
		return -EINVAL;
	if (script_frame(save, find_kept, t, &frame, &wrong))
		return bad_line(t, "cannot build the frame at", wrong);
	t->now += wait;
	check_frame(t, word, &frame, &want);
	return name ? keep_frame(t, name, &frame) : 0;
}

/* "cam send packets 3 180" */
static int refused_line(struct table *t, const char *words)
{
	static const char *const kinds[] = { "flows", "packets", "bytes" };
	const struct policy *p = t->fixture.policy;
	char who[64], direction[8], kind[8], *why = NULL;
	struct refusal_key bucket = {};
	unsigned long long packets, bytes;

	if (!p || sscanf(words, "%63s %7s %7s %llu %llu", who, direction, kind, &packets, &bytes) != 5)
		return bad_line(t, "expected WHO send|receive flows|packets|bytes PACKETS BYTES", words);
	bucket.row = policy_find_device(p, who) + 1;
	if (!bucket.row) {
		bucket.row = policy_find_segment(p, who) + 1;
		bucket.owner = OWNER_SEGMENT;
	}
	while (bucket.bucket < LANE_BUCKETS && strcmp(kinds[bucket.bucket], kind))
		bucket.bucket++;
	if (!bucket.row || bucket.bucket == LANE_BUCKETS)
		return bad_line(t, "no such device, segment or kind", words);
	if (!strcmp(direction, "receive"))
		bucket.bucket += BUCKET_RECEIVE_FLOWS;
	t->runner->frames++;
	if (fixture_refused(&t->fixture, &bucket, &(struct tally){ packets, bytes }, t->now, &why))
		failure(t, why);
	return 0;
}

static int buckets_line(struct table *t, const char *number)
{
	char *why = NULL;
	uint64_t n;

	if (!t->fixture.policy || fixture_refusals(&t->fixture, &n))
		return bad_line(t, "the refusals cannot be read", number);
	t->runner->frames++;
	if (n != strtoull(number, NULL, 10)) {
		if (asprintf(&why, "%llu buckets have refused", (unsigned long long)n) < 0)
			why = NULL;
		failure(t, why);
	}
	return 0;
}

static int read_policy(struct table *t, FILE *file)
{
	char *text = NULL, line[1024];
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int err = -EINVAL;

	if (!memory)
		return -ENOMEM;
	while (fgets(line, sizeof(line), file)) {
		t->runner->line++;
		if (!strcmp(line, "end\n")) {
			err = 0;
			break;
		}
		fputs(line, memory);
	}
	if (fclose(memory))
		err = -ENOMEM;
	t->now = EPOCH;
	t->nkept = 0;
	if (!err)
		err = fixture_load(&t->fixture, text);
	free(text);
	return err ? bad_line(t, "the policy", "does not load") : 0;
}

/* "NAME WORDS" */
static int define(struct table *t, const char *text)
{
	struct let *let = &t->lets[t->nlets];
	size_t len = strcspn(text, " ");
	char words[MAX_WORDS];

	if (t->nlets == MAX_LETS || len >= sizeof(let->name))
		return bad_line(t, "too many names, or too long", text);
	if (expand(t, text + len, words))
		return -EINVAL;
	if (strlen(words) >= sizeof(let->words))
		return bad_line(t, "too many words", text);
	snprintf(let->name, sizeof(let->name), "%.*s", (int)len, text);
	strcpy(let->words, words);
	t->nlets++;
	return 0;
}

static int include_table(struct table *t, const char *name);

static int keyword_line(struct table *t, const char *line, FILE *file)
{
	const char *rest = strchrnul(line, ' ') + (strchr(line, ' ') ? 1 : 0);

	if (!strcmp(line, "policy"))
		return read_policy(t, file);
	if (!strncmp(line, "include ", 8))
		return include_table(t, rest);
	if (!strcmp(line, "fresh")) {
		t->now = EPOCH;
		return fixture_fresh(&t->fixture);
	}
	if (!strncmp(line, "case ", 5)) {
		snprintf(t->label, sizeof(t->label), "%s", rest);
		return 0;
	}
	if (!strncmp(line, "quarantine ", 11))
		return fixture_quarantine(&t->fixture, policy_find_device(t->fixture.policy, rest));
	if (!strcmp(line, "crowd"))
		return fixture_crowd(&t->fixture);
	if (!strncmp(line, "refused ", 8))
		return refused_line(t, rest);
	if (!strncmp(line, "buckets ", 8))
		return buckets_line(t, rest);
	if (!strncmp(line, "let ", 4))
		return define(t, rest);
	return frame_line(t, line);
}

static int run_lines(struct table *t, FILE *file)
{
	char line[1024];
	int err = 0;

	while (!err && fgets(line, sizeof(line), file)) {
		char *start = line + strspn(line, " \t");

		t->runner->line++;
		line[strcspn(line, "\n")] = '\0';
		if (*start && *start != '#')
			err = keyword_line(t, start, file);
	}
	return err;
}

static int include_table(struct table *t, const char *name)
{
	const char *path = t->runner->path, *slash = strrchr(path, '/');
	int line = t->runner->line, err;
	char other[512];
	FILE *file;

	snprintf(other, sizeof(other), "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name);
	file = fopen(other, "re");
	if (!file)
		return bad_line(t, "cannot open", other);
	t->runner->path = other;
	t->runner->line = 0;
	err = run_lines(t, file);
	fclose(file);
	t->runner->path = path;
	t->runner->line = line;
	return err;
}

int run_table(struct runner *runner)
{
	struct table *t = calloc(1, sizeof(*t));
	FILE *file = fopen(runner->path, "re");
	int err = -errno;

	if (t && file) {
		t->runner = runner;
		err = run_lines(t, file);
		fixture_free(&t->fixture);
	} else {
		perror(runner->path);
	}
	if (file)
		fclose(file);
	free(t);
	return err;
}
