// SPDX-License-Identifier: GPL-2.0-only
/*
 * picket audit: what enforcing would have dropped, and the lines that would allow it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "cleanup.h"
#include "commands.h"
#include "daemonget.h"
#include "diag.h"
#include "names.h"
#include "remote.h"

#define ROW_LEN 24

struct request {
	const char *policy; /* NULL: the live one */
	const char *device, *segment; /* NULL: all */
	uint32_t reasons; /* bit n: enum reason n; 0: all */
	int64_t within; /* ns; 0: all */
	uint64_t top;
	bool accept;
};

struct work {
	struct request request;
	struct output *out;
	struct live *live;
	struct diag *diag;
	struct policy *own; /* of --policy */
	const struct policy *policy;
	struct auditbook *book;
	struct audit audit;
};

static void work_free(struct work *work)
{
	audit_free(&work->audit);
	auditbook_free(work->book);
	policy_free(work->own);
	diag_free(work->diag);
	live_close(work->live);
}

/* ---- what it is made of ---- */

static int ask_daemon(struct work *work)
{
	json_t *json = NULL;
	int err = daemon_get("/api/audit", &json);

	if (!err)
		err = auditbook_parse(json, &work->book);
	json_decref(json);
	switch (err) {
	case 0:
		return EXIT_DONE;
	case -ENOENT:
	case -ECONNREFUSED:
		return fail(EXIT_SYSTEM, "no daemon keeps count of what passes as audit: 'picket run' does (or 'systemctl start "
			    "picket'); 'picket drops' has the sums without one");
	case -EACCES:
	case -EPERM:
		return fail(EXIT_SYSTEM, "this user may not ask the daemon: run it as root");
	case -EPROTO:
	case -EINVAL:
		return fail(EXIT_SYSTEM, "the daemon does not answer as this version does: restart it");
	default:
		return fail(EXIT_SYSTEM, "the daemon cannot be asked: %s", strerror(-err));
	}
}

static int load_policy(struct work *work)
{
	const char *path = work->request.policy;
	int err;

	if (!path) {
		err = live_policy(work->live, &work->policy);
		return err ? fail(EXIT_SYSTEM, "the live policy cannot be read: %s", strerror(-err)) : EXIT_DONE;
	}
	work->diag = diag_new();
	err = work->diag ? policy_load(path, work->diag, &work->own) : -ENOMEM;
	work->policy = work->own;
	if (!err)
		return EXIT_DONE;
	if (!work->diag || !work->diag->nerrors)
		return fail(EXIT_SYSTEM, "%s cannot be read: %s", path, strerror(-err));
	diag_sort(work->diag);
	diag_print(work->diag, stderr);
	return err == -EINVAL ? fail(EXIT_NO, "%s is not valid: nothing can be held against it", path) : EXIT_SYSTEM;
}

static bool audits(const struct policy *policy)
{
	bool audit = policy->audit;

	for (size_t i = 0; i < policy->nsegments; i++)
		audit |= policy->segments[i].audit;
	return audit;
}

static int check_names(const struct work *work)
{
	const struct request *request = &work->request;

	if (request->device && policy_find_device(work->policy, request->device) == INDEX_NONE)
		return usage_error(&cmd_audit, "the policy has no device '%s'", request->device);
	if (request->segment && policy_find_segment(work->policy, request->segment) == INDEX_NONE)
		return usage_error(&cmd_audit, "the policy has no segment '%s'", request->segment);
	if (!request->policy && !audits(work->policy))
		return fail(EXIT_NO, "nothing is in audit mode: the live policy enforces all that it says");
	return EXIT_DONE;
}

/* ---- which of it ---- */

static bool same_name(const char *name, const char *wanted)
{
	return name && !strcmp(name, wanted);
}

static bool wanted(const struct work *work, const struct audit_finding *f)
{
	const struct request *request = &work->request;
	const struct audit *audit = &work->audit;

	if (request->device && !same_name(audit_device(audit, &f->from), request->device) &&
	    !same_name(audit_device(audit, &f->to), request->device))
		return false;
	if (request->segment && !same_name(audit_segment(audit, &f->from), request->segment) &&
	    !same_name(audit_segment(audit, &f->to), request->segment))
		return false;
	if (request->reasons && !(request->reasons & 1U << f->reason))
		return false;
	return !request->within || f->last >= audit->now - request->within;
}

