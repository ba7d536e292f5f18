#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a capture of what no policy that was learned may let pass.

    strangers.py CAPTURE MAC ADDRESS OUT.pcap

After the capture's last frame: somebody else with an address beside the device's, and with the
device's own; then the device itself with services that nobody has, to a group, to the outside,
and to its neighbours.
"""
import ipaddress
import struct
import sys

from pcapfile import Packet, frames

STRANGER = "02:66:66:66:66:66"
UNUSED = 31337


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def udp(source_mac, to_mac, source, target):
    segment = struct.pack("!HHHH", 40000, UNUSED, 16, 0) + bytes(8)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, 17, 0)
    return (mac(to_mac) + mac(source_mac) + b"\x08\x00" + header + ipaddress.ip_address(source).packed +
            ipaddress.ip_address(target).packed + segment).ljust(60, b"\0")


def beside(address, taken):
    candidates = (str(ipaddress.ip_address(address) + n) for n in range(1, 255))
    return next(c for c in candidates if c not in taken)


def main():
    capture, device, address, out = sys.argv[1:]
    packets = [Packet(frame) for frame in frames(capture)]
    neighbours = {str(p.src): p.source for p in packets
                  if p.src is not None and p.src.version == 4 and p.source != device}
    made = [udp(STRANGER, "ff:ff:ff:ff:ff:ff", beside(address, neighbours), "239.255.255.250"),
            udp(STRANGER, "ff:ff:ff:ff:ff:ff", address, "239.255.255.250"),
            udp(device, "01:00:5e:7f:ff:fa", address, "239.255.255.250"),
            udp(device, STRANGER, address, "198.51.100.1")]
    made += [udp(device, to_mac, address, target) for target, to_mac in sorted(neighbours.items())[:8]]
    with open(out, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number, frame in enumerate(made):
            file.write(struct.pack("<IIII", 2000000000 + number, 0, len(frame), len(frame)) + frame)


main()
