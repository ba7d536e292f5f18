// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "api.h"
#include "auditbook.h"
#include "http.h"
#include "web.h"

#define FAILED 500

void api_audit(struct http_exchange *exchange)
{
	const struct web *web = exchange->context;
	struct output *out = output_new(exchange->body, true);
	int err = out ? 0 : -ENOMEM;

	exchange->type = "application/json";
	if (out) {
		auditbook_print(web->shared->audit, out);
		err = output_close(out);
	}
	if (err)
		http_refuse(exchange, FAILED, "the answer cannot be made: %s", strerror(-err));
}
