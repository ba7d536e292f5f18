# SPDX-License-Identifier: GPL-2.0-only
"""Classic pcap files of Ethernet, as far as these tests look at frames."""
import ipaddress
import struct


def frames(path):
    """Yields the bytes of each frame; stops where the file is cut off."""
    with open(path, "rb") as file:
        data = file.read()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<",
             b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}[data[:4]]
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def mac(data):
    return ":".join("%02x" % b for b in data)


class Packet:
    """Untagged IPv4 and IPv6 without extension headers; protocol None: something else."""

    def __init__(self, frame):
        self.to, self.source = mac(frame[:6]), mac(frame[6:12])
        self.ethertype = int.from_bytes(frame[12:14], "big")
        self.src = self.dst = self.protocol = None
        self.sport = self.dport = self.flags = self.type = self.target = None
        body = frame[14:]
        if self.ethertype == 0x0806 and len(body) >= 28:
            self.target = ipaddress.ip_address(body[14:18])
        if self.ethertype == 0x0800 and len(body) >= 20:
            self.src, self.dst = (ipaddress.ip_address(body[i:i + 4]) for i in (12, 16))
            self.protocol = body[9]
            self.layer4(body[(body[0] & 15) * 4:])
        elif self.ethertype == 0x86dd and len(body) >= 40:
            self.src, self.dst = (ipaddress.ip_address(body[i:i + 16]) for i in (8, 24))
            self.protocol = body[6]
            self.layer4(body[40:])

    def layer4(self, body):
        if self.protocol in (6, 17, 132) and len(body) >= 4:
            self.sport, self.dport = struct.unpack(">HH", body[:4])
        if self.protocol == 6 and len(body) >= 14:
            self.flags = body[13]
        if self.protocol in (1, 58) and body:
            self.type = body[0]
        if self.protocol == 58 and self.type in (135, 136) and len(body) >= 24:
            self.target = ipaddress.ip_address(body[8:24])

    def speaks_for(self):
        """The address that the sender says is its own: in ARP and in neighbour discovery too."""
        address = self.src
        if self.ethertype == 0x0806 or self.type == 136 or \
                self.type == 135 and self.src.is_unspecified:
            address = self.target
        return None if address is None or address.is_unspecified else address

    def is_error(self):
        """An ICMP error: it belongs to the flow that it quotes."""
        return self.type in {1: (3, 11, 12), 58: (1, 2, 3, 4)}.get(self.protocol, ())

    def needs_rule(self):
        """Not what the link needs for itself, nor errors."""
        if self.protocol is None or self.src.is_unspecified or self.is_error():
            return False
        if self.protocol == 1:
            return self.type not in (5, 9)
        if self.protocol == 58:
            return self.type not in (130, 131, 132, 133, 134, 135, 136, 137, 143)
        if self.protocol == 17:
            return (self.sport, self.dport) not in ((68, 67), (546, 547))
        return self.protocol not in (0, 2)
