#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Ids of BPF programs, maps and links, one "KIND ID" a line; bpftool takes a second for what this does at once.

bpf_ids.py pinned DIRECTORY    of what is pinned below it, and of the programs in its arrays of programs
bpf_ids.py alive               of all there are
"""
import ctypes
import os
import struct
import sys

NR_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
LOOKUP, OBJ_GET, GET_INFO = 1, 7, 15
NEXT_ID = {"prog": 11, "map": 12, "link": 31}
KINDS = {"anon_inode:bpf-map": "map", "anon_inode:bpf-prog": "prog", "anon_inode:bpf-link": "link", "anon_inode:bpf_link": "link"}
SLOTS = 4
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    """The result, or -1."""
    return libc.syscall(NR_BPF, command, attr, len(attr))


def pointer(buffer):
    return ctypes.addressof(buffer)


def id_of(fd):
    """Type and id come first in the info of every kind."""
    info = ctypes.create_string_buffer(256)
    attr = ctypes.create_string_buffer(struct.pack("<IIQ", fd, len(info), pointer(info)), 16)
    return struct.unpack_from("<II", info)[1] if bpf(GET_INFO, attr) == 0 else 0


def slots(fd):
    for slot in range(SLOTS):
        key, value = ctypes.create_string_buffer(struct.pack("<I", slot), 4), ctypes.create_string_buffer(4)
        attr = ctypes.create_string_buffer(struct.pack("<IIQQQ", fd, 0, pointer(key), pointer(value), 0), 32)
        if bpf(LOOKUP, attr) == 0:
            yield struct.unpack("<I", value)[0]


def pinned(directory):
    for folder, _, names in os.walk(directory):
        for name in names:
            path = ctypes.create_string_buffer(os.path.join(folder, name).encode())
            fd = bpf(OBJ_GET, ctypes.create_string_buffer(struct.pack("<QIIII", pointer(path), 0, 0, 0, 0), 24))
            if fd < 0:
                continue
            yield KINDS[os.readlink(f"/proc/self/fd/{fd}")], id_of(fd)
            if name.endswith("_slots"):
                yield from (("prog", number) for number in slots(fd))
            os.close(fd)


def alive():
    for kind, command in NEXT_ID.items():
        number = 0
        while True:
            attr = ctypes.create_string_buffer(struct.pack("<III", number, 0, 0), 12)
            if bpf(command, attr):
                break
            number = struct.unpack_from("<I", attr, 4)[0]
            yield kind, number


for line in pinned(sys.argv[2]) if sys.argv[1] == "pinned" else alive():
    print(*line)
