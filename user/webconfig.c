// SPDX-License-Identifier: GPL-2.0-only
#include "webconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "output.h"
#include "parse.h"
#include "sha256.h"
#include "source.h"
#include "writers.h"

#define LARGEST (256 * 1024) /* bytes of a certificate chain, a key, a secret */
#define SECRET_LEAST 16 /* characters */

/* The values of the file, and where they stand: line 0, not given. */
struct settings {
	struct text certificate, key, token_file, user, password_file;
	struct loc tls, basic; /* the mappings */
};

/* Secrets are kept and compared as digests, which all are as long. */
struct secret {
	uint8_t digest[SHA256_DIGEST_SIZE];
	bool given;
};

struct webconfig {
	char *certificate, *key;
	char *user;
	struct secret token, password;
};

static struct secret secret_of(const char *text)
{
	struct secret secret = { .given = true };
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_add(&sha, text, strlen(text));
	sha256_digest(&sha, SHA256_DIGEST_SIZE, secret.digest);
	return secret;
}

/* Takes as long whether they are equal or not. */
static bool secret_is(const struct secret *secret, const char *text)
{
	struct secret given = secret_of(text ? text : "");
	uint8_t differ = 0;

	for (size_t i = 0; i < sizeof(given.digest); i++)
		differ |= given.digest[i] ^ secret->digest[i];
	return secret->given && text && !differ;
}

/* ---- the file ---- */

static void read_text(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	parse_scalar(parse, key, value, into);
}

static void read_certificate(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_text(parse, key, value, &((struct settings *)into)->certificate);
}

static void read_key(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_text(parse, key, value, &((struct settings *)into)->key);
}

static void read_user(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_text(parse, key, value, &((struct settings *)into)->user);
}

static void read_password(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_text(parse, key, value, &((struct settings *)into)->password_file);
}

static void read_token(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	read_text(parse, key, value, &((struct settings *)into)->token_file);
}

static void read_tls(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	static const struct field fields[] = { { "certificate", read_certificate }, { "key", read_key } };

	((struct settings *)into)->tls = node_loc(key);
	parse_fields(parse, key, value, fields, 2, into);
}

static void read_basic(struct parse *parse, const struct node *key, const struct node *value, void *into)
{
	static const struct field fields[] = { { "user", read_user }, { "password-file", read_password } };

	((struct settings *)into)->basic = node_loc(key);
	parse_fields(parse, key, value, fields, 2, into);
}

static void read_settings(struct parse *parse, const struct node *root, struct settings *settings)
{
	static const struct node top = { .text = "web-config", .kind = NODE_SCALAR };
	static const struct field fields[] = {
		{ "tls", read_tls }, { "bearer-token-file", read_token }, { "basic-auth", read_basic },
	};

	parse_fields(parse, &top, root, fields, 3, settings);
	if (settings->tls.line && !(settings->certificate.len && settings->key.len))
		diag_error(parse->diag, settings->tls, "\"tls\" wants both certificate and key");
	if (settings->basic.line && !(settings->user.len && settings->password_file.len))
		diag_error(parse->diag, settings->basic, "\"basic-auth\" wants both user and password-file");
	if (!settings->basic.line && !settings->token_file.len)
		diag_error(parse->diag, (struct loc){}, "nobody would be let in: give bearer-token-file or basic-auth");
}

/* ---- the files that it names ---- */

/* Relative to the directory of the file that names it. NULL without memory; the caller's. */
static char *path_beside(const char *config, const struct text *name)
{
	_cleanup_free_ char *copy = strdup(config);
	char *path = NULL;

	if (!copy)
		return NULL;
	if (name->s[0] == '/')
		return strndup(name->s, name->len);
	return asprintf(&path, "%s/%.*s", dirname(copy), (int)name->len, name->s) < 0 ? NULL : path;
}

/* Reads a file whole, as text: *out is the caller's. private: nobody else may read it. */
static int read_file(struct diag *diag, const char *config, const struct text *name, bool private, char **out)
{
	_cleanup_free_ char *path = path_beside(config, name);
	_cleanup_free_ char *text = calloc(1, LARGEST + 1);
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat stat;
	ssize_t n;

	if (!path || !text)
		return -ENOMEM;
	if (fd < 0 || fstat(fd, &stat)) {
		diag_error(diag, name->loc, "%s cannot be read: %s", path, strerror(errno));
		return -EINVAL;
	}
	if (private && (stat.st_mode & 077))
		diag_error(diag, name->loc, "%s may be read by others: chmod 600 it", path);
	else if (!writers_owned(&stat) || writers_others(&stat))
		diag_error(diag, name->loc, "%s can be changed by others: 'chown root' and 'chmod go-w' it", path);
	n = read(fd, text, LARGEST + 1);
	if (n <= 0 || n > LARGEST) {
		diag_error(diag, name->loc, "%s %s", path, n < 0 ? strerror(errno) : n ? "is too large" : "is empty");
		return -EINVAL;
	}
	text[n] = '\0';
	*out = text;
	text = NULL;
	return 0;
}

