# SPDX-License-Identifier: GPL-2.0-only
"""seeds.py FOLDER: what the fuzz targets begin from, a folder each: golden inputs, and bytes that are made here."""
import pathlib
import re
import struct
import sys
import zlib

import frames

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
CAPTURES = GOLDEN.parent.parent.parent / "shared/data/captures" # that others took; good without
CAPTURE_MOST = 6000 # bytes of one
HASH = b"ef51306214d9a6361ee1d5b452e6d2bb70dc7ebb85bf9e02c3d4747fb57d6bec"


def policies():
    for path in sorted(GOLDEN.glob("*/*.yaml")):
        if path.parent.name == "captures" and "strict" in path.name:
            continue
        text = path.read_bytes()
        named = re.search(rb"^device-files: *\[(.*)\]", text, re.M)
        for name in named.group(1).split(b",") if named else ():
            beside = path.parent / name.strip(b" \"'").decode(errors="replace")
            if beside.is_file():
                text = text.rstrip(b"\n") + b"\n%%% " + beside.name.encode() + b"\n" + beside.read_bytes()
        yield text


def csv():
    for path in sorted(GOLDEN.glob("*/*.csv")):
        yield path.read_bytes()
    yield (b'name,role,mac,ip,segment,space,valid-from,valid-until\n'
           b't1,a|b,02:00:5e:10:00:17,10.20.0.17|fd00:20::17,sensors,hq/floor-2,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z\n'
           b'"t2","a",,"10.20.0.18",,"hq",,\r\n')


def events():
    full = (b'{"time":1795748408.296349,"verdict":"drop","reason":"role-connect","device":"therm-17","role":"a, b",'
            b'"segment":"sensors","interface":"lan0","vlan":7,"direction":"in","mac":"02:00:5e:10:00:17",'
            b'"ethertype":"0x0800","src":"10.20.0.17","dst":"10.1.0.9","protocol":"tcp","sport":40000,"dport":22,'
            b'"count":12,"bytes":98,"frame":"02005e100001"}')
    six = (b'{"time":1,"verdict":"audit","reason":"malformed","direction":"out","ethertype":"0x86dd","src":"fd00::1",'
           b'"dst":"ff02::1","protocol":"icmp","icmp_type":135,"count":1,"bytes":60,"frame":""}')
    yield b"id: 1\ndata: " + full + b"\n\n:\n\nevent: lost\ndata: {\"lost\":3}\n\nid: 5\ndata: " + six + b"\n\n"
    yield b"data: " + six + b"\n"
    yield b'data: {"verdict":"drop","reason":"limit-bytes","direction":"in","protocol":"proto/47","mac":null}\n'


def history():
    lines = [
        b'{"time":1700000000000000000,"action":"apply","result":"ok","id":7,"uid":0,"login_uid":1000,"policy":"home",'
        b'"hash":"' + HASH + b'"}',
        b'{"time":1700000001000000000,"action":"quarantine","result":"ok","id":9,"uid":0,"login_uid":-1,'
        b'"device":"therm-17","until":1700000002000000000}',
        b'{"time":1700000003000000000,"action":"confirm","result":"pending","id":7,"uid":4294967295,"login_uid":-1}',
    ]
    text = b"picket: 1\n"
    raw = b"home.yaml\0" + struct.pack("<Q", len(text)) + text
    packed = zlib.compress(raw)
    kept = b"picket policy 1\n" + struct.pack("<QQ72s", len(packed), len(raw), HASH) + packed
    yield struct.pack("!H", len(kept)) + kept + b"\n".join(lines) + b"\n"
    yield b"\0\0" + b"\n".join(lines * 5)
    yield b"\0\0"


def packed():
    for text in [b"picket: 1\n", *list(policies())[::20]]:
        raw = b"p.yaml\0" + struct.pack("<Q", len(text)) + text
        yield b"\1" + raw
        yield b"\1" + raw + b"a.csv\0" + struct.pack("<Q", 5) + b"name\n"
        if len(raw) < 65536:
            yield b"\0" + struct.pack("!H", len(raw)) + zlib.compress(raw)
            yield b"\2\0\0" + zlib.compress(raw)


