/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry programs on interfaces: XDP and egress, each held by a pinned link (or a clsact
 * filter where the kernel has no tcx), and the offloads that had to go. All calls want the lock.
 */
#ifndef PICKET_ATTACH_H
#define PICKET_ATTACH_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum attach_mode { ATTACH_AUTO, ATTACH_NATIVE, ATTACH_GENERIC };

/* What sits on one interface. */
struct attachment {
	char interface[IF_NAMESIZE]; /* its name today; "" when it is gone */
	uint32_t ifindex;
	enum attach_mode mode; /* of the XDP program; ATTACH_AUTO: there is none */
	bool egress;
	bool clsact; /* egress by a filter and not by a tcx link */
	uint32_t offloads; /* turned off by picket */
};

/* The pinned entry programs. */
struct entry_programs {
	int ingress, egress;
};

/* "native", "generic", "auto" */
const char *attach_mode_name(enum attach_mode mode);
/* 0 and *out, or -EINVAL. */
int parse_attach_mode(const char *text, enum attach_mode *out);

/* Makes the map where changes to interfaces are written down. 0 or -errno. */
int attach_prepare(void);

/* Every interface that something of picket's is on, or was when it vanished. 0 or -errno. */
int attachments_get(struct attachment **out, size_t *n);

/* The one of this interface; NULL: nothing of picket's is on it, or it is not there. */
const struct attachment *attachment_find(const struct attachment *list, size_t n, const char *interface);
/* Is what arrives there filtered, and what leaves? NULL: no. */
bool attachment_works(const struct attachment *attachment);

/*
 * Could picket attach here? 0; -EBUSY when somebody else's XDP program is there. Says so on
 * stderr, with what to do.
 */
int attach_check(const char *interface, uint32_t ifindex);

/*
 * Attaches what is missing; one that is attached in another mode than the wanted one changes
 * (between the two the interface is open, which is said). *got is the mode. 0 or -errno, said
 * on stderr.
 */
int attach_interface(const struct entry_programs *entry, const char *interface, uint32_t ifindex,
		     enum attach_mode wanted, enum attach_mode *got);

/* Takes everything off and puts the offloads back. 0 or the first -errno, said on stderr. */
int detach_interface(const struct attachment *attachment);

#endif
