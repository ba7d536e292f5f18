#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a policy for each capture of a device being set up, from what it did there.

    make-policies.py ../shared/data/captures tests/golden/captures

NAME.yaml allows the device what it reached in its capture, NAME.strict.yaml the gateway
alone, and nobody it; odd.yaml lists every MAC of the odd captures. devices.tsv says which MAC is the device.
The output is kept beside this script; it needs to run again only for other captures.
"""
import collections
import glob
import ipaddress
import os
import sys

from pcapfile import Packet, frames

GATEWAY = "10.10.10.1"
HOME = ipaddress.ip_network("10.10.10.0/24")
# Phones and computers that set the devices up, and the gateway's two cards.
OTHERS = {"38:0b:40:ef:85:41", "bc:f5:ac:f4:c0:9d", "24:77:03:7c:ea:dc", "28:b2:bd:c3:41:79",
          "00:b5:6d:06:08:ba"}
ROUTERS = {"28:b2:bd:c3:41:79", "00:b5:6d:06:08:ba"}


def service(packet, port):
    if packet.protocol in (6, 17, 132):
        return "%s/%d" % ({6: "tcp", 17: "udp", 132: "sctp"}[packet.protocol], port)
    if packet.protocol in (1, 58):
        return "icmp" if packet.type in (8, 128) else "any"
    return "proto/%d" % packet.protocol


def quoted(address):
    return '"%s"' % address


def by_version(item):
    return item.version, item


def device(name, role, mac=None, addresses=(), more=""):
    known = [", mac: %s" % quoted(mac)] if mac else []
    if addresses:
        known.append(", ip: [%s]" % ", ".join(map(quoted, addresses)))
    return "  %s: {role: %s, segment: iot%s%s}" % (name, role, "".join(known), more)


class Capture:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".pcap")]
        self.packets = [Packet(frame) for frame in frames(path)]
        macs = collections.Counter(p.source for p in self.packets if p.source not in OTHERS)
        self.device = macs.most_common(1)[0][0]
        self.connect = collections.defaultdict(set)
        self.accept = collections.defaultdict(set)
        self.read_flows()

    def read_flows(self):
        """Who spoke first opened the flow."""
        known = set()
        for p in self.packets:
            if not p.needs_rule():
                continue
            key = (p.src, p.dst, p.protocol, p.sport, p.dport)
            back = (p.dst, p.src, p.protocol, p.dport, p.sport)
            if back in known and p.type not in (8, 128):
                continue
            known.add(key)
            if p.source == self.device:
                self.connect[service(p, p.dport)].add(p.dst)
            elif p.to == self.device:
                self.accept[service(p, p.dport)].add(p.src)

    def addresses(self, mac):
        """What this MAC spoke for, link-local addresses aside."""
        found = {p.speaks_for() for p in self.packets if p.source == mac} - {None}
        return sorted((a for a in found if not a.is_link_local), key=by_version)

    def listed(self, mac):
        """Its addresses, when one was spoken to before it had spoken: it cannot have been learned."""
        addresses, spoken, versions = self.addresses(mac), set(), set()
        for p in self.packets:
            if p.source == mac:
                spoken.add(p.speaks_for())
            elif p.to == mac and p.needs_rule() and p.dst in addresses and p.dst not in spoken:
                versions.add(p.dst.version)
        return [a for a in addresses if a.version in versions]

    def subnets(self):
        """The home's, and those of the device's other networks that it still speaks from."""
        found = {HOME}
        for address in self.addresses(self.device):
            if address not in HOME:
                found.add(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))
        return sorted(found, key=by_version)

    def absent(self):
        """Addresses in the device's networks that it calls and nobody has: gone, or never there."""
        present = {p.speaks_for() for p in self.packets}
        called = {p.dst for p in self.packets if p.source == self.device and p.needs_rule()}
        return sorted(a for a in called - present for n in self.subnets()
                      if a in n and a != n.broadcast_address)

    def neighbours(self):
        return sorted({p.source for p in self.packets} - {self.device} - ROUTERS)

    def ethertypes(self):
        return sorted({p.ethertype for p in self.packets if p.ethertype >= 0x600} -
                      {0x0800, 0x0806, 0x86dd})


def rules(which, word):
    by_targets = collections.defaultdict(list)
    for name, targets in which.items():
        by_targets[tuple(sorted(targets, key=by_version))].append(name)
    for targets, names in sorted(by_targets.items(), key=lambda item: sorted(item[1])):
        yield "      - {%s: [%s], ports: [%s]}" % (word, ", ".join(map(quoted, targets)),
                                                  ", ".join(sorted(names)))


