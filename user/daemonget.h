/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon answers at its Unix socket. */
#ifndef PICKET_DAEMONGET_H
#define PICKET_DAEMONGET_H

#include <jansson.h>

/* GET path: 0 and *out, the caller's; -ENOENT, -ECONNREFUSED: none runs; -EPROTO: it does not know that; -errno. */
int daemon_get(const char *path, json_t **out);

#endif
