// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sources of a policy as they are kept, and as a client of the daemon's socket sends them: packed by zlib. The
 * first byte says whether the input is what is packed, which it is then, or the packed bytes, which say that they are
 * as long as the next two bytes have it; and whether they come from a client.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "diag.h"
#include "fuzz.h"
#include "packing.h"
#include "receive.h"

static struct packed pack(const uint8_t *data, size_t size)
{
	uLongf len = compressBound(size);
	char *to = malloc(len);

	require(to && compress2((Bytef *)to, &len, data, size, 0) == Z_OK);
	return (struct packed){ .data = to, .len = len, .unpacked = size };
}

static struct packed as_it_is(struct fuzz_input *input)
{
	uint16_t unpacked = fuzz_word(input);
	char *copy = malloc(input->left + 1);

	require(copy);
	if (input->left)
		memcpy(copy, input->at, input->left);
	return (struct packed){ .data = copy, .len = input->left, .unpacked = unpacked };
}

static void receive(const struct packed *packed)
{
	int fd = open(fuzz_file((const uint8_t *)packed->data, packed->len), O_RDONLY | O_CLOEXEC);
	struct diag *diag = diag_new();
	struct policy *policy;
	int err;

	require(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	close(fd);
	err = policy_receive(diag, &policy, NULL);
	require(!err == !diag->nerrors);
	if (!err)
		policy_free(policy);
	diag_free(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint8_t how = fuzz_byte(&input);
	struct packed packed = how & 1 ? pack(input.at, input.left) : as_it_is(&input);
	struct diag *diag = diag_new();
	struct policy *policy;
	int err;

	if (how & 2) {
		receive(&packed);
	} else {
		err = packed_policy(&packed, diag, &policy);
		if (!err)
			policy_free(policy);
		require(err == -EPROTO || !err == !diag->nerrors);
	}
	free(packed.data);
	diag_free(diag);
	return 0;
}
