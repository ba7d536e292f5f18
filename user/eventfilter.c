// SPDX-License-Identifier: GPL-2.0-only
#include "eventfilter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "commands.h"
#include "names.h"

_Static_assert(REASON_COUNT <= 32, "a filter has a bit for each reason");

static bool holds(const struct eventfilter_names *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->names[i], name))
			return true;
	return false;
}

static bool wants(const struct eventfilter_names *list, const char *name)
{
	return !list->n || (name && holds(list, name));
}

bool eventfilter_wants_segment(const struct eventfilter *filter, const char *segment)
{
	return wants(&filter->segments, segment);
}

bool eventfilter_wants_reason(const struct eventfilter *filter, unsigned int reason)
{
	return !filter->reasons || (reason < REASON_COUNT && filter->reasons & 1U << reason);
}

bool eventfilter_match(const struct eventfilter *filter, const struct event *event,
		       const struct event_names *names)
{
	return eventfilter_wants_reason(filter, event->reason) && wants(&filter->devices, names->device) &&
	       wants(&filter->segments, names->segment);
}

/* "SUBJECT 'word'", and the name that may have been meant. */
static int unknown(char why[EVENTFILTER_WHY], const char *subject, const char *word,
		   const char *const *names, size_t n)
{
	const char *nearest = nearest_name(word, names, n);

	snprintf(why, EVENTFILTER_WHY, "%s '%.64s'%s%s%s", subject, word,
		 nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	return -ENOENT;
}

static int no_memory(char why[EVENTFILTER_WHY])
{
	snprintf(why, EVENTFILTER_WHY, "there is not enough memory");
	return -ENOMEM;
}

static int add_reason(struct eventfilter *filter, const char *value, char why[EVENTFILTER_WHY])
{
	static const char *const names[] = {
#define X(id, name) name,
		PICKET_REASONS(X)
#undef X
	};
	const size_t n = sizeof(names) / sizeof(names[0]);

	for (size_t i = 0; i < n; i++) {
		if (!strcmp(names[i], value)) {
			filter->reasons |= 1U << (i + 1);
			return 0;
		}
	}
	unknown(why, "there is no reason", value, names, n);
	return -EINVAL;
}

static int add_name(struct eventfilter_names *list, const char *value, char why[EVENTFILTER_WHY])
{
	char **grown = reallocarray(list->names, list->n + 1, sizeof(*grown));

	if (!grown)
		return no_memory(why);
	list->names = grown;
	grown[list->n] = strdup(value);
	if (!grown[list->n])
		return no_memory(why);
	list->n++;
	return 0;
}

int eventfilter_add(struct eventfilter *filter, const char *key, const char *value,
		    char why[EVENTFILTER_WHY])
{
	static const char *const keys[] = { "reason", "device", "segment" };

	if (!strcmp(key, "reason"))
		return add_reason(filter, value, why);
	if (!strcmp(key, "device"))
		return add_name(&filter->devices, value, why);
	if (!strcmp(key, "segment"))
		return add_name(&filter->segments, value, why);
	unknown(why, "events are not filtered by", key, keys, sizeof(keys) / sizeof(keys[0]));
	return -EINVAL;
}

static void clear(struct eventfilter_names *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->names[i]);
	free(list->names);
}

void eventfilter_clear(struct eventfilter *filter)
{
	clear(&filter->devices);
	clear(&filter->segments);
	*filter = (struct eventfilter){ 0 };
}

typedef const char *name_fn(const struct live *live, uint32_t row);

/* rows: below it are those that name_of() knows */
static int no_such(const struct live *live, name_fn *name_of, uint32_t rows, const char *subject,
		   const char *word, char why[EVENTFILTER_WHY])
{
	_cleanup_free_ const char **names = calloc(rows + 1, sizeof(*names));
	size_t n = 0;

	for (uint32_t row = 1; names && row < rows; row++) {
		names[n] = name_of(live, row);
		n += names[n] != NULL;
	}
	return unknown(why, subject, word, names, n);
}

int eventfilter_check(const struct eventfilter *filter, const struct live *live,
		      char why[EVENTFILTER_WHY])
{
	const struct bundle *bundle = live_bundle(live);

	for (size_t i = 0; i < filter->segments.n; i++)
		if (!live_find_segment(live, filter->segments.names[i]))
			return no_such(live, live_segment_name, bundle->segment_end,
				       "the live policy has no segment", filter->segments.names[i], why);
	for (size_t i = 0; i < filter->devices.n; i++)
		if (!live_find_device(live, filter->devices.names[i]))
			return no_such(live, live_device_name, bundle->device_end,
				       "the live policy has no device", filter->devices.names[i], why);
	return 0;
}
