// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of the state directory: the history, and an applied policy that was kept. The input is the kept policy's
 * file up to its length, and then the history.
 *
 * wrap: pins_state_dir
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "archive.h"
#include "diag.h"
#include "fuzz.h"
#include "history.h"
#include "pins.h"

#define HASH "ef51306214d9a6361ee1d5b452e6d2bb70dc7ebb85bf9e02c3d4747fb57d6bec"
#define UNPACKED_MOST (1 << 20)

const char *__wrap_pins_state_dir(char path[PINS_STATE_LEN]);

const char *__wrap_pins_state_dir(char path[PINS_STATE_LEN])
{
	snprintf(path, PINS_STATE_LEN, "%s", fuzz_dir());
	return path;
}

static int on_entry(const struct history_entry *entry, void *context)
{
	const char *const texts[] = { entry->action, entry->result, entry->policy, entry->hash, entry->device };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i])
			fuzz_look(texts[i], strlen(texts[i]));
	return 0;
}

static void read_kept(const uint8_t *data, size_t size)
{
	struct diag *diag = diag_new();
	struct packed packed;
	struct policy *policy;
	char path[160];

	snprintf(path, sizeof(path), "%s/policies", fuzz_dir());
	mkdir(path, 0700);
	fuzz_put("policies/" HASH, data, size);
	if (!archive_get(HASH, &packed)) {
		/* So much is believed, and asked for. */
		if (packed.unpacked <= UNPACKED_MOST && !packed_policy(&packed, diag, &policy))
			policy_free(policy);
		free(packed.data);
	}
	snprintf(path, sizeof(path), "%s/policies/" HASH, fuzz_dir());
	remove(path);
	diag_free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct archived list[ARCHIVE_KEPT + 1];
	const uint8_t *kept;
	size_t n = 0, len;

	kept = fuzz_bytes(&input, fuzz_word(&input), &len);
	if (len)
		read_kept(kept, len);
	fuzz_put("history.jsonl", input.at, input.left);
	require(!history_read(on_entry, NULL));
	require(!archive_list(list, &n) && n <= ARCHIVE_KEPT + 1);
	for (size_t i = 0; i < n; i++)
		require(strlen(list[i].hash) < sizeof(list[i].hash) && strlen(list[i].name) < sizeof(list[i].name));
	return 0;
}