static int read_secret(struct diag *diag, const char *config, const struct text *name, struct secret *out)
{
	_cleanup_free_ char *text = NULL;
	int err = name->len ? read_file(diag, config, name, true, &text) : 0;

	if (err || !name->len)
		return err;
	text[strcspn(text, "\r\n")] = '\0';
	if (strlen(text) < SECRET_LEAST)
		diag_error(diag, name->loc, "the secret in it is too easy to guess: give at least %d characters, as "
			   "'openssl rand -hex 32' makes them", SECRET_LEAST);
	*out = secret_of(text);
	explicit_bzero(text, strlen(text));
	return 0;
}

static int read_files(struct diag *diag, const char *path, const struct settings *settings,
		      struct webconfig *config)
{
	int err = 0;

	if (settings->certificate.len)
		err = read_file(diag, path, &settings->certificate, false, &config->certificate);
	if (!err && settings->key.len)
		err = read_file(diag, path, &settings->key, true, &config->key);
	if (!err)
		err = read_secret(diag, path, &settings->token_file, &config->token);
	if (!err)
		err = read_secret(diag, path, &settings->password_file, &config->password);
	if (!err && settings->user.len) {
		config->user = strndup(settings->user.s, settings->user.len);
		err = config->user ? 0 : -ENOMEM;
	}
	return err;
}

static void config_cleanup(struct webconfig **config)
{
	webconfig_free(*config);
}

static int read_all(const char *path, struct diag *diag, struct arena *arena, struct webconfig *config)
{
	struct source_file source __attribute__((cleanup(source_cleanup))) = {};
	struct parse parse = { .diag = diag, .arena = arena };
	struct settings settings = {};
	const struct node *root;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat stat;
	int err = fd < 0 || fstat(fd, &stat) ? -errno : source_read_fd(fd, path, &source);

	if (err)
		return err;
	if (!writers_owned(&stat) || writers_others(&stat))
		diag_error(diag, (struct loc){}, "others can change this file: 'chown root' and 'chmod go-w' it");
	err = diag_share_files(diag, &source, 1);
	if (!err)
		err = yaml_read(&source, 0, arena, diag, &root);
	if (err)
		return err;
	read_settings(&parse, root, &settings);
	return diag->nerrors ? -EINVAL : read_files(diag, path, &settings, config);
}

int webconfig_read(const char *path, struct webconfig **out)
{
	struct webconfig *config __attribute__((cleanup(config_cleanup))) = calloc(1, sizeof(*config));
	struct diag *diag __attribute__((cleanup(diag_cleanup))) = diag_new();
	struct arena arena __attribute__((cleanup(arena_free))) = {};
	int err = config && diag ? read_all(path, diag, &arena, config) : -ENOMEM;

	if (diag && diag->nerrors) {
		diag_sort(diag);
		diag_print(diag, stderr);
		return fail(-EINVAL, "%s is not valid", path);
	}
	if (err)
		return fail(err, "%s cannot be read: %s", path, strerror(-err));
	*out = config;
	config = NULL;
	return 0;
}

void webconfig_free(struct webconfig *config)
{
	if (!config)
		return;
	free(config->certificate);
	if (config->key)
		explicit_bzero(config->key, strlen(config->key));
	free(config->key);
	free(config->user);
	free(config);
}

const char *webconfig_certificate(const struct webconfig *config)
{
	return config->certificate;
}

const char *webconfig_key(const struct webconfig *config)
{
	return config->key;
}

bool webconfig_admits_token(const struct webconfig *config, const char *token)
{
	return secret_is(&config->token, token);
}

bool webconfig_admits_user(const struct webconfig *config, const char *user, const char *password)
{
	bool known = user && config->user && !strcmp(user, config->user);

	return secret_is(&config->password, password) && known;
}

bool webconfig_has_users(const struct webconfig *config)
{
	return config->user;
}
