/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How values read: reasons, verdicts, addresses, protocols, times, sizes.
 * format_*() write into the caller's buffer, always end it with NUL, and return it.
 */
#ifndef PICKET_NAMES_H
#define PICKET_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "picket/abi.h"

#define ADDR_LEN 46
#define MAC_LEN 18
#define TIME_LEN 36
#define DURATION_LEN 48
#define SIZE_LEN 24
#define PROTOCOL_LEN 16

/* "role-connect"; REASON_NONE: NULL; what the list does not know: "unknown" */
const char *reason_name(unsigned int reason);
/* Back again; what is none, or NULL: REASON_NONE */
enum reason reason_number(const char *name);
/* "pass", "drop", "audit" */
const char *verdict_name(unsigned int verdict);

/* "10.20.0.17", "fd00::1" */
const char *format_addr(const struct picket_addr *addr, char buf[ADDR_LEN]);
const char *format_mac(const uint8_t mac[6], char buf[MAC_LEN]);
/* "tcp", "udp", "sctp", "icmp" (1 and 58), else "proto/47" */
const char *format_protocol(uint8_t protocol, char buf[PROTOCOL_LEN]);
/* RFC 3339, UTC: "2026-11-23T23:43:03.123456Z", whole seconds without the fraction */
const char *format_time(int64_t unix_ns, char buf[TIME_LEN]);
/* The two largest units: "1h30m", "12s", "250ms", "0s" */
const char *format_duration(int64_t ns, char buf[DURATION_LEN]);
/* "512 B", "1.5 MiB" */
const char *format_size(uint64_t bytes, char buf[SIZE_LEN]);

/* 0 and *out, or -EINVAL. */
int parse_addr(const char *text, struct picket_addr *out);
/* "02:00:5e:10:00:17" */
int parse_mac(const char *text, uint8_t out[6]);
/* "90s", "1h", "1h30m", "2d", "500ms"; over 0 and under 100 years; *ns. */
int parse_duration(const char *text, int64_t *ns);
/* Two digits a byte, as many bytes as there are and have room. Returns how many. */
size_t parse_hex(const char *text, uint8_t *out, size_t most);
/* A decimal number without sign or space, lo to hi. */
int parse_number(const char *text, uint64_t lo, uint64_t hi, uint64_t *out);

#endif
