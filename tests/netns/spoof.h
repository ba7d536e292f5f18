/* SPDX-License-Identifier: GPL-2.0-only */
/* Floods whose every frame is another one. */
#ifndef TEST_SPOOF_H
#define TEST_SPOOF_H

/*
 * The words: INTERFACE and key=value, of which there are
 *
 *	kind	udp (the default) or syn
 *	dmac	where to; needed
 *	smac	"random" (the default) or an address
 *	from	a prefix such as 0.0.0.0/0, whose host bits are random; without a length, an address
 *	to	the same, but its host bits count upwards, once round for each destination port
 *	dport	the destination port; "count": as the host bits of "to" have been round, the next
 *	seconds, frames	whichever is over first
 *
 * Source ports are random, but with dport=count. Prints the frames that the interface took. Returns an
 * exit status.
 */
int spoof(char **words);

#endif
