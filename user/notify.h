/* SPDX-License-Identifier: GPL-2.0-only */
/* What a service manager is told, as sd_notify(3) does. */
#ifndef PICKET_NOTIFY_H
#define PICKET_NOTIFY_H

/*
 * Sends lines such as "READY=1" to the socket that NOTIFY_SOCKET names; without one, or when
 * nobody reads there, nothing happens.
 */
void notify(const char *state);

/* "RELOADING=1", with the time that Type=notify-reload wants. "READY=1" ends it. */
void notify_reloading(void);

#endif
