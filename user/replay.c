// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
	const struct replay_input *input;
	struct capture *capture;
	struct capture_frame head; /* when it is loaded */
	bool loaded, ended;
};

struct replay {
	struct source *sources;
	size_t n;
};

int replay_parse_input(const char *argument, struct replay_input *out)
{
	const char *equals = strchr(argument, '=');
	size_t prefix = strncmp(argument, "out:", 4) ? 0 : 4;
	size_t len = equals ? (size_t)(equals - argument) : 0;
	char *name;

	if (!equals || !equals[1] || len <= prefix || len - prefix >= IFNAMSIZ)
		return -EINVAL;
	name = strndup(argument, len);
	if (!name)
		return -ENOMEM;
	*out = (struct replay_input){ .name = name, .interface = name + prefix, .out = prefix,
				      .path = equals + 1 };
	return 0;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	for (size_t i = 0; i < replay->n; i++)
		capture_free(replay->sources[i].capture);
	free(replay->sources);
	free(replay);
}

static void replay_cleanup(struct replay **replay)
{
	replay_close(*replay);
}

int replay_open(const struct replay_input *inputs, size_t n, struct replay **out,
		char error[CAPTURE_ERROR_SIZE])
{
	struct replay *replay __attribute__((cleanup(replay_cleanup))) = calloc(1, sizeof(*replay));
	int err;

	if (!replay || !(replay->sources = calloc(n ? n : 1, sizeof(*replay->sources)))) {
		snprintf(error, CAPTURE_ERROR_SIZE, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct source *source = &replay->sources[replay->n++];

		source->input = &inputs[i];
		err = capture_open(inputs[i].path, &source->capture, error);
		if (err)
			return err;
	}
	*out = replay;
	replay = NULL;
	return 0;
}

static int load_heads(struct replay *replay, char error[CAPTURE_ERROR_SIZE])
{
	for (size_t i = 0; i < replay->n; i++) {
		struct source *source = &replay->sources[i];
		int got;

		if (source->loaded || source->ended)
			continue;
		got = capture_next(source->capture, &source->head, error);
		if (got < 0)
			return got;
		source->loaded = got;
		source->ended = !got;
	}
	return 0;
}

int replay_next(struct replay *replay, struct replay_frame *out, char error[CAPTURE_ERROR_SIZE])
{
	struct source *first = NULL;
	int err = load_heads(replay, error);

	if (err)
		return err;
	for (size_t i = 0; i < replay->n; i++) {
		struct source *source = &replay->sources[i];

		if (source->loaded && (!first || source->head.time < first->head.time))
			first = source;
	}
	if (!first)
		return 0;
	first->loaded = false;
	*out = (struct replay_frame){ .input = first->input, .frame = first->head };
	return 1;
}
