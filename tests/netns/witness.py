#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A device that talks to a server while others attack, and counts what it loses.

serve PORT             the server (UDP, IPv4 and IPv6), until killed
talk ADDRESS PORT      the device. From a line "go" of its input to a line "end" it is sent a datagram every few
                       milliseconds that it asked for once: they arrive for as long as the flow that it
                       opened is known. With --echo ADDRESS it also sends one as often, to be answered.
                       --idle flows are opened and left alone until the end. Prints how many datagrams
                       were sent and lost, and how many idle flows are still known.
tap INTERFACE          for each line of its input, how many frames came in past XDP since the last one; --but MAC
                       are left out
"""
import argparse
import asyncio
import ctypes
import json
import os
import select
import socket
import struct
import sys
import time

SLOWER = int(os.environ.get("SLOWER", 1))  # times that this machine is slower than one of today
EVERY = 0.002 * SLOWER  # seconds between datagrams
PATIENCE = 3 if SLOWER == 1 else 15  # seconds for the last ones to arrive
BUFFER = 1 << 22
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33  # the socket module does not name them
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 6, 23, 3


class Server(asyncio.DatagramProtocol):
    streams, idle = {}, []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        word = data.split(b" ")[0]
        if word == b"echo":
            self.transport.sendto(data, addr)
        elif word == b"stream":
            self.streams[addr] = asyncio.ensure_future(self.stream(addr))
        elif word == b"stop":
            stream = self.streams.pop(addr, None)
            if stream:
                stream.cancel()
        elif word == b"idle":
            self.idle.append((self.transport, addr))
            self.transport.sendto(b"held", addr)
        elif word == b"wake":
            for transport, sleeper in self.idle:
                transport.sendto(b"awake", sleeper)
            self.idle.clear()

    async def stream(self, addr):
        number = 0
        try:
            while True:
                self.transport.sendto(b"%d" % number, addr)
                number += 1
                await asyncio.sleep(EVERY)
        finally:
            self.transport.sendto(b"sent %d" % number, addr)


async def serve(port):
    loop = asyncio.get_running_loop()
    for family, any_address in (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        sock.bind((any_address, port))
        await loop.create_datagram_endpoint(Server, sock=sock)
    print("ready", flush=True)
    await asyncio.Event().wait()


def connected(address, port):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    sock.connect((address, port))
    sock.setblocking(False)
    return sock


def drain(sock):
    while select.select([sock], [], [], 0)[0]:
        yield sock.recv(2048)


class Talk:
    def __init__(self, args):
        self.args = args
        self.idle = [connected(args.address, args.port) for _ in range(args.idle)]
        self.stream = connected(args.address, args.port)
        self.echo = connected(args.echo, args.port) if args.echo else None

    def start(self):
        self.streamed, self.total = set(), None
        self.asked, self.answered = 0, set()
        for sock in self.idle:
            sock.send(b"idle")
        self.held = self.awaken(b"held")
        self.stream.send(b"stream")
        print("talking", flush=True)

    def awaken(self, word):
        got, until = set(), time.monotonic() + PATIENCE
        while len(got) < len(self.idle) and time.monotonic() < until:
            for sock in select.select(self.idle, [], [], 0.1)[0]:
                if sock.recv(64) == word:
                    got.add(sock)
        return len(got)

    def read(self):
        for data in drain(self.stream):
            if data.startswith(b"sent "):
                self.total = int(data[5:])
            else:
                self.streamed.add(int(data))
        for data in drain(self.echo) if self.echo else ():
            self.answered.add(int(data[5:]))

    def talk(self):
        due = time.monotonic()
        while not select.select([sys.stdin], [], [], max(0, due - time.monotonic()))[0]:
            due += EVERY
            if self.echo:
                self.echo.send(b"echo %d" % self.asked)
                self.asked += 1
            self.read()
        sys.stdin.readline()

    def finish(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and not (self.total is not None and len(self.streamed) == self.total
                                                and len(self.answered) == self.asked):
            if self.total is None:
                self.stream.send(b"stop")
            time.sleep(0.02)
            self.read()
        self.stream.send(b"wake")
        total = self.total or 0
        print(json.dumps({"sent": total + self.asked,
                          "lost": total - len(self.streamed) + self.asked - len(self.answered),
                          "told": self.total is not None, "held": self.held,
                          "idle": self.awaken(b"awake")}), flush=True)


def talk(args):
    device = Talk(args)
    print("ready", flush=True)
    while sys.stdin.readline():
        device.start()
        device.talk()
        device.finish()


def leave_out(sock, mac):
    """Classic BPF: frames from this address are not for this socket."""
    high, low = struct.unpack("!HI", bytes.fromhex(mac.replace(":", "")))
    code = b"".join(struct.pack("HBBI", *step) for step in (
        (0x28, 0, 0, 6), (0x15, 0, 3, high), (0x20, 0, 0, 8), (0x15, 0, 1, low), (0x06, 0, 0, 0),
        (0x06, 0, 0, 0x40000)))
    buffer = ctypes.create_string_buffer(code)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer)))


def tap(interface, but):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # they are counted, not read
        if but:
            leave_out(sock, but)
        sock.bind((interface, ETH_P_ALL))
        print("ready", flush=True)
        while sys.stdin.readline():
            # the kernel counts anew after each
            print(struct.unpack("II", sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[0], flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["serve", "talk", "tap"])
    parser.add_argument("words", nargs="+")
    parser.add_argument("--echo", default="")
    parser.add_argument("--but", default="")
    parser.add_argument("--idle", type=int, default=0)
    args = parser.parse_args()
    if args.command == "serve":
        asyncio.run(serve(int(args.words[0])))
    elif args.command == "talk":
        args.address, args.port = args.words[0], int(args.words[1])
        talk(args)
    else:
        tap(args.words[0], args.but)


main()