static void filter(struct work *work)
{
	struct audit *audit = &work->audit;
	size_t n = 0;

	for (size_t i = 0; i < audit->n; i++) {
		if (wanted(work, &audit->findings[i]))
			audit->findings[n++] = audit->findings[i];
	}
	audit->n = n;
}

/* ---- printing ---- */

static void print_finding(struct work *work, const struct audit_finding *f, size_t row)
{
	struct output *out = work->out;

	output_begin_object(out, NULL);
	output_number(out, "row", row);
	output_string(out, "source", f->source);
	output_string(out, "from", audit_segment(&work->audit, &f->from));
	output_string(out, "destination", f->destination);
	output_string(out, "to", audit_segment(&work->audit, &f->to));
	output_string(out, "service", f->service_text);
	output_string(out, "reason", reason_name(f->reason));
	output_number(out, "packets", f->packets);
	output_number(out, "connections", f->opened);
	output_ago(out, "first", f->first, work->audit.now);
	output_ago(out, "last", f->last, work->audit.now);
	output_end_object(out);
}

/* kind: "add", a line of the policy; "note", something else to do. */
static void print_line(struct work *work, size_t row, const char *kind, const char *line)
{
	char about[ROW_LEN];

	snprintf(about, sizeof(about), "%zu:", row);
	output_begin_object(work->out, NULL);
	output_number(work->out, "row", row);
	output_string(work->out, "kind", kind);
	output_word(work->out, "about", about);
	output_word(work->out, "line", line);
	output_end_object(work->out);
}

static void print_lines(struct work *work, const struct audit_finding *f, size_t row)
{
	const char *note = audit_note(&work->audit, f);

	for (unsigned int bit = MISSING_CONDUIT; bit <= MISSING_ACCEPT && !note; bit <<= 1) {
		if (f->missing & bit)
			print_line(work, row, "add", audit_line(&work->audit, f, bit));
	}
	if (note)
		print_line(work, row, "note", note);
}

struct rest {
	uint64_t gone, packets;
};

static int add_rest(const struct audit_owner *owner, void *context)
{
	struct rest *rest = context;

	rest->gone += owner->gone;
	rest->packets += owner->gone_packets;
	return 0;
}

static void warn_rest(const struct work *work)
{
	struct auditbook_sum sum = auditbook_sum(work->book);
	struct rest rest = {};

	auditbook_walk(work->book, add_rest, &rest);
	if (rest.gone)
		warn("of devices that try very much only the most frequent and the latest is kept: at least %llu more kinds of "
		     "packets, %llu packets, are not listed", (unsigned long long)rest.gone, (unsigned long long)rest.packets);
	if (sum.left_out || sum.lost)
		warn("the list is not whole: there was no room for %llu packets, and %llu were lost before they were read",
		     (unsigned long long)sum.left_out, (unsigned long long)sum.lost);
}

static void print_findings(struct work *work)
{
	const struct audit *audit = &work->audit;
	struct auditbook_sum sum = auditbook_sum(work->book);
	size_t shown = audit->n < work->request.top ? audit->n : work->request.top;

	output_begin_object(work->out, NULL);
	output_ago(work->out, "since", sum.since, audit->now);
	output_string(work->out, "policy", work->policy->name);
	output_number(work->out, "found", audit->n);
	output_begin_list(work->out, "audit");
	for (size_t i = 0; i < shown; i++)
		print_finding(work, &audit->findings[i], i + 1);
	output_end_list(work->out);
	output_begin_lines(work->out, "to_allow", SIZE_MAX);
	for (size_t i = 0; i < shown; i++)
		print_lines(work, &audit->findings[i], i + 1);
	output_end_lines(work->out);
	output_end_object(work->out);
}

