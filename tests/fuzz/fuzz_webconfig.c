// SPDX-License-Identifier: GPL-2.0-only
/* The file of --web-config, a secret that it may name, and what a client gives for it. A line each, the file last. */
#include <string.h>

#include "fuzz.h"
#include "webconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	char *secret = fuzz_line(&input), *user = fuzz_line(&input), path[160];
	struct webconfig *config;

	fuzz_put("secret", secret, strlen(secret));
	fuzz_put("config.yaml", input.at, input.left);
	snprintf(path, sizeof(path), "%s/config.yaml", fuzz_dir());
	if (!webconfig_read(path, &config)) {
		webconfig_admits_token(config, secret);
		webconfig_admits_user(config, user, secret);
		/* Nobody gets in by leaving it out. */
		require(!webconfig_admits_token(config, NULL) && !webconfig_admits_token(config, ""));
		require(!webconfig_admits_user(config, NULL, secret) && !webconfig_admits_user(config, user, NULL));
		webconfig_certificate(config);
		webconfig_key(config);
		webconfig_free(config);
	}
	free(secret);
	free(user);
	return 0;
}
