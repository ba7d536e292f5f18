#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Many UDP flows of many addresses, and what comes back on them.

crowd.py serve PORT                 answers each datagram at once, but one that says "late"; for a line of its input
                                    that says so, all of those, and for "again" everybody that it heard say "now";
                                    each once
crowd.py hold ADDRESS PORT N SOURCE...
                                    N sockets for each source. For each line of its input: "now" or "late": sends
                                    that on all of them; "renew": others take their place. Prints a number: after "now" and
                                    "listen" how many got something in 2 s
"""
import select
import selectors
import socket
import sys
import time

WAIT = 2.0
BURST = 32  # that the queues on the way have room for
ROOM = 8 << 20
SO_RCVBUFFORCE = 33


def udp(address, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    sock.bind((address, port))
    sock.setblocking(False)
    return sock


def take(sock, known, late):
    """All that has come in."""
    while True:
        try:
            data, peer = sock.recvfrom(64)
        except BlockingIOError:
            return
        if data == b"late":
            late.append(peer)
            continue
        if data == b"now":
            known.append(peer)
        sock.sendto(data, peer)


def serve(port):
    sock, known, late = udp("0.0.0.0", port), [], []
    print("ready", flush=True)
    while True:
        for ready in select.select([sock, sys.stdin], [], [])[0]:
            if ready is sock:
                take(sock, known, late)
                continue
            word = sys.stdin.readline()
            if not word:
                return
            waiting = late if word == "late\n" else known
            for sent, peer in enumerate(waiting):
                sock.sendto(word.encode(), peer)
                if sent % BURST == BURST - 1:
                    time.sleep(0.01)
            waiting.clear()


def heard(selector):
    """Sockets that something came in on."""
    got, until = set(), time.monotonic() + WAIT
    while len(got) < len(selector.get_map()) and (left := until - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            try:
                key.fileobj.recv(64)
                got.add(key.fileobj)
            except OSError:
                pass
    return len(got)


def open_all(address, port, n, sources):
    selector = selectors.DefaultSelector()
    for source in sources:
        for _ in range(n):
            sock = udp(source, 0)
            sock.connect((address, port))
            selector.register(sock, selectors.EVENT_READ)
    return selector


def close_all(selector):
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    selector.close()


def hold(*what):
    selector = open_all(*what)
    print("ready", flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "renew":
            close_all(selector)
            selector = open_all(*what)
        elif word != "listen":
            for sent, key in enumerate(selector.get_map().values()):
                key.fileobj.send(word.encode())
                if sent % BURST == BURST - 1:
                    time.sleep(0.01)
        print(heard(selector) if word in ("now", "listen") else 0, flush=True)


def main():
    words = sys.argv[2:]
    if sys.argv[1] == "serve":
        serve(int(words[0]))
    else:
        hold(words[0], int(words[1]), int(words[2]), words[3:])


if __name__ == "__main__":
    main()
