#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Real sockets for the tests with network namespaces.

serve PORT|discard:PORT...  TCP and UDP echo (or TCP discard) on IPv4 and IPv6 until killed
tcp ADDRESS PORT            sends --bytes, expects them back
udp ADDRESS PORT            sends one datagram, expects it back
held ADDRESS PORT           one TCP connection; for each line of its input says "echo" or "silence"
steady ADDRESS PORT         echoes through one TCP connection until its input ends, never with more
                            than 64 KiB on the way, and prints the bytes
flood ADDRESS PORT          TCP for --seconds, prints the bytes that the peer's system acknowledged
                            and the nanoseconds
"""
import argparse
import asyncio
import fcntl
import selectors
import socket
import struct
import sys
import time

SIOCOUTQ = 0x5411
CHUNK = 65536


class UdpEcho(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def echo(reader, writer, discard=False):
    try:
        while data := await reader.read(CHUNK):
            if not discard:
                writer.write(data)
                await writer.drain()
    except OSError:
        pass
    writer.close()


async def discard(reader, writer):
    await echo(reader, writer, True)


def listener(kind, family, port):
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    sock.setblocking(False)
    return sock


async def serve(words):
    loop = asyncio.get_running_loop()
    for word in words:
        what, _, number = word.rpartition(":")
        for family in (socket.AF_INET, socket.AF_INET6):
            handler = discard if what == "discard" else echo
            await asyncio.start_server(handler, sock=listener(socket.SOCK_STREAM, family, int(number)))
            if not what:
                await loop.create_datagram_endpoint(
                    UdpEcho, sock=listener(socket.SOCK_DGRAM, family, int(number)))
    print("ready", flush=True)
    await asyncio.Event().wait()


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def connect(args, kind):
    sock = socket.socket(family_of(args.address), kind)
    sock.settimeout(args.timeout)
    if args.source or args.source_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        unspecified = "::" if sock.family == socket.AF_INET6 else "0.0.0.0"
        sock.bind((args.source or unspecified, args.source_port))
    sock.connect((args.address, args.port))
    return sock


def echo_all(sock, total, timeout):
    """Sends total bytes while it reads them back: both directions at once."""
    sock.setblocking(False)
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
    sent = got = 0
    while got < total:
        events = selector.select(timeout)
        if not events:
            raise TimeoutError(f"stalled after {got} of {total} bytes")
        if events[0][1] & selectors.EVENT_WRITE:
            sent += sock.send(bytes(min(CHUNK, total - sent)))
            if sent == total:
                selector.modify(sock, selectors.EVENT_READ)
        if events[0][1] & selectors.EVENT_READ:
            data = sock.recv(CHUNK)
            if not data:
                raise ConnectionError(f"closed after {got} of {total} bytes")
            got += len(data)


def tcp(args):
    with connect(args, socket.SOCK_STREAM) as sock:
        echo_all(sock, args.bytes, args.timeout)


def udp(args):
    with connect(args, socket.SOCK_DGRAM) as sock:
        payload = bytes(args.bytes)
        sock.send(payload)
        if sock.recv(CHUNK) != payload:
            raise ValueError("another datagram came back")


def held(args):
    with connect(args, socket.SOCK_STREAM) as sock:
        print("connected", flush=True)
        for _ in sys.stdin:
            sock.send(b"x")
            try:
                print("echo" if sock.recv(1) else "closed", flush=True)
            except TimeoutError:
                print("silence", flush=True)


def steady(args):
    total = 0
    with connect(args, socket.SOCK_STREAM) as sock, selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        while not selector.select(0):
            sock.setblocking(True)
            echo_all(sock, CHUNK, args.timeout)
            total += CHUNK
    print(total)


def flood(args):
    payload = bytes(CHUNK)
    with connect(args, socket.SOCK_STREAM) as sock:
        start = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        sent = 0
        while (now := time.clock_gettime_ns(time.CLOCK_BOOTTIME)) < start + args.seconds * 10**9:
            sent += sock.send(payload)
        queued = struct.unpack("i", fcntl.ioctl(sock, SIOCOUTQ, b"\0\0\0\0"))[0]
        print(sent - queued, now - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["serve", "tcp", "udp", "held", "steady", "flood"])
    parser.add_argument("words", nargs="+")
    parser.add_argument("--bytes", type=int, default=100)
    parser.add_argument("--timeout", type=float, default=1.0)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--source", default="")
    parser.add_argument("--source-port", type=int, default=0)
    args = parser.parse_args()
    if args.command == "serve":
        asyncio.run(serve(args.words))
        return 0
    args.address, args.port = args.words[0], int(args.words[1])
    try:
        {"tcp": tcp, "udp": udp, "held": held, "steady": steady, "flood": flood}[args.command](args)
    except OSError as error:
        print(f"{args.command} {args.address} {args.port}: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
