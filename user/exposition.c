// SPDX-License-Identifier: GPL-2.0-only
#include "exposition.h"

#include <string.h>

#include "policy.h"
#include "source.h"

bool exposition_wants_openmetrics(const char *accept)
{
	return accept && strcasestr(accept, "application/openmetrics-text");
}

const char *exposition_type(bool openmetrics)
{
	return openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
			     "text/plain; version=0.0.4; charset=utf-8";
}

static const char *suffix(const struct metric *metric)
{
	static const char *const suffixes[] = {
		[METRIC_COUNTER] = "_total", [METRIC_GAUGE] = "", [METRIC_INFO] = "_info",
	};

	return suffixes[metric->type];
}

void exposition_begin(struct exposition *exposition, const struct metric *metric)
{
	/* The text format knows no infos, and no suffix that is not part of a metric's name. */
	static const char *const types[][2] = {
		[METRIC_COUNTER] = { "counter", "counter" },
		[METRIC_GAUGE] = { "gauge", "gauge" },
		[METRIC_INFO] = { "gauge", "info" },
	};
	const char *end = exposition->openmetrics ? "" : suffix(metric);

	exposition->metric = metric;
	fprintf(exposition->to, "# HELP %s%s %s\n# TYPE %s%s %s\n", metric->name, end, metric->help,
		metric->name, end, types[metric->type][exposition->openmetrics]);
}

static bool plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_value(FILE *to, const char *text)
{
	size_t left = strlen(text), len = 0;

	/* Mostly that is all of it. */
	while (len < left && plain(text[len]))
		len++;
	fwrite_unlocked(text, 1, len, to);
	for (text += len, left -= len; left; text += len, left -= len) {
		uint32_t code;

		len = utf8_length(text, left, &code);
		if (!len) {
			fputs("\xef\xbf\xbd", to);
			len = 1;
		} else if (*text == '\n') {
			fputs("\\n", to);
		} else {
			if (*text == '"' || *text == '\\')
				putc_unlocked('\\', to);
			fwrite_unlocked(text, 1, len, to);
		}
	}
}

/* All of a sample but its value. */
static void put_name(const struct exposition *exposition, const struct label *labels)
{
	FILE *to = exposition->to;
	char before = '{';

	fputs_unlocked(exposition->metric->name, to);
	fputs_unlocked(suffix(exposition->metric), to);
	for (; labels && labels->name; labels++) {
		putc_unlocked(before, to);
		fputs_unlocked(labels->name, to);
		fputs_unlocked("=\"", to);
		put_value(to, labels->value);
		putc_unlocked('"', to);
		before = ',';
	}
	if (before == ',')
		putc_unlocked('}', to);
	putc_unlocked(' ', to);
}

void exposition_sample(const struct exposition *exposition, const struct label *labels, uint64_t value)
{
	put_name(exposition, labels);
	fprintf(exposition->to, "%llu\n", (unsigned long long)value);
}

void exposition_seconds(const struct exposition *exposition, const struct label *labels, int64_t ns)
{
	put_name(exposition, labels);
	fprintf(exposition->to, "%lld.%09lld\n", (long long)(ns / NSEC_PER_SEC),
		(long long)(ns % NSEC_PER_SEC));
}

void exposition_end(const struct exposition *exposition)
{
	if (exposition->openmetrics)
		fputs("# EOF\n", exposition->to);
}
