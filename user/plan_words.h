/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy's values in its own language again. */
#ifndef PICKET_PLAN_WORDS_H
#define PICKET_PLAN_WORDS_H

#include "plan_items.h"
#include "policy.h"

#define WORD_LEN 64

/* Buffers of WORD_LEN bytes are always ended, and returned. */
const char *write_prefix(const struct prefix *prefix, char word[WORD_LEN]);
const char *write_service(const struct service *service, char word[WORD_LEN]);
/* "64KiB/s", with ", burst-bytes: 1MB" unless that is the default; count 0: "none". */
const char *write_rate(const struct rate *rate, enum limit_kind kind, char word[WORD_LEN]);
/* "lan0", "lan0 (VLAN 20)" */
const char *write_port(const struct port *port, char word[WORD_LEN]);

/* The name under which a rule names it; points into the policy or into word. */
const char *write_target(const struct policy *policy, const struct target *target, char word[WORD_LEN]);

/* Below 0: after allows less than before; above: more. A count of 0 is no limit. */
int compare_limits(const struct rate *before, const struct rate *after);

/* "policy.yaml:12"; false when there is no such place. */
bool write_place(const struct policy *policy, const struct loc *loc, struct items *out);

#endif
