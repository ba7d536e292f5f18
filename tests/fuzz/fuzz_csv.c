// SPDX-License-Identifier: GPL-2.0-only
/* A device file: as rows, with nothing behind it, and as the devices of a policy. */
#include <string.h>

#include "csv.h"
#include "diag.h"
#include "fuzz.h"

#define FIELDS 12

static const char policy_text[] =
	"picket: 1\n"
	"gateway: {addresses: [10.20.0.1, \"fd00:20::1\"]}\n"
	"segments:\n"
	"  sensors: {interfaces: [lan0, {name: lan1, vlan: 7}], subnets: [10.20.0.0/16, \"fd00:20::/64\"], dhcp: true}\n"
	"  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}\n"
	"roles:\n"
	"  a: {connect: [{to: servers}]}\n"
	"  b: {extends: [a]}\n"
	"device-files: [a.csv]\n"
	"conduits: [{from: sensors, to: servers}]\n";

static void read_rows(const struct source_file *source)
{
	struct diag *diag = diag_new();
	struct arena arena = { 0 };
	struct csv csv = csv_open(source, 0, diag, &arena);
	struct text fields[FIELDS];
	size_t n;

	while (csv_row(&csv, fields, FIELDS, &n)) {
		require(n);
		for (size_t i = 0; i < n && i < FIELDS; i++)
			fuzz_look(fields[i].s, fields[i].len);
	}
	diag_free(diag);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct source_file files[] = {
		{ .name = "fuzz.yaml", .text = policy_text, .len = sizeof(policy_text) - 1 },
		{ .name = "a.csv", .text = (const char *)data, .len = size },
	};
	struct diag *diag = diag_new();
	struct policy *policy;
	int err;

	read_rows(&files[1]);
	err = policy_load_sources(files, 2, diag, &policy);
	diag_print(diag, fuzz_sink());
	require(!err == !diag->nerrors);
	if (!err)
		policy_free(policy);
	diag_free(diag);
	return 0;
}
