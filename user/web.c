// SPDX-License-Identifier: GPL-2.0-only
#include "web.h"

#include <errno.h>
#include <stdlib.h>

#include "api.h"
#include "attach.h"
#include "cleanup.h"
#include "metrics.h"
#include "page.h"

#define UNAVAILABLE 503

struct live *web_live(struct web *web)
{
	if (web->live && live_stale(web->live))
		web_close(web);
	if (!web->live)
		web->error = live_open(&web->live);
	return web->live;
}

void web_close(struct web *web)
{
	live_close(web->live);
	web->live = NULL;
}

static void answer_health(struct http_exchange *exchange)
{
	fputs("picket " PICKET_VERSION " runs\n", exchange->body);
}

/* A port of the policy that is not filtered, NULL: all are. */
static const char *open_port(const struct bundle *bundle)
{
	_cleanup_free_ struct attachment *list = NULL;
	uint16_t vlan;
	size_t n = 0;

	if (attachments_get(&list, &n))
		return "?";
	for (uint32_t i = 0; i < bundle->nports; i++) {
		const char *interface = bundle_port(bundle, i, &vlan);

		if (!attachment_works(attachment_at(list, n, bundle_port_ifindex(bundle, interface))))
			return interface;
	}
	return NULL;
}

static void answer_ready(struct http_exchange *exchange)
{
	struct web *web = exchange->context;
	const struct live *live = web_live(web);
	const char *open = live ? open_port(live_bundle(live)) : NULL;

	if (!live && web->error == -EIO)
		http_refuse(exchange, UNAVAILABLE, "pins are missing: apply a policy again");
	else if (!live)
		http_refuse(exchange, UNAVAILABLE, "no policy is live");
	else if (open)
		http_refuse(exchange, UNAVAILABLE, "interface %s is in the policy but not attached", open);
	else if (atomic_load(&web->shared->apply_failed))
		http_refuse(exchange, UNAVAILABLE, "the last apply failed; the policy before it is live");
	else
		fprintf(exchange->body, "policy %s is live on all its ports\n", live_bundle(live)->name);
}

const struct http_route web_routes[] = {
	{ "/healthz", answer_health },
	{ "/readyz", answer_ready },
	{ "/metrics", metrics_answer },
	{ "/", page_answer },
	{ "/api/status", api_status },
	{ "/api/segments", api_segments },
	{},
};

/* They look at every device, or read the policy. */
const struct http_route web_slow_routes[] = {
	{ "/api/devices", api_devices },
	{ "/api/device", api_device },
	{ "/api/audit", api_audit },
	{},
};
