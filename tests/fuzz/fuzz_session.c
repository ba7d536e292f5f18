// SPDX-License-Identifier: GPL-2.0-only
/* Where somebody is logged in from, as a client of the daemon's socket says it. */
#include <string.h>

#include "fuzz.h"
#include "session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct ssh_session sessions[SESSIONS_MOST];
	char *text = fuzz_line(&input);

	require(!setenv(SESSION_VARIABLE, text, 1));
	require(sessions_find(sessions) <= SESSIONS_MOST);
	free(sessions_text());
	free(text);
	return 0;
}
