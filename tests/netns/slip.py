#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Frames that try to slip by a filter: slip.py INTERFACE COUNT. For each line of its input, a trick's name, it sends
the trick COUNT times and prints how many frames that were. The sender is a guest with 10.30.0.66 and fd00:30::66, who may send UDP to port 5683 of 10.1.0.10 and
fd00:1::10, and wants to reach port 9999.
"""
import socket
import struct
import sys

from inject import GATEWAY, checksum, mac, packed

SELF, OTHER = "02:00:00:00:30:66", "02:00:00:00:20:11"
SOURCE, SERVER, SOURCE6, SERVER6 = "10.30.0.66", "10.1.0.10", "fd00:30::66", "fd00:1::10"
LINK_LOCAL, ALL_NODES = "fe80::66", "ff02::1"
GOOD, BAD = 5683, 9999
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION, MOBILITY = 0, 43, 44, 60, 135
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
MORE = 1


def frame(kind, payload, source=SELF, to=GATEWAY):
    return mac(to) + mac(source) + struct.pack("!H", kind) + payload


def udp(port, data=b"x" * 16, source_port=40000):
    return struct.pack("!HHHH", source_port, port, 8 + len(data), 0) + data


def tcp(port):
    return struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 0x50, 2, 1024, 0, 0)


def icmp6(kind, rest, source=LINK_LOCAL, to=ALL_NODES):
    body = struct.pack("!BBH", kind, 0, 0) + rest
    pseudo = packed(source) + packed(to) + struct.pack("!II", len(body), ICMP6)
    return body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]


def ip4(protocol, body, source=SOURCE, to=SERVER, ident=1, offset=0, more=0, options=b""):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(body), ident,
                       more << 13 | offset // 8, 64, protocol, 0) + packed(source) + packed(to) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def ip6(following, body, source=SOURCE6, to=SERVER6, hops=64):
    return struct.pack("!IHBB", 6 << 28, len(body), following, hops) + packed(source) + packed(to) + body


def headers(kinds, following, body, units=0):
    """A chain of extension headers; returns its first number and its bytes."""
    for kind in reversed(kinds):
        length = 8 * (units + 1)
        if kind == FRAGMENT:
            body = struct.pack("!BBHI", following, 0, 0, 7) + body
        elif kind == ROUTING:
            body = struct.pack("!BBBB", following, units, 0, 1) + bytes(length - 4) + body
        else:
            body = struct.pack("!BB", following, units) + bytes(length - 2) + body  # one-byte padding
        following = kind
    return following, body


def part6(body, offset, more, ident, following=UDP):
    return ip6(FRAGMENT, struct.pack("!BBHI", following, 0, offset | more, ident) + body)


def chain(kinds, port=BAD, units=0):
    return [frame(0x86dd, ip6(*headers(kinds, UDP, udp(port), units)))]


def tagged(tags, kind, payload):
    tpid, *rest = [word for tag in tags for word in tag] + [kind]
    return frame(tpid, b"".join(struct.pack("!H", word) for word in rest) + payload)


def arp(op, hardware, sender, target, source=SELF):
    return frame(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, op) + mac(hardware) + packed(sender) + bytes(6) +
                 packed(target), source, "ff:ff:ff:ff:ff:ff")


def advertise(target, link_layer=SELF, source=SELF):
    body = struct.pack("!I", 0x20000000) + packed(target) + struct.pack("!BB", 2, 1) + mac(link_layer)
    return frame(0x86dd, ip6(ICMP6, icmp6(136, body), LINK_LOCAL, ALL_NODES, 255), source, "33:33:00:00:00:01")


def router(kind, rest):
    return frame(0x86dd, ip6(ICMP6, icmp6(kind, rest), LINK_LOCAL, ALL_NODES, 255), to="33:33:00:00:00:01")


BAD4 = ip4(UDP, udp(BAD))
ROUTER = struct.pack("!BBHII", 64, 0, 1800, 0, 0) + struct.pack("!BB", 1, 1) + mac(SELF)
TRICKS = {
    "overlap": lambda i: [frame(0x0800, ip4(UDP, udp(GOOD), ident=i, more=MORE)),
                          frame(0x0800, ip4(UDP, struct.pack("!HH", 40000, BAD) + bytes(12), ident=i, offset=8))],
    "overlap6": lambda i: [frame(0x86dd, part6(udp(GOOD), 0, MORE, i)), frame(0x86dd, part6(bytes(16), 16, 0, i))],
    "orphan": lambda i: [frame(0x0800, ip4(UDP, udp(BAD), ident=i, offset=1480))],
    "forbidden-first": lambda i: [frame(0x0800, ip4(UDP, udp(BAD), ident=i, more=MORE)),
                                  frame(0x0800, ip4(UDP, bytes(16), ident=i, offset=24))],
    "tiny": lambda i: [frame(0x0800, ip4(TCP, tcp(BAD)[:8], ident=i, more=MORE)),
                       frame(0x86dd, part6(tcp(BAD)[:16], 0, MORE, i, TCP))],
    "hidden-ports": lambda i: [frame(0x86dd, part6(headers([DESTINATION], UDP, b"", 3)[1], 0, MORE, i, DESTINATION)),
                               frame(0x86dd, part6(b"", 0, MORE, i))],
    "nine-headers": lambda i: chain([DESTINATION] * 9),
    "eight-headers": lambda i: chain([HOP_BY_HOP] + [DESTINATION] * 7),
    "repeated": lambda i: chain([HOP_BY_HOP, HOP_BY_HOP]) + chain([DESTINATION, HOP_BY_HOP]),
    "two-fragments": lambda i: chain([FRAGMENT, FRAGMENT]) + chain([FRAGMENT, DESTINATION, FRAGMENT]),
    "atomic": lambda i: chain([FRAGMENT]) + chain([DESTINATION, FRAGMENT, DESTINATION]),
    "routed": lambda i: chain([ROUTING]),
    "source-route": lambda i: [frame(0x0800, ip4(UDP, udp(GOOD), options=bytes([option, 7, 4, 10, 1, 0, 11, 0])))
                               for option in (0x83, 0x89)],
    "long-options": lambda i: chain([DESTINATION], units=160),
    "unknown-header": lambda i: [frame(0x86dd, ip6(MOBILITY, struct.pack("!BB", UDP, 0) + bytes(6) + udp(GOOD))),
                                 frame(0x86dd, ip6(50, udp(GOOD))), frame(0x86dd, ip6(51, udp(GOOD)))],
    "priority-tag": lambda i: [tagged([(0x8100, 0xe000)], 0x0800, BAD4), tagged([(0x88a8, 0)], 0x0800, BAD4)],
    "stacked": lambda i: [tagged([(outer, first), (0x8100, second)], 0x0800, ip4(UDP, udp(GOOD)))
                          for outer in (0x8100, 0x88a8) for first in (0, 30) for second in (0, 30)],
    "other-tag": lambda i: [tagged([(0x8100, 30)], 0x0800, ip4(UDP, udp(GOOD))),
                            tagged([(0x88a8, 30)], 0x0800, ip4(UDP, udp(GOOD)))],
    "short-tag": lambda i: [frame(0x8100, b"\0"), frame(0x8100, b"\0\0\x08")],
    "old-tag": lambda i: [tagged([(0x9100, 0)], 0x0800, ip4(UDP, udp(GOOD)))],
    "snap": lambda i: [frame(8 + len(BAD4), b"\xaa\xaa\x03\0\0\0\x08\0" + BAD4), frame(38, b"\x42\x42\x03" + bytes(35))],
    "encapsulated": lambda i: [frame(kind, bytes(6) + BAD4) for kind in (0x8847, 0x8864, 0x6558, 0x88f7)],
    "jumbo": lambda i: [frame(0x0800, ip4(UDP, udp(BAD, bytes(8800))))],
    "arp-gateway": lambda i: [arp(op, SELF, "10.30.0.1", "10.30.0.66") for op in (1, 2)],
    "arp-victim": lambda i: [arp(2, SELF, "10.20.0.11", "10.30.0.1")],
    "arp-other-mac": lambda i: [arp(2, OTHER, SOURCE, "10.30.0.1")],
    "na-gateway": lambda i: [advertise("fd00:1::1")],
    "na-victim": lambda i: [advertise("fd00:20::11")],
    "na-other-mac": lambda i: [advertise(SOURCE6, OTHER)],
    "own-address-other-mac": lambda i: [frame(0x0800, ip4(UDP, udp(GOOD)), OTHER),
                                        frame(0x86dd, ip6(UDP, udp(GOOD)), OTHER)],
    "own-mac-other-address": lambda i: [frame(0x0800, ip4(UDP, udp(GOOD), "10.30.0.77")),
                                        frame(0x86dd, ip6(UDP, udp(GOOD), "fd00:30::77"))],
    "dhcp": lambda i: [frame(0x0800, ip4(UDP, udp(68, source_port=67), to="255.255.255.255"), to="ff:ff:ff:ff:ff:ff"),
                       frame(0x86dd, ip6(UDP, udp(546, source_port=547), to="fe80::1"))],
    "router": lambda i: [router(134, ROUTER), router(137, bytes(4) + packed("fe80::1") + packed(SERVER6))],
    "redirect": lambda i: [frame(0x0800, ip4(ICMP, struct.pack("!BBHI", 5, 1, 0, 0) + BAD4[:28], to="10.30.0.1"))],
    # what steals an address on a switch that is shared: sent by another than who has it
    "steal-arp": lambda i: [arp(2, "02:00:00:00:20:99", "10.20.0.12", "10.20.0.1", "02:00:00:00:20:99")],
    "steal-na": lambda i: [advertise("fd00:20::12", "02:00:00:00:20:99", "02:00:00:00:20:99")],
}


def main():
    interface, count = sys.argv[1], int(sys.argv[2])
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        print("ready", flush=True)
        ident = 0  # no two are fragments of one packet
        for line in sys.stdin:
            sent = 0
            for _ in range(count):
                ident += 1
                for data in TRICKS[line.strip()](ident):
                    sock.send(data)
                    sent += 1
            print(sent, flush=True)


main()
