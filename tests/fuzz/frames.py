# SPDX-License-Identifier: GPL-2.0-only
"""Frames for seeds: one of each kind that the decoders tell apart, from and to addresses of tests/diff/policies.c."""
import ipaddress
import struct

MACS = [bytes.fromhex("02005e1000%02x" % i) for i in range(1, 9)]
GROUP = b"\xff" * 6


def ether(ethertype, body, to=MACS[1], source=MACS[0], tags=()):
    tagged = b"".join(struct.pack("!HH", tpid, tci) for tpid, tci in tags)
    return to + source + tagged + struct.pack("!H", ethertype) + body


def address(text):
    return ipaddress.ip_address(text).packed


def ipv4(src, dst, protocol, body, options=b"", fragment=0, ttl=64):
    words = 5 + len(options) // 4
    return struct.pack("!BBHHHBBH", 0x40 | words, 0, 4 * words + len(body), 0x1234, fragment, ttl, protocol,
                       0) + address(src) + address(dst) + options + body


def ipv6(src, dst, protocol, body, hops=64):
    return struct.pack("!IHBB", 6 << 28, len(body), protocol, hops) + address(src) + address(dst) + body


def tcp(sport, dport, flags, data=b""):
    return struct.pack("!HHIIBBHHH", sport, dport, 1, 1, 0x50, flags, 1024, 0, 0) + data


def udp(sport, dport, data=b""):
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def sctp(sport, dport):
    return struct.pack("!HHII", sport, dport, 7, 0) + b"\1\0\0\4"


def icmp(kind, code=0, rest=b"\0\1\0\1", data=b""):
    return struct.pack("!BBH", kind, code, 0) + rest + data


def arp(operation, sender_mac, sender, target):
    return struct.pack("!HHBBH", 1, 0x800, 6, 4, operation) + sender_mac + address(sender) + bytes(6) + address(target)


