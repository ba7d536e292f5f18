/* SPDX-License-Identifier: GPL-2.0-only */
/* What is live, where it is attached, and what it did so far. */
#ifndef PICKET_STATUS_H
#define PICKET_STATUS_H

#include "attach.h"
#include "live.h"
#include "output.h"

/* What sits on interfaces. */
struct attached {
	struct attachment *list; /* freed by the caller */
	size_t n;
};

/* A port is the interface that it was when the policy was made live, whatever that is called now. NULL: none. */
const struct attachment *attached_at(const struct attached *attached, const struct bundle *bundle,
				     const char *interface);

/* As values of the open object. 0 or -errno. */
int status_print(struct output *out, const struct live *live, const struct attached *attached);

#endif
