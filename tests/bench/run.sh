#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The whole benchmark: packets, the wire, loading. Prints the table, and with BENCH_JSON=FILE writes the same
# as JSON. With "check" as its argument it holds the results of the last run against the goals.
set -u
cd "$(dirname "$0")/../.." || exit 1
export BUILD="${BUILD:-build}"
results=$BUILD/bench.results

if [ "${1-}" = check ]; then
	[ -s "$results" ] || { echo "bench: there is no run yet: make bench" >&2; exit 2; }
	exec python3 tests/bench/report.py check "$results"
fi
[ "$(id -u)" = 0 ] || { echo "bench: it loads BPF programs, which takes root" >&2; exit 2; }
{
	"$BUILD/tests/bench" && bash tests/bench/wire.sh && bash tests/bench/loading.sh
} >"$results.new" || exit 1
mv "$results.new" "$results"
echo "On $(lscpu | sed -n 's/^Model name: *//p' | head -n 1), $(nproc) CPUs, Linux $(uname -r), $(clang --version | head -n 1)"
python3 tests/bench/report.py table "$results"
[ -z "${BENCH_JSON-}" ] || python3 tests/bench/report.py json "$results" >"$BENCH_JSON"