def segments(capture):
    ethertypes = ", ".join("0x%04x" % e for e in capture.ethertypes())
    return ["segments:", "  iot:", "    interfaces: [lan0]",
            "    subnets: [%s]" % ", ".join(map(quoted, capture.subnets())),
            "    dhcp: true", "    fragments: track", "    router-advertisements: true",
            "    ethertypes: [%s]" % ethertypes,
            "  internet:", "    kind: hosts", "    interfaces: [lan0]",
            '    subnets: [0.0.0.0/0, "::/0"]', "    router-advertisements: true"]


def others(capture):
    """Whoever else there is, free to do anything with the device that the device may do with them."""
    lines = [device("neighbour-%d" % number, "free", mac, capture.listed(mac))
             for number, mac in enumerate(capture.neighbours())]
    return lines + [device("absent-%d" % number, "free", addresses=[address])
                    for number, address in enumerate(capture.absent())]


FREE = "  free: {connect: [{to: any}], accept: [{from: any}]}"
CONDUITS = ["conduits:", "  - {from: [iot, internet], to: [iot, internet]}"]


def reaching(capture):
    """What it did is allowed."""
    lines = ["# SPDX-License-Identifier: GPL-2.0-only",
             "# %s may do what it did in its capture." % capture.name, "picket: 1"]
    lines += segments(capture)
    lines += ["roles:", FREE, "  watched:"]
    if capture.connect:
        lines += ["    connect:"] + list(rules(capture.connect, "to"))
    if capture.accept:
        lines += ["    accept:"] + list(rules(capture.accept, "from"))
    lines += ["devices:", device(capture.name, "watched", capture.device, capture.listed(capture.device))]
    lines += [device("router-%d" % number, "free", mac, [GATEWAY] if number == 0 else [],
                     ", router: true, dhcp-server: true")
              for number, mac in enumerate(sorted(ROUTERS))]
    return lines + others(capture) + CONDUITS


def strict(capture):
    """Its role alone keeps it from everybody but the gateway."""
    lines = ["# SPDX-License-Identifier: GPL-2.0-only",
             "# %s may reach the gateway and nobody else." % capture.name, "picket: 1",
             "gateway: {addresses: [%s]}" % GATEWAY]
    lines += segments(capture)
    lines += ["roles:", FREE, "  watched: {connect: [{to: gateway}]}", "devices:",
              device(capture.name, "watched", capture.device, capture.listed(capture.device))]
    return lines + others(capture) + CONDUITS


def odd(directory):
    macs, vlans = set(), set()
    for path in sorted(glob.glob(os.path.join(directory, "*.pcap"))):
        for frame in frames(path):
            if len(frame) >= 18 and not frame[6] & 1 and any(frame[6:12]):
                macs.add(Packet(frame).source)
            if len(frame) >= 18 and frame[12:14] in (b"\x81\x00", b"\x88\xa8"):
                vlans.add(int.from_bytes(frame[14:16], "big") & 0xfff)
    ports = ["lan0"] + ["{name: lan0, vlan: %d}" % v for v in sorted(vlans) if 0 < v < 4095]
    lines = ["# SPDX-License-Identifier: GPL-2.0-only",
             "# Every MAC of the odd captures, as a device that may do anything.", "picket: 1",
             "gateway: {addresses: [192.168.0.1, 10.0.0.1]}", "segments:", "  private:",
             "    interfaces: [%s]" % ", ".join(ports),
             '    subnets: [10.0.0.0/8, 192.168.0.0/16, 172.16.0.0/12, "fd00::/8", "2001:db8::/32"]',
             "    dhcp: true", "    fragments: track", "    ethertypes: [eapol, lldp]",
             "  world:", "    kind: hosts", "    interfaces: [lan0]", '    subnets: [0.0.0.0/0, "::/0"]',
             "    router-advertisements: true", "    fragments: track",
             "roles:", "  free: {connect: [{to: any}], accept: [{from: any}]}", "devices:"]
    for number, address in enumerate(sorted(macs)):
        lines.append("  odd-%d: {role: free, segment: private, mac: %s}" % (number, quoted(address)))
    lines += ["conduits:", "  - {from: [private, world], to: [private, world]}"]
    return lines


def write(directory, name, lines):
    with open(os.path.join(directory, name), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    captures, out = sys.argv[1:]
    devices = []
    for path in sorted(glob.glob(os.path.join(captures, "iot-setup", "*.pcap"))):
        capture = Capture(path)
        write(out, capture.name + ".yaml", reaching(capture))
        write(out, capture.name + ".strict.yaml", strict(capture))
        devices.append("%s\t%s" % (capture.name, capture.device))
    write(out, "devices.tsv", devices)
    write(out, "odd.yaml", odd(os.path.join(captures, "odd")))


main()
