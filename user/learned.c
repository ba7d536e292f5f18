// SPDX-License-Identifier: GPL-2.0-only
#include "learned.h"

#include <bpf/bpf.h>

#define LEARNED_LIFE (3600 * NSEC_PER_SEC)

size_t learned_of(const struct live *live, uint32_t row, uint64_t now,
		  struct learned_addr out[PICKET_LEARNED_MAX])
{
	int addrs = live_map(live, "learned");
	struct learned_by by;
	struct learned learned;
	size_t n = 0;

	if (bpf_map_lookup_elem(live_map(live, "learned_by"), &row, &by))
		return 0;
	for (int i = 0; i < PICKET_LEARNED_MAX; i++) {
		if (!by.since[i] || bpf_map_lookup_elem(addrs, &by.addr[i], &learned) ||
		    learned.row != row || (int64_t)(now - learned.used) >= LEARNED_LIFE)
			continue;
		out[n++] = (struct learned_addr){ by.addr[i], learned.used };
	}
	return n;
}
