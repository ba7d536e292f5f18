/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a live policy was made for of this host: which interface each port is, the gateway's addresses, how
 * large frames may be, the leap seconds. When that changes the policy is to be made live once more.
 */
#ifndef PICKET_HOSTVIEW_H
#define PICKET_HOSTVIEW_H

#include "bundle.h"
#include "netlink.h"

/*
 * ifindexes[i] of the ports that names[i] names, 0: there is none. One that was renamed stays the port that
 * it was in the policy before (NULL: none) as long as nothing else has the name.
 */
void hostview_find(const char *const *names, size_t n, const struct network *network,
		   const struct bundle *before, uint32_t *ifindexes);

/* Whether a port's frames may be longer than Ethernet's own. */
bool hostview_jumbo(const uint32_t *ifindexes, size_t n, const struct network *network);

/* ns: TAI less UTC as this kernel has it, 0 where it was never told. */
int64_t hostview_tai_offset(void);

/* One number that changes when any of it does; never 0. 0 without memory. */
uint64_t hostview_hash(const uint32_t *ifindexes, size_t n, const struct network *network);

#endif
