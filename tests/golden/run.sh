#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Golden tests: every check/NAME.yaml through `picket check`. What it prints, standard error
# first, and its exit code must be what NAME.out says, to the byte.
#
#   run.sh            compare
#   run.sh --update   write what picket says now, to be read before it is committed
#
# PICKET names the binary; without it BUILD (default: build) says where it is.

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$root/$build ;; esac
picket=${PICKET:-$build/picket}
passed=0 failed=0 skipped=0

if [ ! -x "$picket" ]; then
	echo "golden: $picket is not there: build it first" >&2
	exit 1
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Who else may write a policy is warned of, and nobody's checkout should matter.
cp -R "$here/check" "$work/check" && chmod -R go-w "$work" && cd "$work/check" || exit 1
for policy in *.yaml; do
	name=${policy%.yaml}
	timeout 20 "$picket" check "$policy" >"$work/stdout" 2>"$work/stderr"
	status=$?
	{
		cat "$work/stderr" "$work/stdout"
		echo "exit $status"
	} >"$work/actual"
	if [ "$1" = --update ]; then
		cp "$work/actual" "$here/check/$name.out"
	fi
	if diff -u "$name.out" "$work/actual" >"$work/diff" 2>&1; then
		passed=$((passed + 1))
		echo "ok   golden/check/$name"
	else
		failed=$((failed + 1))
		echo "FAIL golden/check/$name"
		sed 's/^/    /' "$work/diff"
	fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
