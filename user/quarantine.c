// SPDX-License-Identifier: GPL-2.0-only
#include "quarantine.h"

#include <errno.h>
#include <time.h>

#include "cleanup.h"
#include "live.h"
#include "output.h"
#include "pins.h"
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

/* Its time is over: every packet of it passes already. */
static bool is_over(const struct ident *ident)
{
	int64_t until = __atomic_load_n(&ident->quarantined_until, __ATOMIC_RELAXED);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return until && until <= now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

int quarantine_lift(const struct live *live, uint32_t row)
{
	_cleanup_close_ int lock = -1;
	uint32_t rows;
	const struct ident *idents = live_idents(live, &rows);
	int err = pins_lock(0, &lock);

	if (err)
		return err;
	if (live_stale(live))
		return -ESTALE;
	/* While the lock was another's it may have been made longer. */
	if (row >= rows || !is_over(&idents[row]))
		return 0;
	err = quarantine_set(live_map(live, "idents"), live_map(live, "devices"), row, 0);
	if (!err)
		notice("device %s is no longer quarantined: its time is over", live_device_name(live, row));
	return err;
}
