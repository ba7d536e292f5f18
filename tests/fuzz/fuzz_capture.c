// SPDX-License-Identifier: GPL-2.0-only
/*
 * A capture through what reads it without the kernel: replay's merging, what learn observes, the policy that it
 * makes of it, which must read, and how that policy judges the same frames.
 *
 * wrap: cache_init
 */
#include <errno.h>
#include <string.h>

#include "draft.h"
#include "draft_writer.h"
#include "fuzz.h"
#include "observe.h"
#include "rehearsal.h"
#include "replay.h"

#define FRAMES_MOST 400
#define CACHE_MOST 256 /* entries: what is large takes long to clear, and is never full */

int __real_cache_init(struct cache *cache, size_t entries, size_t entry_size, size_t key_size, cache_worth_fn *worth);
int __wrap_cache_init(struct cache *cache, size_t entries, size_t entry_size, size_t key_size, cache_worth_fn *worth);

int __wrap_cache_init(struct cache *cache, size_t entries, size_t entry_size, size_t key_size, cache_worth_fn *worth)
{
	return __real_cache_init(cache, entries < CACHE_MOST ? entries : CACHE_MOST, entry_size, key_size, worth);
}

static char *draft_text(const struct draft *draft, const struct observer *observer)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	require(to && !draft_write(to, draft, &observer->all, true) && !fclose(to));
	return text;
}

static void learn(struct observer *observer, const struct replay_input *inputs, size_t n)
{
	const struct draft_options options = { .uplink = "wan0" };
	struct leftout leftout = observer->leftout;
	struct policy *policy;
	struct draft *draft;
	char *text;

	require(!draft_new(observer, &options, &draft));
	text = draft_text(draft, observer);
	require(!rehearsal_read(text, &policy));
	rehearsal_run(policy, draft, inputs, n, observer->all.frames, &leftout);
	policy_free(policy);
	draft_free(draft);
	free(text);
}

/* Twice, as if it had been taken on two ports. */
static void read_capture(const char *path)
{
	const struct replay_input inputs[] = {
		{ .name = "lan0", .interface = "lan0", .path = path },
		{ .name = "out:wan0", .interface = "wan0", .out = true, .path = path },
	};
	char error[CAPTURE_ERROR_SIZE] = "";
	struct observer *observer;
	struct replay_frame frame;
	struct replay *replay;
	size_t n = 0;
	int got = 0;

	if (replay_open(inputs, 2, &replay, error)) {
		require(*error);
		return;
	}
	require(!observer_new(&observer));
	while (n++ < FRAMES_MOST && (got = replay_next(replay, &frame, error)) > 0)
		observe_frame(observer, &(struct observed_frame){
			.interface = frame.input->interface, .out = frame.input->out,
			.data = frame.frame.data, .len = frame.frame.len, .time = frame.frame.time,
		});
	require(got >= 0 || *error);
	replay_close(replay);
	if (observer->all.frames)
		learn(observer, inputs, 2);
	observer_free(observer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_capture(fuzz_file(data, size));
	return 0;
}
