#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends frames byte for byte: inject.py INTERFACE "KIND key=value ..." ...

Of a capture: pcap, with file and smac: what this MAC sent in it. Whole: raw, with hex. Hand-made ones are of the kinds
arp, na, udp, tcp, echo, echo-reply, fragment and ethertype. Keys of all: smac (the interface's), dmac (the
gateway's as lib.sh makes it, of arp and na everybody's), vlan, count. Of arp: op (2), sha (smac),
spa, tpa. Of na: target, from, to (ff02::1), tll (smac). Of IP: from, to, sport, dport, flags (S),
bytes (payload). Of fragment (IPv4 and UDP): from, to, sport, dport, id, part (first or last). Of ethertype: type.
LO-HI as from, spa, sport or id: a frame for each.
"""
import errno
import ipaddress
import socket
import struct
import sys
import time

BURST = 100  # that a veth's queue has room for
GATEWAY = "02:00:00:00:00:fe"
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def packed(address):
    return ipaddress.ip_address(address).packed


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def with_checksum(segment, offset, pseudo=b""):
    value = checksum(pseudo + segment)
    return segment[:offset] + struct.pack("!H", value) + segment[offset + 2:]


def ip(keys, protocol, segment, checksum_at):
    """One packet; the IP version is the source's. Returns its EtherType and bytes."""
    source, target = packed(keys["from"]), packed(keys["to"])
    length = struct.pack("!I", len(segment))
    if len(source) == 4:
        pseudo = b"" if protocol == 1 else source + target + struct.pack("!BBH", 0, protocol, len(segment))
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, protocol, 0)
        return 0x0800, with_checksum(header + source + target, 10) + with_checksum(segment, checksum_at, pseudo)
    pseudo = source + target + length + struct.pack("!I", protocol)
    header = struct.pack("!IHBB", 6 << 28, len(segment), protocol, int(keys.get("hops", 64)))
    return 0x86dd, header + source + target + with_checksum(segment, checksum_at, pseudo)


def arp(keys):
    sender = mac(keys.get("sha", keys["smac"])) + packed(keys["spa"])
    return 0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, int(keys.get("op", 2))) + sender + \
        bytes(6) + packed(keys["tpa"])


def na(keys):
    keys.setdefault("to", "ff02::1")
    keys["hops"] = 255
    option = struct.pack("!BB", 2, 1) + mac(keys.get("tll", keys["smac"]))
    return ip(keys, 58, struct.pack("!BBHI", 136, 0, 0, 0x20000000) + packed(keys["target"]) + option, 2)


def udp(keys):
    payload = bytes(int(keys.get("bytes", 8)))
    header = struct.pack("!HHHH", int(keys["sport"]), int(keys["dport"]), 8 + len(payload), 0)
    return ip(keys, 17, header + payload, 6)


def fragment(keys):
    """Half of a datagram of 32 bytes; its checksum is left out."""
    first = keys["part"] == "first"
    data = struct.pack("!HHHH", int(keys["sport"]), int(keys["dport"]), 32, 0) + bytes(8) if first else bytes(16)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 36, int(keys["id"]), 0x2000 if first else 2, 64, 17, 0)
    return 0x0800, with_checksum(header + packed(keys["from"]) + packed(keys["to"]), 10) + data


def tcp(keys):
    flags = sum(FLAGS[letter] for letter in keys.get("flags", "S"))
    header = struct.pack("!HHIIBBHHH", int(keys["sport"]), int(keys["dport"]), 1, 1, 0x50, flags, 1024, 0, 0)
    return ip(keys, 6, header + bytes(int(keys.get("bytes", 0))), 16)


def echo(keys, reply=False):
    six = ":" in keys["from"]
    kind = (129 if reply else 128) if six else (0 if reply else 8)
    return ip(keys, 58 if six else 1, struct.pack("!BBHHH", kind, 0, 0, 77, 1) + bytes(16), 2)


def ethertype(keys):
    return int(keys["type"], 0), bytes(46)


KINDS = {"arp": arp, "na": na, "udp": udp, "tcp": tcp, "echo": echo, "fragment": fragment,
         "echo-reply": lambda keys: echo(keys, True), "ethertype": ethertype}


def captured(keys):
    """The frames of a capture (classic pcap, Ethernet) that came from one MAC, in order."""
    with open(keys["file"], "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        length, wire_length = struct.unpack_from(order + "II", data, at + 8)
        bytes_of = data[at + 16:at + 16 + length]
        at += 16 + length
        if length == wire_length and bytes_of[6:12] == mac(keys["smac"]):
            yield bytes_of


def each(keys):
    """The keys, once for every value of the first that is a range."""
    for name in ("from", "spa", "sport", "id"):
        low, dash, high = keys.get(name, "").partition("-")
        if dash:
            kind = ipaddress.ip_address if "." in low or ":" in low else int
            for number in range(int(kind(low)), int(kind(high)) + 1):
                yield from each(dict(keys, **{name: str(kind(number))}))
            return
    yield keys


def frames(text, own_mac):
    kind, *words = text.split()
    keys = dict(word.split("=", 1) for word in words)
    keys.setdefault("smac", own_mac)
    if kind == "pcap":
        return list(captured(keys))
    if kind == "raw":
        return [bytes.fromhex(keys["hex"])]
    return [data for one in each(keys) for data in built(kind, one)]


def built(kind, keys):
    kind_of, payload = KINDS[kind](keys)
    head = mac(keys.get("dmac", "ff:ff:ff:ff:ff:ff" if kind in ("arp", "na") else GATEWAY)) + mac(keys["smac"])
    if "vlan" in keys:
        head += struct.pack("!HH", 0x8100, int(keys["vlan"]))
    return [(head + struct.pack("!H", kind_of) + payload).ljust(60, b"\0")] * int(keys.get("count", 1))


def send(sock, data):
    """Waits where the interface has no room."""
    while True:
        try:
            return sock.send(data)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
        time.sleep(0.001)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((sys.argv[1], 0))
        own = sock.getsockname()[4].hex(":")
        sent = 0
        for text in sys.argv[2:]:
            for data in frames(text, own):
                send(sock, data)
                sent += 1
                if sent % BURST == 0:
                    time.sleep(0.001)


if __name__ == "__main__":
    main()
