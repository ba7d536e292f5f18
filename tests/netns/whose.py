#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Which of two policies decides, by UDP to three ports: a passes by the one, b by the other, both by either.

whose.py serve A B BOTH             echoes, both last
whose.py ask A B BOTH ADDRESS...    for each line of its input a word for each address, in one line:
                                    a, b, open (both pass), closed (neither, but what both allow), dead (nothing)
"""
import os
import select
import socket
import sys
import time

SLOWER = int(os.environ.get("SLOWER", 1))  # times that this machine is slower than one of today
WAIT = 2.0  # for what must pass
AFTER = 0.01 * SLOWER  # for what was sent before it, and may not


def bound(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    sock.setblocking(False)
    return sock


def serve(ports):
    socks = [bound(port) for port in ports]
    print("ready", flush=True)
    while True:
        select.select(socks, [], [])
        for sock in socks:
            try:
                while True:
                    sock.sendto(*sock.recvfrom(64))
            except BlockingIOError:
                pass


def connected(address, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((address, port))
    sock.setblocking(False)
    return sock


def answers(socks, word, until):
    """The sockets that got it back, until the last of them did or the time is over."""
    got = set()
    while len(got) < len(socks) and (left := until - time.monotonic()) > 0:
        for sock in select.select(socks, [], [], left)[0]:
            try:
                if sock.recv(64) == word:
                    got.add(sock)
            except OSError:
                pass
        if socks[-1] in got:
            until = min(until, time.monotonic() + AFTER)
    return got


def verdict(socks, word):
    for sock in socks:
        try:
            sock.send(word)
        except OSError:
            pass
    got = answers(socks, word, time.monotonic() + WAIT)
    a, b, both = (sock in got for sock in socks)
    if not both:
        return "dead"
    return {(1, 0): "a", (0, 1): "b", (1, 1): "open", (0, 0): "closed"}[a, b]


def ask(ports, addresses):
    socks = [[connected(address, port) for port in ports] for address in addresses]
    for n, _ in enumerate(sys.stdin):
        print(*[verdict(three, str(n).encode()) for three in socks], flush=True)


def main():
    command, ports, addresses = sys.argv[1], [int(word) for word in sys.argv[2:5]], sys.argv[5:]
    if command == "serve":
        serve(ports)
    else:
        ask(ports, addresses)


if __name__ == "__main__":
    main()