static int print_fragment(struct work *work)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	int err = to ? audit_accept(&work->audit, auditbook_sum(work->book).since, to) : -ENOMEM;

	if (to && fclose(to))
		err = -ENOMEM;
	if (err)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	output_document(work->out, "policy", text);
	return EXIT_DONE;
}

static int audit(struct work *work)
{
	int err = live_open(&work->live), status;

	if (err)
		return live_fail(err);
	status = load_policy(work);
	if (!status)
		status = check_names(work);
	if (!status)
		status = ask_daemon(work);
	if (status)
		return status;
	err = audit_init(&work->audit, work->live, work->policy, work->request.policy);
	if (!err)
		err = audit_judge(&work->audit, work->book);
	if (err)
		return fail(EXIT_SYSTEM, "what was seen cannot be judged: %s", strerror(-err));
	filter(work);
	warn_rest(work);
	if (work->request.accept)
		return print_fragment(work);
	print_findings(work);
	return EXIT_DONE;
}

/* ---- options ---- */

static int parse_reason(const char *text, struct request *request)
{
	enum reason reason = reason_number(text);

	if (!reason)
		return usage_error(&cmd_audit, "there is no reason '%s'", text);
	request->reasons |= 1U << reason;
	return EXIT_DONE;
}

static int parse_option(int opt, char **argv, struct request *request)
{
	switch (opt) {
	case 'd':
		request->device = optarg;
		return EXIT_DONE;
	case 's':
		request->segment = optarg;
		return EXIT_DONE;
	case 'r':
		return parse_reason(optarg, request);
	case 'w':
		if (parse_duration(optarg, &request->within))
			return usage_error(&cmd_audit, "--since wants how long ago, such as 24h or 30m, not '%s'", optarg);
		return EXIT_DONE;
	case 'n':
		if (parse_number(optarg, 1, UINT32_MAX, &request->top))
			return usage_error(&cmd_audit, "--top wants a number from 1, not '%s'", optarg);
		return EXIT_DONE;
	case 'p':
		request->policy = optarg;
		return EXIT_DONE;
	case 'a':
		request->accept = true;
		return EXIT_DONE;
	default:
		return option_error(&cmd_audit, opt, argv);
	}
}

static int run(struct output *out, int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "segment", required_argument, NULL, 's' },
		{ "reason", required_argument, NULL, 'r' },
		{ "since", required_argument, NULL, 'w' },
		{ "top", required_argument, NULL, 'n' },
		{ "policy", required_argument, NULL, 'p' },
		{ "accept", no_argument, NULL, 'a' },
		{},
	};
	struct work work __attribute__((cleanup(work_free))) = { .out = out, .request.top = UINT64_MAX };
	int opt;

	while ((opt = getopt_long(argc, argv, ":d:s:r:n:p:", options, NULL)) != -1) {
		int status = parse_option(opt, argv, &work.request);

		if (status)
			return status;
	}
	if (optind < argc)
		return usage_error(&cmd_audit, "'%s' is one argument too many", argv[optind]);
	if (!work.request.policy && remote_wanted())
		return remote_run(out, argc, argv, NULL);
	return audit(&work);
}

const struct command cmd_audit = {
	.name = "audit",
	.arguments = "[--device DEVICE] [--segment SEGMENT] [--reason REASON] [--since TIME] [--top N] [--policy POLICY] "
		     "[--accept]",
	.summary = "what enforcing would have dropped, most first, and the lines that would allow it",
	.help =
		"  -d, --device DEVICE    only what comes from or goes to it\n"
		"  -s, --segment SEGMENT  only what comes from it or goes to it\n"
		"  -r, --reason REASON    only this reason; may be given more than once\n"
		"      --since TIME       only what came again in the last 24h, 30m\n"
		"  -n, --top N            only the first N\n"
		"  -p, --policy POLICY    what this policy would drop of it, instead of the live one\n"
		"      --accept           print the lines, of all that would be listed, as a part of a policy\n"
		"\n"
		"'picket run' keeps count, also of what came before it was started again. What the policy meanwhile\n"
		"allows is not listed. CONNECTIONS are those that would not have been opened.\n",
	.run = run,
};
