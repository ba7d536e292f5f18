/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What picket changed about interfaces, and must put back: a pinned map, written before each
 * change. And the names of pinned links.
 */
#ifndef PICKET_CHANGES_H
#define PICKET_CHANGES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct change {
	char interface[IF_NAMESIZE]; /* as it was called then */
	uint32_t offloads; /* enum offload that were on */
	uint32_t egress; /* enum egress_change */
};

enum egress_change {
	EGRESS_FILTER = 1 << 0, /* picket's clsact filter */
	EGRESS_QDISC = 1 << 1, /* clsact itself was picket's */
};

/* Makes the map unless it is there. 0 or -errno. */
int changes_make(void);

/* Nothing changed: zeroes and the name. 0 or -errno. */
int change_get(uint32_t ifindex, const char *interface, struct change *out);
/* Removes the entry when nothing is left in it. */
int change_put(uint32_t ifindex, const struct change *change);
int change_remove(uint32_t ifindex);

/* Append the ifindexes that have a change, or a pinned link. 0 or -errno. */
int changes_list(uint32_t **list, size_t *n);
int links_list(uint32_t **list, size_t *n);

#define LINK_NAME_LEN 24

/* "xdp_7" */
void link_name(const char *kind, uint32_t ifindex, char out[LINK_NAME_LEN]);

/*
 * True when the link of this name holds this interface; one whose interface was deleted holds
 * none, for ever. *program is the id of its program.
 */
bool link_alive(const char *name, uint32_t ifindex, uint32_t *program);

/* Detaches a pinned link and removes the pin; what is not there is no error. 0 or -errno. */
int link_remove(const char *name);

#endif
