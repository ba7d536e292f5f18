/* SPDX-License-Identifier: GPL-2.0-only */
/* From a checked policy to a filter at work: commit, then attach. */
#ifndef PICKET_APPLY_H
#define PICKET_APPLY_H

#include <stddef.h>
#include <stdint.h>

#include "attach.h"
#include "diag.h"
#include "packing.h"
#include "policy.h"
#include "ruleset.h"

/* What came of one port's interface. */
struct applied_interface {
	const char *name; /* the policy's */
	uint32_t ifindex;
	enum attach_mode mode; /* ATTACH_AUTO: it is not attached */
	bool vlans; /* a port with a VLAN id is on it */
};

struct applied {
	struct applied_interface *interfaces; /* each once, in file order */
	size_t n;
	uint32_t generation;
};

struct apply_input {
	const struct policy *policy;
	const struct ruleset *ruleset; /* compiled from it */
	const struct packed *sources; /* its own */
	enum attach_mode mode;
	bool absent_ok; /* a port without an interface is no error: it is attached when there is one */
	uint64_t within; /* ns after which the policy before comes back, unless this one is confirmed; 0: it stays */
	const struct live *again; /* it is this policy once more, as long as it is live; NULL: another one */
};

/*
 * Makes the policy live and attaches its ports. Wants no lock: takes it. 0 and *out, whose
 * interfaces the caller frees; -errno, said on stderr: then what was live still is, and nothing
 * is attached that was not. -EINVAL: diag says what the policy has wrong for this host.
 * -EINPROGRESS: one that was not confirmed yet is live. -EREMOTEIO and *out: the policy is live, but some port is not attached. -ESTALE: again no longer is live.
 */
int apply_policy(const struct apply_input *input, struct diag *diag, struct applied *out);

#endif
