/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event in words.
 */
#ifndef PICKET_EVENTTEXT_H
#define PICKET_EVENTTEXT_H

#include "events.h"

#define EVENT_TEXT_LEN 1024 /* very many roles are cut short */

/* Both write into the caller's buffer, always end it with NUL, and return it. */

/* "role-connect: therm-17 (thermometer), from sensors, stands for 12 frames" */
const char *event_summary(const struct event *event, const struct event_names *names,
			  char buf[EVENT_TEXT_LEN]);

/* "dropped tcp from 10.20.0.17 to 10.1.0.9 port 22 on lan0; ", and the summary */
const char *event_sentence(const struct event *event, const struct event_names *names,
			   char buf[EVENT_TEXT_LEN]);

#endif
