#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The oldest kernel that picket is made for takes its programs, and they say there what they say here: the step
# tables and a few random policies under Debian's 6.1, emulated. `make test-kernels` is the long form.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/netns/lib.sh
. tests/netns/lib.sh
KERNEL=${KERNEL:-linux-image-amd64}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

if [ "$(uname -m)" != x86_64 ] || ! command -v qemu-system-x86_64 >/dev/null; then
	skip "the oldest kernel" "it is emulated, by qemu-system-x86_64"
	finish
fi
KERNEL_MINUTES=14 KERNEL_MEMORY=3G tests/kernels/run.sh "$KERNEL" sh -ec "$BUILD/tests/step | tail -n 1; $BUILD/tests/diff --seeds 4 | tail -n 1" \
	</dev/null >"$log" 2>&1
if ! grep -q 'kernels: .* is up' "$log"; then
	skip "the oldest kernel" "it did not come up: $(tail -n 1 "$log")"
	finish
fi
cat "$log"
equal "the step tables and random policies pass under it" 2 \
	"$(grep -cE '^[1-9][0-9]* passed, 0 failed, 0 skipped$' "$log")"
finish
