/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether this kernel and this user can run picket at all. */
#ifndef PICKET_SYSTEM_H
#define PICKET_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* uname's release, "6.1.0-18-amd64", is at least 6.1; what cannot be read is not. */
bool kernel_supported(const char *release);

#define CAPABILITIES_LEN 64

/* What an effective set (bit per capability) lacks: "CAP_BPF, CAP_PERFMON"; "" for nothing. */
const char *capabilities_missing(uint64_t effective, char buf[CAPABILITIES_LEN]);

/* The same of this process. */
const char *system_capabilities_missing(char buf[CAPABILITIES_LEN]);

/* 0, or -errno: -EOPNOTSUPP, -EPERM. Says so on stderr. */
int system_check(void);

/* Returns when every packet that was under way is through the programs. */
void system_wait_for_grace(void);

#endif
