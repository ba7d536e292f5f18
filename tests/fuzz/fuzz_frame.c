// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames through eval, decoder and whole verdict, over random policies (tests/diff/policies.h). The first byte chooses
 * the policy; then come frames:
 *
 *   byte  bit 0: the gateway sends it; bits 1 to 3: the port; bit 4: its ends are devices of the policy
 *   byte  which devices: from, to
 *   byte  how much later it is than the one before
 *   2     its length, and so many bytes
 */
#include <string.h>

#include "../diff/policies.h"
#include "eval.h"
#include "fuzz.h"

#define POLICIES_KEPT 16
#define FRAME_MOST 2048
#define FRAMES_MOST 64

static const struct policy *policy_of(uint8_t number)
{
	static struct policy *kept[POLICIES_KEPT];
	struct rng r;
	char *text;

	number %= POLICIES_KEPT;
	if (!kept[number]) {
		rng_seed(&r, number + 1);
		text = random_policy(&r);
		kept[number] = fuzz_policy(text);
		free(text);
	}
	return kept[number];
}

/* An address of the version that stands in the frame. */
static void put_address(uint8_t *to, const struct device *device, int version)
{
	for (size_t i = 0; i < device->naddrs; i++) {
		const struct picket_addr *addr = &device->addrs[i];

		if (addr_is_ipv4(addr) != (version == 4))
			continue;
		if (version == 4)
			memcpy(to, &addr->w[3], 4);
		else
			memcpy(to, addr, sizeof(*addr));
	}
}

/* Else nearly all frames would be strangers'. */
static void put_ends(uint8_t *frame, size_t len, const struct device *from, const struct device *to)
{
	size_t net = 14;

	if (len < net)
		return;
	if (from->has_mac)
		memcpy(frame + 6, from->mac, 6);
	if (frame[12] == 0x81 && !frame[13])
		net += 4;
	if (len < net + 40)
		return;
	if (frame[net] >> 4 == 4) {
		put_address(frame + net + 12, from, 4);
		put_address(frame + net + 16, to, 4);
	} else if (frame[net] >> 4 == 6) {
		put_address(frame + net + 8, from, 6);
		put_address(frame + net + 24, to, 6);
	}
}

static int64_t step(uint8_t code)
{
	static const int64_t steps[] = { 0, 1, 1000, 1000000, 20000000, NSEC_PER_SEC, 11 * NSEC_PER_SEC,
					 31 * NSEC_PER_SEC, 61 * NSEC_PER_SEC, 181 * NSEC_PER_SEC, 601 * NSEC_PER_SEC,
					 3601 * NSEC_PER_SEC, 40000 * NSEC_PER_SEC };

	return steps[code % (sizeof(steps) / sizeof(steps[0]))];
}

/* Once more without the trace: it must not change what is judged. */
static void judge(struct eval *traced, struct eval *plain, const struct eval_input *input, const struct policy *policy)
{
	struct eval_verdict verdict, again;
	struct eval_trace trace;

	eval_trace_init(&trace);
	require(!eval_frame(traced, input, &verdict, &trace) && !eval_frame(plain, input, &again, NULL));
	require(verdict.verdict == again.verdict && verdict.reason == again.reason &&
		verdict.device == again.device && verdict.segment == again.segment);
	require(verdict.reason < REASON_COUNT && (verdict.verdict == VERDICT_PASS) == !verdict.reason);
	require(verdict.device == INDEX_NONE || verdict.device < policy->ndevices);
	require(verdict.segment == INDEX_NONE || verdict.segment < policy->nsegments);
	eval_trace_free(&trace);
}

static void run_frame(struct fuzz_input *input, const struct policy *policy, struct eval *evals[2], int64_t *now)
{
	uint8_t flags = fuzz_byte(input), ends = fuzz_byte(input), later = fuzz_byte(input);
	size_t len;
	const uint8_t *bytes = fuzz_bytes(input, fuzz_word(input) % FRAME_MOST, &len);
	uint8_t *frame = malloc(len ? len : 1); /* so long and no longer */

	require(frame);
	if (len)
		memcpy(frame, bytes, len);
	if (flags & 16)
		put_ends(frame, len, &policy->devices[(ends & 15) % policy->ndevices],
			 &policy->devices[(ends >> 4) % policy->ndevices]);
	*now += step(later);
	judge(evals[0], evals[1], &(struct eval_input){
		.interface = policy->ports[(flags >> 1 & 7) % policy->nports].interface,
		.out = flags & 1, .frame = frame, .len = len, .time = *now,
	}, policy);
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	const struct policy *policy = policy_of(fuzz_byte(&input));
	int64_t now = RUN_EPOCH * NSEC_PER_SEC;
	struct eval *evals[2];

	require(!eval_new(policy, &evals[0]) && !eval_new(policy, &evals[1]));
	for (size_t n = 0; input.left && n < FRAMES_MOST; n++)
		run_frame(&input, policy, evals, &now);
	eval_free(evals[0]);
	eval_free(evals[1]);
	return 0;
}
