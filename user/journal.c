// SPDX-License-Identifier: GPL-2.0-only
#include "journal.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <jansson.h>

#include "eventtext.h"

#define NUMBER_LEN 40

/* A value with a line's end in it goes with its length before it, in little endian. */
static void put_field(FILE *stream, const char *name, const char *value, size_t len)
{
	uint64_t size = htole64(len);

	fputs(name, stream);
	if (memchr(value, '\n', len)) {
		fputc('\n', stream);
		fwrite(&size, sizeof(size), 1, stream);
	} else {
		fputc('=', stream);
	}
	fwrite(value, len, 1, stream);
	fputc('\n', stream);
}

static void put_string(FILE *stream, const char *name, const char *value)
{
	put_field(stream, name, value, strlen(value));
}

static void put_value(FILE *stream, const char *name, const json_t *value)
{
	char number[NUMBER_LEN];

	if (json_is_string(value)) {
		put_field(stream, name, json_string_value(value), json_string_length(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		put_string(stream, name, number);
	} else if (json_is_real(value)) {
		snprintf(number, sizeof(number), "%.6f", json_real_value(value));
		put_string(stream, name, number);
	}
}

static void put_values(FILE *stream, json_t *object)
{
	char name[64]; /* journald takes no longer ones */
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		snprintf(name, sizeof(name), "PICKET_%s", key);
		for (char *c = name; *c; c++)
			*c = toupper((unsigned char)*c);
		put_value(stream, name, value);
	}
}

int journal_entry(const struct event *event, const struct event_names *names, const char *json,
		  char **out, size_t *len)
{
	bool audit = event->verdict == VERDICT_AUDIT;
	json_t *object = json_loads(json, 0, NULL);
	char sentence[EVENT_TEXT_LEN], priority[8];
	FILE *stream = object ? open_memstream(out, len) : NULL;

	if (!stream) {
		json_decref(object);
		return object ? -ENOMEM : -EINVAL;
	}
	snprintf(priority, sizeof(priority), "%d", audit ? LOG_NOTICE : LOG_WARNING);
	put_string(stream, "MESSAGE", event_sentence(event, names, sentence));
	put_string(stream, "MESSAGE_ID", JOURNAL_MESSAGE_ID);
	put_string(stream, "PRIORITY", priority);
	put_string(stream, "SYSLOG_IDENTIFIER", "picket");
	put_values(stream, object);
	json_decref(object);
	return fclose(stream) ? -ENOMEM : 0;
}
