/* SPDX-License-Identifier: GPL-2.0-only */
/* The word that says which policy is live, read and written beside programs that use it. */
#ifndef PICKET_LIVEWORD_H
#define PICKET_LIVEWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "picket/abi.h"

/* What the entry programs go by at this moment. */
uint64_t liveword_now(const volatile struct live_word *live);

/* ns until the policy before comes back; 0: nothing is pending, or it has come back. */
uint64_t liveword_left(const volatile struct live_word *live);

/* The one commit point. With back: that word holds from so many ns on, unless another is stored before. */
void liveword_store(volatile struct live_word *live, uint64_t word);
void liveword_store_pending(volatile struct live_word *live, uint64_t word, uint64_t back, uint64_t within);

#endif
