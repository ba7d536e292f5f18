/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers in a few columns. */
#ifndef PICKET_TOP_FORMAT_H
#define PICKET_TOP_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "names.h"

#define COUNT_LEN 16

/* Three digits, thousands as "k", "M", "G", "T", "P": "0", "0.3", "12", "12.3k" */
const char *format_count(double count, char buf[COUNT_LEN]);

/* How long ago, in one unit: "now", "12s", "3m", "5h", "2d"; ns of boot time 0: "-" */
const char *format_since(uint64_t boot_ns, uint64_t now, char buf[COUNT_LEN]);

/* What a bucket lets through: "50/s", "64.0 KiB/s", "6/m"; bytes: it counts them */
const char *format_limit(double per_second, bool bytes, char buf[SIZE_LEN]);

#endif
