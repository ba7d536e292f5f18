/* SPDX-License-Identifier: GPL-2.0-only */
/* Examples of what is learned: frames in one line of words each (frame_text.h), and what the policy says. */
#ifndef TEST_DRAFT_CASES_H
#define TEST_DRAFT_CASES_H

#define DRAFT_LINES 24

struct draft_case {
	const char *name;
	const char *gateway; /* an address, NULL: there is a router at most */
	/* "lan0 eth ...": the port, "out:" before it for what the gateway sends, "!" for what is left out */
	const char *frames[DRAFT_LINES];
	const char *says[DRAFT_LINES], *says_not[DRAFT_LINES];
};

/* 11 and 12 are devices, fe is the gateway or router at 10.1.0.1, ee a server at 10.1.0.9. */
#define ARP(mac, addr) "lan0 eth bc " mac " arp 1 02:00:00:00:00:" mac " " addr " 10.1.0.1"

extern const struct draft_case draft_cases[]; /* until one without a name */

#endif
