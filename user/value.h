/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single values of the policy language, from YAML scalars and CSV fields alike. Each function
 * returns true and *out, or reports what is wrong and what to write, and leaves *out alone.
 */
#ifndef PICKET_VALUE_H
#define PICKET_VALUE_H

#include "diag.h"

/* A located piece of a source; not NUL-terminated. */
struct text {
	const char *s;
	size_t len;
	struct loc loc;
};

/* For "%.*s": as much of a text as a message should quote. */
#define QUOTED(text) (int)((text)->len < 64 ? (text)->len : 64), (text)->s

bool text_is(const struct text *text, const char *word);

/* Does it look like an address or a CIDR rather than like a name? */
bool text_is_address(const struct text *text);

/* what: "segment", "role"...; upper case is for devices. */
bool value_name(struct diag *diag, const struct text *text, const char *what, bool upper);
bool value_bool(struct diag *diag, const struct text *text, bool *out);
bool value_number(struct diag *diag, const struct text *text, uint64_t lo, uint64_t hi,
		  uint64_t *out);
/* One of n words; *out is its index. */
bool value_choice(struct diag *diag, const struct text *text, const char *const *words, size_t n,
		  size_t *out);

/* An address that a device or the gateway can have. */
bool value_addr(struct diag *diag, const struct text *text, struct picket_addr *out);
/* A CIDR; bare: also a single address. */
bool value_prefix(struct diag *diag, const struct text *text, bool bare, struct prefix *out);
bool value_mac(struct diag *diag, const struct text *text, uint8_t out[6]);

bool value_interface(struct diag *diag, const struct text *text);
bool value_ethertype(struct diag *diag, const struct text *text, uint16_t *out);
/* The policy language's name of it, NULL: it has none. */
const char *ethertype_name(uint16_t ethertype);
bool value_space(struct diag *diag, const struct text *text);
/* RFC 3339; *out in Unix ns. */
bool value_time(struct diag *diag, const struct text *text, int64_t *out);

/* "tcp/443", "udp", "icmp", "proto/47", "any" */
bool value_service(struct diag *diag, const struct text *text, struct service *out);
/* "64KiB/s"; sets count, period and loc. */
bool value_rate(struct diag *diag, const struct text *text, enum limit_kind kind, struct rate *out);
/* "64KiB", or a plain number for packets and flows. */
bool value_burst(struct diag *diag, const struct text *text, enum limit_kind kind, uint64_t *out);

#endif
