# SPDX-License-Identifier: GPL-2.0-only
"""Sizes that a reader can hold: C files of at most 450 lines, functions of at most 90; an SPDX line in each file."""
import subprocess
import sys

FILE_LINES = 450
FUNCTION_LINES = 90
# What cannot carry a comment, what a test takes word by word, and what has Debian's own form.
BARE = (".png", ".json", "LICENSE", "tests/golden/", "tests/fuzz/corpus/", "tools/debian/")


def functions(lines):
    """(first line, lines between the braces) of each function: kernel style puts both braces at the margin."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start - 1
            start = None


def complaints(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    bare = path.startswith(BARE) or path.endswith(BARE)
    if not bare and not any("SPDX-License-Identifier: GPL-2.0-only" in line for line in lines[:5]):
        yield f"{path}:1: no SPDX line"
    if not path.endswith((".c", ".h")):
        return
    if len(lines) > FILE_LINES:
        yield f"{path}:{len(lines)}: a file of more than {FILE_LINES} lines: which noun is in it twice?"
    for start, length in functions(lines):
        if length > FUNCTION_LINES:
            yield f"{path}:{start}: a function of {length} lines, more than {FUNCTION_LINES}"


def main():
    paths = sys.argv[1:] or subprocess.run(["git", "ls-files"], check=True, capture_output=True,
                                           text=True).stdout.split()
    found = [text for path in paths for text in complaints(path)]
    print("\n".join(found) or f"{len(paths)} files")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
