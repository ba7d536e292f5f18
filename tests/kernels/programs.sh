#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# programs.sh VERSION...: on the kernel that runs, of the BPF programs that each clang compiled into BUILD/clang-VERSION:
# what the verifier looks at in FORMS of their forms (all of them), each step of theirs, and their verdicts against the
# other reading's. Side by side.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
failed=0

# look VERSION
look() (
	set -e
	# shellcheck disable=SC2086 # nothing, or a number
	"$BUILD/clang-$1/tests/bench" budget ${FORMS-}
	"$BUILD/clang-$1/tests/step"
	"$BUILD/clang-$1/tests/diff" --seeds 20
)

for version; do
	look "$version" >"$logs/$version" 2>&1 &
	runs[version]=$!
done
for version; do
	if wait "${runs[version]}"; then
		echo "ok - clang $version's programs on $(uname -r)"
		grep -E -A 3 '^the most of |^[0-9]+ passed,' "$logs/$version"
	else
		echo "not ok - clang $version's programs on $(uname -r)"
		tail -n 80 "$logs/$version"
		failed=1
	fi
done
exit $failed
