#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""HTTP clients of all kinds: http_clients.py PORT many N | slow | rude | stalled

many: N connections at once, each asks once; prints how many got 200. slow: sends a request's head at a byte a
second and prints after how many seconds it was cut off. rude: what is no HTTP; prints how many were answered
with 200. stalled: asks for /events and reads nothing until told to by a line on standard input; then prints
how many events it got and how many it was told that it had lost.
"""
import asyncio
import json
import socket
import sys
import time

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def ask(port):
    for _ in range(20):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST)
            answer = await reader.read()
            writer.close()
            if answer.startswith(b"HTTP/1.1 200"):
                return 1
        except OSError:
            pass
        await asyncio.sleep(0.1)
    return 0


async def many(port, n):
    print(sum(await asyncio.gather(*(ask(port) for _ in range(n)))))


def slow(port):
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(1)
        for byte in REQUEST:
            try:
                client.send(bytes([byte]))
                if client.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    print(int(time.monotonic() - start))


def rude(port):
    said = [b"", b"\0" * 4096, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 100000,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n" + b"b" * 200000]
    good = 0
    for text in said:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.settimeout(1)
            try:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                good += client.recv(100).startswith(b"HTTP/1.1 200")
            except OSError:
                pass
    print(good)


def stalled(port):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(b"GET /events HTTP/1.0\r\n\r\n")
    print("asked", flush=True)
    sys.stdin.readline()
    client.settimeout(2)
    text = b""
    try:
        while part := client.recv(1 << 16):
            text += part
    except OSError:
        pass
    events = [json.loads(line[6:]) for line in text.decode().splitlines() if line.startswith("data: {") and
              line.endswith("}")]
    print(sum("lost" not in event for event in events), sum(event.get("lost", 0) for event in events))


port, kind = int(sys.argv[1]), sys.argv[2]
if kind == "many":
    asyncio.run(many(port, int(sys.argv[3])))
else:
    {"slow": slow, "rude": rude, "stalled": stalled}[kind](port)
