// SPDX-License-Identifier: GPL-2.0-only
#include "tallies.h"

#include "names.h"

#define VERDICTS (VERDICT_AUDIT + 1)

static enum verdict verdict_of(size_t tally)
{
	if (!tally)
		return VERDICT_PASS;
	return tally < PICKET_TALLY_AUDIT ? VERDICT_DROP : VERDICT_AUDIT;
}

void tallies_print_verdicts(struct output *out, const struct tally *tallies, size_t segments)
{
	struct tally sums[VERDICTS] = {};

	for (size_t i = 0; i < segments * PICKET_TALLIES; i++) {
		struct tally *sum = &sums[verdict_of(i % PICKET_TALLIES)];

		sum->packets += tallies[i].packets;
		sum->bytes += tallies[i].bytes;
	}
	output_begin_list(out, "totals");
	for (size_t verdict = 0; verdict < VERDICTS; verdict++) {
		output_begin_object(out, NULL);
		output_string(out, "verdict", verdict_name(verdict));
		output_number(out, "packets", sums[verdict].packets);
		output_bytes(out, "bytes", sums[verdict].bytes);
		output_end_object(out);
	}
	output_end_list(out);
}

static void print_reason(struct output *out, const char *segment, enum verdict verdict, unsigned int reason,
			 const struct tally *tally)
{
	if (!tally->packets)
		return;
	output_begin_object(out, NULL);
	output_string(out, "segment", segment);
	output_string(out, "verdict", verdict_name(verdict));
	output_string(out, "reason", reason_name(reason));
	output_number(out, "packets", tally->packets);
	output_bytes(out, "bytes", tally->bytes);
	output_end_object(out);
}

void tallies_print_reasons(struct output *out, const char *segment, const struct tally *tallies, uint32_t reasons)
{
	for (unsigned int reason = 1; reason < REASON_COUNT; reason++) {
		if (reasons && !(reasons >> reason & 1))
			continue;
		print_reason(out, segment, VERDICT_DROP, reason, &tallies[reason]);
		print_reason(out, segment, VERDICT_AUDIT, reason, &tallies[PICKET_TALLY_AUDIT + reason]);
	}
}
