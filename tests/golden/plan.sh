#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Pairs of policies through `picket plan`: plan/NAME.before.yaml and plan/NAME.after.yaml. What it
# prints, standard error first, and its exit status must be what NAME.text and NAME.json say. A line
# "# arguments: ..." of the policy after adds arguments.
#
#   plan.sh            compare
#   plan.sh --update   write what picket says now, to be read before it is committed
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$root/$BUILD ;; esac
picket=$BUILD/picket
passed=0 failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# compare NAME FORM COMMAND...
compare() {
	local name=$1 form=$2 status
	shift 2

	"$@" >"$work/stdout" 2>"$work/stderr"
	status=$?
	{
		cat "$work/stderr"
		if [ "$form" = json ]; then jq . "$work/stdout"; else cat "$work/stdout"; fi
		echo "exit $status"
	} >"$work/actual"
	[ "${update-}" != --update ] || cp "$work/actual" "$name.$form"
	if diff -u "$name.$form" "$work/actual" >"$work/diff" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok - golden/plan/$name.$form"
		sed 's/^/    /' "$work/diff"
	fi
}

update=${1-}
cd "$here/plan" || exit 1
for after in *.after.yaml; do
	name=${after%.after.yaml}
	read -ra arguments <<<"$(sed -n 's/^# arguments: //p' "$after")"
	plan=("$picket" plan "${arguments[@]}" --against "$name.before.yaml" "$after")
	compare "$name" text "${plan[@]}"
	compare "$name" json "${plan[@]}" --json
done

echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ] && [ $passed != 0 ]
