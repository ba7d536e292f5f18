/* SPDX-License-Identifier: GPL-2.0-only */
/* Events that passed as audit, for a book of them. */
#ifndef PICKET_AUDIT_EVENTS_H
#define PICKET_AUDIT_EVENTS_H

#include <stdint.h>

#include "auditbook.h"

#define SECOND 1000000000LL
#define T0 (1795748408LL * SECOND)

/* The first packet of a connection, IPv4. */
struct event event_of(uint8_t reason, const char *src, const char *dst, uint8_t protocol, uint16_t port);
/* device NULL: of nobody. time: Unix ns */
void add(struct auditbook *book, const struct event *event, const char *device, int64_t time);
/* Begun at T0. */
struct auditbook *new_book(void);

#endif
