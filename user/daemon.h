/* SPDX-License-Identifier: GPL-2.0-only */
/* The one long-lived process. What is live does not depend on it. */
#ifndef PICKET_DAEMON_H
#define PICKET_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach.h"

struct webconfig;

#define DAEMON_SINKS 8

struct daemon_options {
	const char *policy; /* applied at start and on SIGHUP; NULL: what is live stays */
	enum attach_mode mode; /* of it */
	const char *listen; /* "HOST:PORT"; NULL: only the Unix socket answers */
	const struct webconfig *web; /* who may ask there; NULL: everybody */
	const char *sinks[DAEMON_SINKS]; /* where events go, as sink_open() has it */
	size_t nsinks;
	const char *access; /* who may do what at the Unix socket, as access.h has it */
	bool access_given; /* by the admin, who is told where it is not there */
	const char *pcap; /* a capture of what was refused; NULL: none */
	uint32_t device_metrics; /* as metrics.h has it */
};

/* Returns when SIGTERM or SIGINT ends it: enum exit_status. */
int daemon_run(const struct daemon_options *options);

#endif
