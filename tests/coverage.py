# SPDX-License-Identifier: GPL-2.0-only
"""coverage.py BUILD: which lines and branches of user/ the programs below BUILD ran, that were built with --coverage.

A table by file, those with most lines left first, the sums, and with LINES=1 the numbers of the lines that nothing ran.
A process that is killed says nothing of what it ran."""
import collections
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile

GOAL = 90  # percent of lines


def measured(build):
    """{file: ({line: times}, {(line, branch): times})}, of all objects together: units' and the program's."""
    lines = collections.defaultdict(collections.Counter)
    branches = collections.defaultdict(collections.Counter)
    notes = [os.path.abspath(path) for path in glob.glob(f"{build}/**/*.gcda", recursive=True)
             if "/fuzz/" not in path]  # clang's, which gcov does not read
    with tempfile.TemporaryDirectory() as work:
        for start in range(0, len(notes), 50):
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--preserve-paths", *notes[start:start + 50]],
                           cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in glob.glob(f"{work}/*.gz"):
            with gzip.open(path) as file:
                report = json.load(file)
            for source in report["files"]:
                name = source["file"]
                if not name.startswith("user/"):
                    continue
                for line in source["lines"]:
                    lines[name][line["line_number"]] += line["count"]
                    for number, branch in enumerate(line["branches"]):
                        branches[name][line["line_number"], number] += branch["count"]
    return {name: (lines[name], branches[name]) for name in lines}


def share(counts):
    return len([1 for times in counts.values() if times]), len(counts)


def percent(part, whole):
    return 100 * part / whole if whole else 100


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3 7"."""
    text = []
    for number in numbers:
        if text and text[-1][1] == number - 1:
            text[-1][1] = number
        else:
            text.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in text)


def main():
    files = measured(sys.argv[1])
    sums = [0, 0, 0, 0]
    print(f"{'':34}{'lines':>16}{'branches':>16}")
    for name, (lines, branches) in sorted(files.items(), key=lambda file: share(file[1][0])[0] - share(file[1][0])[1]):
        counts = share(lines) + share(branches)
        sums = [a + b for a, b in zip(sums, counts)]
        print(f"{name:34}{counts[0]:6} of {counts[1]:<6}{counts[2]:6} of {counts[3]:<6}")
        if os.environ.get("LINES"):
            print("    " + ranges(sorted(line for line, times in lines.items() if not times)))
    print(f"{len(files)} files: {percent(sums[0], sums[1]):.1f} % of {sums[1]} lines, "
          f"{percent(sums[2], sums[3]):.1f} % of {sums[3]} branches")
    return percent(sums[0], sums[1]) < GOAL


if __name__ == "__main__":
    sys.exit(main())
