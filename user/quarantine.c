// SPDX-License-Identifier: GPL-2.0-only
#include "quarantine.h"

#include <errno.h>

#include "picket/abi.h"
#include "system.h"
#include "window.h"

/* What the programs found of the device before no longer stands. */
static void withdraw_welcome(struct state *state)
{
	__atomic_store_n(&state->sent.welcome, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->received.welcome, 0, __ATOMIC_SEQ_CST);
}

int quarantine_set(int idents, int devices, uint32_t row, int64_t until)
{
	struct window identities __attribute__((cleanup(window_close))) =
		window_open(idents, sizeof(struct ident), row + 1, true);
	struct window states __attribute__((cleanup(window_close))) =
		window_open(devices, sizeof(struct state), row + 1, true);
	struct ident *ident = window_row(&identities, row);
	struct state *state = window_row(&states, row);

	if (!ident || !state)
		return -errno;
	__atomic_store_n(&ident->quarantined_until, until, __ATOMIC_SEQ_CST);
	if (!until)
		return 0;
	withdraw_welcome(state);
	/* Packets under way may have read what was before, and bring their welcome back. */
	system_wait_for_grace();
	withdraw_welcome(state);
	return 0;
}
