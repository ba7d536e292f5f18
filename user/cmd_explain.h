/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "picket explain" was asked, and the frame that this makes.
 */
#ifndef PICKET_CMD_EXPLAIN_H
#define PICKET_CMD_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "explain.h"
#include "probe.h"

struct request {
	const char *policy_path; /* NULL: the live one */
	const char *port, *src, *dst, *mac, *service;
	bool out;
	uint64_t sport;
};

struct explanation {
	const struct request *request;
	const struct policy *policy;
	char *interface; /* owned */
	struct probe probe;
	const char *mac_source; /* "device", "option", "made-up" */
	struct answer answer;
};

/*
 * Fills interface, probe and mac_source from request and policy. 0, or an exit status when
 * something was wrong and said.
 */
int explanation_frame(struct explanation *e);

#endif
