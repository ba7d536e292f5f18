#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes frames to a capture: write_pcap.py FILE "KIND key=value ..." ...

Frames are as inject.py makes them, and need smac. They are a millisecond apart, the first at the
time that the key at says (Unix seconds), or after the one before it.
"""
import struct
import sys

import inject

START = 1767225600


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    time = START * 1000000
    with open(sys.argv[1], "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for text in sys.argv[2:]:
            for word in text.split()[1:]:
                if word.startswith("at="):
                    time = int(word[3:]) * 1000000
            for data in inject.frames(text, None):
                file.write(struct.pack("<IIII", time // 1000000, time % 1000000, len(data), len(data)) + data)
                time += 1000


main()