def pcap(order, list_of_frames, magic=0xa1b2c3d4, link=1):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for i, frame in enumerate(list_of_frames):
        out += struct.pack(order + "IIII", 1700000000 + i // 4, i * 1000, len(frame), len(frame)) + frame
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def pcapng(order, list_of_frames):
    out = block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + struct.pack(order + "HHI", 9, 1, 9) + bytes(4))
    for i, frame in enumerate(list_of_frames):
        ns = 1700000000 * 10**9 + i * 10**6
        out += block(order, 6, struct.pack(order + "IIIII", 0, ns >> 32, ns & 0xffffffff, len(frame), len(frame)) + frame)
    return out + block(order, 3, struct.pack(order + "I", 60) + list_of_frames[0][:60])


def captures():
    every = frames.all_frames()
    yield pcap("<", every)
    yield pcap(">", every[:8], 0xa1b23c4d)
    yield pcap("<", every[:4], link=101)
    yield pcapng("<", every)
    yield pcapng(">", every[8:16])
    for i in range(0, len(every), 6):
        yield pcap("<", every[i:i + 6])
    for path in sorted(CAPTURES.glob("*/*.pcap")):
        yield path.read_bytes()[:CAPTURE_MOST]


def attribute(kind, data):
    return struct.pack("HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def message(kind, body, flags=2):
    return struct.pack("IHHII", 16 + len(body), kind, flags, 1, 1) + body + bytes(-len(body) % 4)


def link(index, name, more=b"", kind=b""):
    info = attribute(18, attribute(1, kind + b"\0") + more) if kind else b""
    return message(16, struct.pack("BxHiII", 0, 1, index, 0x11043, 0) + attribute(3, name + b"\0") +
                   attribute(4, struct.pack("I", 1500)) + attribute(1, frames.MACS[0]) + attribute(5, struct.pack("I", 2)) +
                   attribute(10, struct.pack("I", 9)) + attribute(23, bytes(8 * 24)) + info)


def reads(what, *parts):
    return bytes([what]) + b"".join(struct.pack("!H", len(part)) + part for part in parts)


def netlink():
    done = message(3, bytes(4))
    vlan = attribute(2, attribute(1, struct.pack("H", 20)))
    links = link(2, b"lan0") + link(3, b"lan0.20", vlan, b"vlan") + link(9, b"br0", b"", b"bridge")
    addrs = b"".join(message(20, struct.pack("BBBBi", family, bits, 0, 0, 2) + attribute(1, addr) + attribute(2, addr) +
                             attribute(3, b"lan0\0") + attribute(6, bytes(16)))
                     for family, bits, addr in [(2, 24, frames.address("10.20.0.1")), (10, 64, frames.address("fd00:20::1")),
                                                (2, 8, frames.address("127.0.0.1"))])
    neighbours = b"".join(message(28, struct.pack("BxHiHBB", family, 0, 2, state, 0, 1) + attribute(1, addr) +
                                  attribute(2, frames.MACS[2]) + attribute(3, bytes(16)))
                          for family, state, addr in [(2, 2, frames.address("10.20.0.3")),
                                                      (10, 4, frames.address("fd00:20::3")),
                                                      (2, 0x20, frames.address("10.20.0.4"))])
    family = message(16, struct.pack("BBH", 1, 2, 0) + attribute(1, struct.pack("H", 33)) + attribute(2, b"netdev\0"), 0)
    features = message(33, struct.pack("BBH", 1, 1, 0) + attribute(1, struct.pack("I", 3)) +
                       attribute(3, struct.pack("Q", 0x7f)), 0)
    failed = message(2, struct.pack("i", -95) + bytes(16), 0)
    yield reads(0, links + done, addrs + done)
    yield reads(0, links, done, addrs, done)
    yield reads(1, neighbours + done)
    yield reads(2, family, features)
    yield reads(2, family, failed)
    yield reads(2, failed)
    yield reads(3, link(2, b"lan0"), addrs)
    yield reads(4, message(24, struct.pack("BBBBBBBBI", 2, 32, 0, 0, 254, 0, 0, 1, 0) + attribute(1, bytes(4)) +
                           attribute(4, struct.pack("I", 2)) + attribute(5, frames.address("10.20.0.1")), 0))


def evals():
    every = frames.all_frames()
    for seed in range(16):
        out = bytes([seed])
        for i, frame in enumerate(every[seed % 3::3]):
            out += bytes([(i + seed) % 32 | 16, 0x10, i % 5]) + struct.pack("!H", len(frame)) + frame
        yield out
    for i, frame in enumerate(every):
        for flags in (2 * (i % 6), 16 + 2 * (i % 6), 17):
            yield bytes([i % 16, flags, 0x21, 0]) + struct.pack("!H", len(frame)) + frame


def audit():
    row = (b'{"src":"10.20.0.17","dst":"10.1.0.9","key_mac":"00:00:00:00:00:00","port":22,"protocol":6,"icmp_type":0,'
           b'"flags":12,"vlan":7,"packets":5,"opened":1,"first":1700000000000000000,"last":1700000001000000000,'
           b'"interface":"lan0","mac":"02:00:5e:10:00:17","bytes":60,"frame":"02005e100001"}')
    owner = (b'{"device":"therm-17","segment":null,"reason":"role-connect","gone":1,"gone_packets":2,"rows":[' + row + b']}')
    yield b'{"format":1,"since":1700000000000000000,"lost":0,"left_out":0,"owners":[' + owner + b']}'
    yield b'{"format":1,"since":1,"lost":0,"left_out":0,"owners":[]}'


def access():
    yield b"root: [read]\n"
    yield b"root: [read, quarantine, apply]\ndaemon: [read]\n"
    yield b"root: [red]\nroot: [read]\nno-such-group: read\n"


def sessions():
    yield b"10.20.0.17 40000 10.20.0.1 22"
    yield b"fe80::1%lo 40000 fe80::2%lo 22,10.20.0.17 40000 10.20.0.1 22"


def webconfig():
    secret = b"0123456789abcdef0123456789abcdef\nadmin\n"
    yield secret + b"bearer-token-file: secret\n"
    yield secret + b"basic-auth: {user: admin, password-file: secret}\n"
    yield secret + b"tls: {certificate: secret, key: secret}\nbearer-token-file: secret\nbasic-auth: {user: a}\n"
    yield b"short\nadmin\nbearer-token-file: secret\n"


def http():
    yield b"GET\n/healthz\n\n"
    yield b"GET\n/events\nreason=spoofed\ndevice=therm-17\nsegment=sensors\nsince=1\nframes\n\nLast-Event-ID: 2\n"
    yield b"GET\n/events\nreason=spofed\n\n"
    yield b"HEAD\n/readyz\n\n"
    yield b"POST\n/metrics\n\n\nbody"
    yield b"!GET\n/metrics\n\nAuthorization: Bearer 0123456789abcdef0123456789abcdef\n"
    yield b"!GET\n/healthz\n\nAuthorization: Basic admin:0123456789abcdef0123456789abcdef\n"
    yield b"!GET\n/healthz\n\n"
    yield b"GET\n/api/devices\nsearch=a\ntop=10\nsort=seen\nsegment=sensors\n\n"
    yield b"GET\n/api/device\nname=therm-17\n\n"
    yield b"GET\n/\n\n"
    yield b"@GET\n/command/status\narg=--json\n\n"
    yield b"@POST\n/command/quarantine\narg=therm-17\narg=--for\narg=1h\nsession=10.20.0.17 40000 10.20.0.1 22\n\n\n"
    yield b"@POST\n/command/apply\narg=policy.yaml\n\nContent-Length: 4\n\nbody"


SEEDS = {
    "access": access, "audit": audit, "capture": captures, "csv": csv, "events": events, "frame": evals, "history": history, "http": http,
    "netlink": netlink, "packed": packed, "policy": policies, "session": sessions, "webconfig": webconfig,
}


def main():
    for target, make in SEEDS.items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(make()):
            (folder / f"seed-{number:03}").write_bytes(data)


if __name__ == "__main__":
    main()
