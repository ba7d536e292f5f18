# SPDX-License-Identifier: GPL-2.0-only
"""hardening.py PROGRAM: what the compiler and the linker were asked to do for a program that reads hostile bytes."""
import re
import subprocess
import sys


def readelf(*arguments):
    return subprocess.run(["readelf", "--wide", *arguments], check=True, capture_output=True, text=True).stdout


def checks(program):
    header, segments, dynamic = readelf("-h", program), readelf("-l", program), readelf("-d", program)
    symbols = readelf("-s", program)
    stack = next((line for line in segments.splitlines() if "GNU_STACK" in line), "")
    yield "it is position-independent", re.search(r"Type:\s+DYN", header) and "PIE" in dynamic
    yield "no part of it can be written and executed", stack and not re.search(r"\sRWE\s", segments)
    yield "what the linker relocates is read-only afterwards", "GNU_RELRO" in segments and "BIND_NOW" in dynamic
    yield "functions with buffers check their stack", "__stack_chk_fail" in symbols
    yield "the C library checks buffers' sizes", re.search(r"__\w+_chk(@|\b)", symbols)
    yield "it looks for libraries where the system has them", "RPATH" not in dynamic and "RUNPATH" not in dynamic
    yield "its code is not relocated", "TEXTREL" not in dynamic


def main():
    failed = 0
    for name, holds in checks(sys.argv[1]):
        failed += not holds
        print(("ok" if holds else "not ok") + f" - {name}")
    return failed


if __name__ == "__main__":
    sys.exit(main() != 0)
