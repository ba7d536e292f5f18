/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of the policy language as text that it reads again: what a policy that picket writes consists of. */
#ifndef PICKET_POLICY_WRITER_H
#define PICKET_POLICY_WRITER_H

#include <stdio.h>

#include "policy.h"

#define POLICY_TEXT 136

/* Each writes into buf and returns it; quoted where YAML, or who reads it, could take it for something else. */
const char *policy_text(const char *text, char buf[POLICY_TEXT]); /* a name; at most 64 bytes */
const char *policy_addr(const struct picket_addr *addr, char buf[POLICY_TEXT]);
const char *policy_prefix(const struct prefix *prefix, char buf[POLICY_TEXT]);
const char *policy_mac(const uint8_t mac[6], char buf[POLICY_TEXT]);
const char *policy_service(const struct service *service, char buf[POLICY_TEXT]); /* "tcp/443", "icmp" */
const char *policy_ethertype(uint16_t ethertype, char buf[POLICY_TEXT]); /* "eapol", "0x88cd" */
const char *policy_port(const char *interface, uint16_t vlan, char buf[POLICY_TEXT]);

/* "key: [a, b, c]" over as many lines as it needs. */
struct policy_list {
	FILE *to;
	int column, indent;
	bool started;
};

void policy_list_begin(struct policy_list *list, FILE *to, int column, const char *key);
void policy_list_add(struct policy_list *list, const char *item);
void policy_list_end(struct policy_list *list);

/* "2026-11-23T12:00:01 to 12:05:33Z", whole seconds; Unix ns. */
void policy_when(FILE *to, int64_t first, int64_t last);

#endif
