/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as journald takes them: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. Not by libsystemd,
 * whose calls return 0 where there is no journald.
 */
#ifndef PICKET_JOURNAL_H
#define PICKET_JOURNAL_H

#include <stddef.h>

#include "events.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
/* MESSAGE_ID of a drop or an audited one: journalctl MESSAGE_ID=... finds all of them. */
#define JOURNAL_MESSAGE_ID "00bae5d2c3514cad8146eb5b20270792"

/*
 * The datagram of an event: MESSAGE, and a field PICKET_KEY for each key of json (an object, as
 * event_print() makes it) whose value is not null. 0 and *out, malloc'ed; -EINVAL; -ENOMEM.
 */
int journal_entry(const struct event *event, const struct event_names *names, const char *json,
		  char **out, size_t *len);

#endif
