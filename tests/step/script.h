/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames as words, layer by layer, so that a table of them can be read:
 *
 *	eth DST SRC | vlan TPID TCI | type 0x888e | arp OP SENDER-MAC SENDER TARGET
 *	ip SRC DST | ip6 SRC DST | opt HEX | hop N | frag ID OFFSET more|last
 *	ext TYPE UNITS | route LEFT | proto N
 *	tcp SPORT DPORT FLAGS(SAFRP or 0) | udp SPORT DPORT | sctp SPORT DPORT
 *	echo ID | reply ID | icmp TYPE CODE | nd TYPE TARGET | ndopt TYPE MAC
 *	quote N FRAME-NAME | again FRAME-NAME | data N | pad LEN | cut LEN
 *	net8 OFFSET VALUE | net16 … | l4-8 OFFSET VALUE | l4-16 …
 */
#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

#include "frame.h"

/* A frame that later ones quote or repeat. */
typedef const struct frame *(*script_find)(void *context, const char *name);

/* words: split and changed by this. 0, or -EINVAL with the word that is wrong in *wrong. */
int script_frame(char *words, script_find find, void *context, struct frame *out,
		 const char **wrong);

#endif
