// SPDX-License-Identifier: GPL-2.0-only
#include "cuts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lists.h"
#include "output.h"

#define SHOWN 20

static bool same_words(const struct cut *a, const struct cut *b)
{
	return a->reason == b->reason && !strcmp(a->from, b->from) && !strcmp(a->to, b->to) &&
	       !strcmp(a->service, b->service);
}

/* Sorted by nothing: those that come one after another often go by the same words. */
int cut_list_add(struct cut_list *list, const struct cut *cut)
{
	for (size_t i = list->n; i-- > 0 && list->n - i <= SHOWN;) {
		if (!same_words(&list->all[i], cut))
			continue;
		list->all[i].flows += cut->flows;
		return 0;
	}
	if (array_reserve((void **)&list->all, &list->capacity, list->n + 1, sizeof(*list->all)))
		return -ENOMEM;
	list->all[list->n++] = *cut;
	return 0;
}

static int by_words(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;
	int order = strcmp(x->from, y->from);

	if (!order)
		order = strcmp(x->to, y->to);
	if (!order)
		order = strcmp(x->service, y->service);
	return order ? order : (x->reason > y->reason) - (x->reason < y->reason);
}

static int by_flows(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	return x->flows == y->flows ? by_words(a, b) : x->flows < y->flows ? 1 : -1;
}

/* Each once, whom most are of first. */
static void sort_list(struct cut_list *list)
{
	size_t kept = 0;

	if (!list->n)
		return;
	qsort(list->all, list->n, sizeof(*list->all), by_words);
	for (size_t i = 0; i < list->n; i++) {
		if (kept && same_words(&list->all[kept - 1], &list->all[i]))
			list->all[kept - 1].flows += list->all[i].flows;
		else
			list->all[kept++] = list->all[i];
	}
	list->n = kept;
	qsort(list->all, list->n, sizeof(*list->all), by_flows);
}

int cuts_find(const struct cuts_input *input, struct cuts *out)
{
	int err;

	*out = (struct cuts){};
	err = cuts_find_sessions(input, out);
	if (!err && input->live)
		err = cuts_find_flows(input, out);
	sort_list(&out->flows);
	return err;
}

void cuts_free(struct cuts *cuts)
{
	free(cuts->sessions.all);
	free(cuts->flows.all);
	*cuts = (struct cuts){};
}

/* ---- words ---- */

#define SENTENCE (2 * CUT_END_LEN + CUT_SERVICE_LEN + 160)

/* "therm-17 → 10.0.0.5 tcp/443" */
static const char *ends_of(const struct cut *cut, char out[SENTENCE])
{
	snprintf(out, SENTENCE, "%s%s%s%s%s", cut->from, *cut->to ? " → " : "", cut->to,
		 *cut->service ? " " : "", cut->service);
	return out;
}

static const char *flow_sentence(const struct cut *cut, char out[SENTENCE])
{
	char ends[SENTENCE];

	if (cut->flows == 1)
		snprintf(out, SENTENCE, "%.300s has a live flow, and the new policy drops it: %s", ends_of(cut, ends),
			 reason_name(cut->reason));
	else
		snprintf(out, SENTENCE, "%.300s has %llu live flows, and the new policy drops them: %s",
			 ends_of(cut, ends), (unsigned long long)cut->flows, reason_name(cut->reason));
	return out;
}

static const char *session_sentence(const struct cut *cut, char out[SENTENCE])
{
	char ends[SENTENCE];

	snprintf(out, SENTENCE, "the SSH connection that you work by, %.300s, would be cut: %s", ends_of(cut, ends),
		 reason_name(cut->reason));
	return out;
}

static void print_cut(const struct cut *cut, const char *kind, const char *sentence, struct output *out)
{
	output_begin_object(out, NULL);
	output_mark(out, "change", MARK_REMOVED);
	output_string(out, "kind", kind);
	output_string(out, "from", cut->from);
	output_string(out, "to", *cut->to ? cut->to : NULL);
	output_string(out, "service", *cut->service ? cut->service : NULL);
	output_string(out, "reason", reason_name(cut->reason));
	output_number(out, "flows", cut->flows);
	output_word(out, "text", sentence);
	output_end_object(out);
}

void cuts_print(const struct cuts *cuts, struct output *out)
{
	char sentence[SENTENCE];

	output_begin_lines(out, "cuts", SHOWN);
	for (size_t i = 0; i < cuts->sessions.n; i++)
		print_cut(&cuts->sessions.all[i], "ssh", session_sentence(&cuts->sessions.all[i], sentence), out);
	for (size_t i = 0; i < cuts->flows.n; i++)
		print_cut(&cuts->flows.all[i], "flow", flow_sentence(&cuts->flows.all[i], sentence), out);
	output_end_lines(out);
	if (!cuts->cut && !cuts->unknown)
		return;
	output_begin_object(out, "live_flows");
	output_number(out, "cut", cuts->cut);
	output_number(out, "not_known", cuts->unknown);
	output_bool(out, "all_looked_at", !cuts->part);
	output_end_object(out);
}

static void warn_flows(const struct cuts *cuts)
{
	char ends[SENTENCE];

	if (!cuts->cut)
		return;
	warn("the new policy drops %llu live flow%s, as %s (%s)%s", (unsigned long long)cuts->cut,
	     cuts->cut == 1 ? "" : "s", ends_of(&cuts->flows.all[0], ends), reason_name(cuts->flows.all[0].reason),
	     cuts->part ? "; only a part of all flows was looked at" : "");
}

/* ---- leaving it ---- */

static bool ask(const char *command)
{
	char answer[16] = "";

	fprintf(stderr, "picket: %s it all the same? [y/N] ", command);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		fputc('\n', stderr);
	answer[strcspn(answer, "\n")] = '\0';
	return !strcasecmp(answer, "y") || !strcasecmp(answer, "yes");
}

static int decide(const struct cuts *cuts, enum cuts_leave leave, const char *command)
{
	char sentence[SENTENCE];

	for (size_t i = 0; i < cuts->sessions.n && leave == LEAVE_WARN; i++)
		warn("%s", session_sentence(&cuts->sessions.all[i], sentence));
	if (!cuts->sessions.n || leave == LEAVE_WARN)
		return EXIT_DONE;
	session_sentence(&cuts->sessions.all[0], sentence);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return fail(EXIT_NO, "%s; let it in, try it with 'picket apply --confirm-within 60s', which comes "
			    "undone by itself, or give --force", sentence);
	warn("%s", sentence);
	if (ask(command))
		return EXIT_DONE;
	return fail(EXIT_NO, "nothing was changed");
}

static void network_cleanup(struct network *network)
{
	network_free(network);
}

int cuts_before(const struct policy *policy, const struct ruleset *ruleset, enum cuts_leave leave,
		const char *command, struct cuts *out)
{
	struct network network __attribute__((cleanup(network_cleanup))) = {};
	struct live *live __attribute__((cleanup(live_cleanup))) = NULL;
	struct cuts_input input = { .policy = policy, .ruleset = ruleset, .network = &network };
	struct timespec now;
	int err;

	*out = (struct cuts){};
	err = network_get(&network);
	if (!err && live_open_parts(0, &live))
		live = NULL; /* whatever is wrong with it, the apply itself says */
	clock_gettime(CLOCK_REALTIME, &now);
	input.live = live;
	input.time = now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
	if (!err)
		err = cuts_find(&input, out);
	if (err)
		warn("what this would cut off cannot be told: %s", strerror(-err));
	warn_flows(out);
	return decide(out, leave, command);
}
