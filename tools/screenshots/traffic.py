#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Steady traffic for screenshots, until it is killed: traffic.py INTERFACE "RATE FRAME" ...

RATE is frames a second: 20, or 20~8/60, which swings by 8 about 20 every 60 s. FRAME is as
tests/netns/inject.py has it.
"""
import math
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tests/netns"))
import inject  # noqa: E402

TICK = 0.02  # s


class Stream:
    def __init__(self, text, own_mac):
        rate, frame = text.split(" ", 1)
        mean, _, swing = rate.partition("~")
        size, _, period = swing.partition("/")
        self.mean, self.size, self.period = float(mean), float(size or 0), float(period or 1)
        self.frame = inject.frames(frame, own_mac)[0]
        self.phase = sum(self.frame)
        self.due = 0.0

    def send(self, sock, now, elapsed):
        swing = self.size * math.sin(2 * math.pi * now / self.period + self.phase)
        self.due += max(0.0, self.mean + swing) * elapsed
        while self.due >= 1:
            sock.send(self.frame)
            self.due -= 1


def main():
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((sys.argv[1], 0))
        own = sock.getsockname()[4].hex(":")
        streams = [Stream(text, own) for text in sys.argv[2:]]
        now = time.monotonic()
        while True:
            time.sleep(TICK)
            before, now = now, time.monotonic()
            for stream in streams:
                stream.send(sock, now, now - before)


main()
