/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may ask the HTTP server, and with which key it answers: the file of --web-config.
 *
 *   tls: {certificate: FILE, key: FILE}       PEM
 *   bearer-token-file: FILE                   "Authorization: Bearer ..."
 *   basic-auth: {user: NAME, password-file: FILE}
 *
 * Paths are relative to the file's own place. A secret is its file's first line.
 */
#ifndef PICKET_WEBCONFIG_H
#define PICKET_WEBCONFIG_H

#include <stdbool.h>

struct webconfig;

/* 0 and *out; -EINVAL and the like, said on stderr, with file, line and column where there are some. */
int webconfig_read(const char *path, struct webconfig **out);
void webconfig_free(struct webconfig *config);

/* PEM; NULL: no TLS. */
const char *webconfig_certificate(const struct webconfig *config);
const char *webconfig_key(const struct webconfig *config);

/* Takes as long whether it is right or wrong. NULL: not given. */
bool webconfig_admits_token(const struct webconfig *config, const char *token);
bool webconfig_admits_user(const struct webconfig *config, const char *user, const char *password);

/* What to ask a browser for; false: only a token will do. */
bool webconfig_has_users(const struct webconfig *config);

#endif
