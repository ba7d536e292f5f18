/* SPDX-License-Identifier: GPL-2.0-only */
/* One device's page. */
#ifndef PICKET_TOP_PAGE_H
#define PICKET_TOP_PAGE_H

#include "top_device.h"

/* On lines y up to, not including, end. */
void page_draw(const struct top_device *device, const struct top_data *data, int y, int end);

#endif
