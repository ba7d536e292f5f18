/* SPDX-License-Identifier: GPL-2.0-only */
/* GET /metrics: what is live, for Prometheus. */
#ifndef PICKET_METRICS_H
#define PICKET_METRICS_H

#include <stdint.h>

#include "http.h"

/* How many devices have series of their own. */
#define METRICS_NO_DEVICES 0
#define METRICS_ALL_DEVICES UINT32_MAX
#define METRICS_DEVICES_DEFAULT 100

/* "all", "none", "top=N": 0 and *out, or -EINVAL. */
int parse_device_metrics(const char *text, uint32_t *out);

/* The route's handler; its context is a struct web. */
void metrics_answer(struct http_exchange *exchange);

#endif
