// SPDX-License-Identifier: GPL-2.0-only
#include "limit.h"

#include <errno.h>

#define UNITS_PER_NS 64
#define MULT_BITS 44 /* of bytes, of which a frame has under 2^19 */
#define COUNT_BITS 48 /* of packets and flows, of which it has under 2^16 */
#define BYTE_SHIFT 16
#define BURST_BITS 60

int gcra_from_rate(const struct rate *rate, enum limit_kind kind, struct gcra *out)
{
	unsigned __int128 period = (unsigned __int128)rate->period * UNITS_PER_NS, mult, burst;
	int shift = kind == LIMIT_BYTES ? BYTE_SHIFT : 0;

	if (!rate->count) {
		*out = (struct gcra){ 0 };
		return 0;
	}
	/* The finest fraction that keeps mult within its bits. */
	while (shift && (period << shift) / rate->count >> MULT_BITS)
		shift--;
	mult = ((period << shift) + rate->count / 2) / rate->count;
	if (!mult || mult >> (kind == LIMIT_BYTES ? MULT_BITS : COUNT_BITS))
		return -ERANGE;
	burst = mult * rate->burst >> shift;
	if (!burst || burst >> BURST_BITS)
		return -ERANGE;
	*out = (struct gcra){ .mult = mult, .burst = burst, .shift = shift };
	return 0;
}

uint64_t limit_default_burst(const struct rate *rate, enum limit_kind kind)
{
	static const uint64_t smallest[LIMIT_KINDS] = {
		[LIMIT_FLOWS] = 10,
		[LIMIT_PACKETS] = 10,
		[LIMIT_BYTES] = 16 << 10,
	};
	uint64_t second = (unsigned __int128)rate->count * NSEC_PER_SEC / rate->period;

	return second > smallest[kind] ? second : smallest[kind];
}