def extension(following, kind_data=b"\1\4\0\0\0\0"):
    return bytes([following, (len(kind_data) + 2) // 8 - 1]) + kind_data


def discovery(kind, rest, option=b""):
    return icmp(kind, 0, b"\0\0\0\0", rest + option)


def dhcp(operation, kind, options=b""):
    head = struct.pack("!BBBBIHH", operation, 1, 6, 0, 7, 0, 0)
    return head + address("0.0.0.0") + address("10.20.0.3") + bytes(8) + MACS[0] + bytes(10) + bytes(192) + \
        b"\x63\x82\x53\x63\x35\1" + bytes([kind]) + options + b"\xff"


def dns_answer(name=b"\6broker\7example\0", addr="203.0.113.5"):
    return struct.pack("!HHHHHH", 1, 0x8180, 1, 1, 0, 0) + name + b"\0\1\0\1" + b"\xc0\x0c" + \
        struct.pack("!HHIH", 1, 1, 60, 4) + address(addr)


def link_frames():
    yield ether(0x806, arp(1, MACS[0], "10.20.0.2", "10.20.0.1"), GROUP)
    yield ether(0x806, arp(2, MACS[0], "10.20.0.2", "10.20.0.3"))
    yield ether(0x806, arp(1, MACS[0], "0.0.0.0", "10.20.0.2"), GROUP)
    yield ether(0x88cc, b"\2\7\4" + MACS[0] + b"\0\0", bytes.fromhex("0180c200000e"))
    yield ether(0x888e, b"\1\1\0\0", bytes.fromhex("0180c2000003"))
    yield ether(0x800, ipv4("10.20.0.2", "10.1.0.10", 6, tcp(40000, 8883, 2)), tags=[(0x8100, 20)])
    yield ether(0x800, ipv4("10.20.0.2", "10.1.0.10", 6, tcp(40000, 8883, 2)), tags=[(0x88a8, 20), (0x8100, 3)])
    yield ether(0x800, ipv4("10.20.0.2", "10.1.0.10", 17, udp(1, 53)), tags=[(0x8100, 0)])


def ipv4_frames():
    inner = ipv4("10.20.0.2", "10.1.0.10", 17, udp(5000, 53, b"x"))
    bodies = [
        ("10.20.0.2", "10.1.0.10", 6, tcp(40000, 8883, 2)), ("10.1.0.10", "10.20.0.2", 6, tcp(8883, 40000, 0x12)),
        ("10.20.0.2", "10.1.0.10", 6, tcp(40000, 8883, 4)), ("10.20.0.2", "10.20.0.3", 17, udp(5000, 53, b"abc")),
        ("10.20.0.2", "10.1.0.11", 132, sctp(1, 2)), ("10.20.0.2", "10.20.0.1", 1, icmp(8)),
        ("10.20.0.1", "10.20.0.2", 1, icmp(0)), ("10.1.0.10", "10.20.0.2", 1, icmp(3, 3, b"\0" * 4, inner)),
        ("10.20.0.2", "224.0.0.22", 2, b"\x22\0\0\0\0\0\0\1\4\0\0\0\xe0\0\0\xfb"), ("10.20.0.2", "10.20.0.6", 47, bytes(8)),
        ("0.0.0.0", "255.255.255.255", 17, udp(68, 67, dhcp(1, 1, b"\x0c\4cam1"))),
        ("10.20.0.1", "10.20.0.3", 17, udp(67, 68, dhcp(2, 5, b"\1\4\xff\xff\0\0\3\4\x0a\x14\0\1"))),
        ("10.20.0.1", "10.20.0.2", 17, udp(53, 5353, dns_answer())), ("10.20.0.2", "10.20.0.255", 17, udp(9, 9)),
    ]
    for body in bodies:
        yield ether(0x800, ipv4(*body), GROUP if body[1].endswith("255") else MACS[1])
    yield ether(0x800, ipv4("10.20.0.2", "10.20.0.3", 17, udp(5000, 53, bytes(32)), fragment=0x2000))
    yield ether(0x800, ipv4("10.20.0.2", "10.20.0.3", 17, bytes(24), fragment=5))
    yield ether(0x800, ipv4("10.20.0.2", "10.20.0.3", 17, udp(1, 2), options=b"\x94\4\0\0"))
    yield ether(0x800, ipv4("10.20.0.2", "10.20.0.3", 17, udp(1, 2), options=b"\x83\7\4\x0a\1\0\1\0"))


def ipv6_frames():
    me, other, local = "fd00:20::2", "fd00:20::3", "fe80::1"
    option = b"\1\1" + MACS[0]
    bodies = [
        (me, other, 6, tcp(40000, 8883, 2)), (other, me, 6, tcp(8883, 40000, 0x12)), (me, other, 17, udp(1, 53)),
        (me, other, 58, icmp(128)), (other, me, 58, icmp(1, 4, b"\0" * 4, ipv6(me, other, 17, udp(1, 53)))),
        (me, "ff02::1:ff00:3", 58, discovery(135, address(other), option), 255),
        (me, other, 58, discovery(136, address(me), b"\2\1" + MACS[0]), 255),
        ("::", "ff02::1:ff00:3", 58, discovery(135, address(me)), 255),
        (local, "ff02::2", 58, discovery(133, b"", option), 255),
        (local, "ff02::1", 58, discovery(134, bytes(8), option + b"\3\4\x40\xc0" + bytes(12) + address("fd00:20::")), 255),
        (local, me, 58, discovery(137, address(other) + address(me)), 255),
        (local, "ff02::16", 0, extension(58, b"\5\2\0\0\1\0") + icmp(143, 0, b"\0\0\0\1", bytes(20)), 1),
        (local, "ff02::1:2", 17, udp(546, 547, b"\1\0\0\1")), (local, local, 17, udp(547, 546, b"\7\0\0\1")),
        (me, other, 44, struct.pack("!BBHI", 17, 0, 1, 9) + udp(1, 53, bytes(24))),
        (me, other, 44, struct.pack("!BBHI", 17, 0, 4 << 3, 9) + bytes(16)),
        (me, other, 44, struct.pack("!BBHI", 17, 0, 0, 9) + udp(1, 53)),
        (me, other, 43, bytes([60, 0, 0, 0, 0, 0, 0, 0]) + extension(6) + tcp(1, 2, 2)),
    ]
    for body in bodies:
        to = b"\x33\x33" + address(body[1])[12:] if body[1].startswith("ff") else MACS[1]
        yield ether(0x86dd, ipv6(*body), to)


def all_frames():
    return [*link_frames(), *ipv4_frames(), *ipv6_frames()]
