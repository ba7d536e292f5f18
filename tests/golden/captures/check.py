#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares what replay said of a capture with what its device may do.

    check.py reaching|strict CAPTURE MAC REPLAY.json

reaching: every frame of the device passes, except those in known.tsv.
strict: the same of what the link needs, but beyond that it reaches the gateway alone, and
nothing else reaches it.
"""
import collections
import json
import os
import sys

from pcapfile import Packet, frames

GATEWAY = "10.10.10.1"


def read_verdicts(path):
    with open(path, encoding="utf-8") as file:
        return {v["index"]: v for v in map(json.loads, file) if "index" in v}


def known(name):
    """What drops whatever the policy says: file, reason, how many, why."""
    found = collections.Counter()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "known.tsv")
    with open(path, encoding="ascii") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if fields[0] == name:
                found[fields[1]] = int(fields[2])
    return found


def check_passing(name, packets, verdicts):
    """All of these pass, save what is known."""
    refused = [verdicts[i] for i, _ in packets if verdicts[i]["verdict"] != "pass"]
    reasons = collections.Counter(v["reason"] for v in refused)
    if reasons == known(name):
        return None
    return "\n".join(["%s were refused, known are %s:" % (dict(reasons), dict(known(name)))] +
                     list(map(json.dumps, refused)))


def check_strict(name, packets, mac, verdicts):
    sent = [(i, p) for i, p in packets if p.source == mac and not p.is_error()]
    link = [(i, p) for i, p in sent if not p.needs_rule()]
    ruled = [(i, p) for i, p in packets if p.needs_rule() and mac in (p.source, p.to)]
    # TCP to the gateway answers it, and what it opened in the capture has no flow here.
    inside = [i for i, p in ruled if str(p.dst) == GATEWAY and p.protocol == 17]
    outside = [i for i, p in ruled if str(p.dst) != GATEWAY]
    refused = [verdicts[i] for i in inside if verdicts[i]["verdict"] != "pass"]
    leaked = [verdicts[i] for i in outside if verdicts[i]["verdict"] != "drop"]
    for what, wrong in (("dropped, though they go to the gateway", refused), ("leaked", leaked)):
        if wrong:
            return "\n".join([what + ":"] + list(map(json.dumps, wrong)))
    return check_passing(name, link, verdicts)


def main():
    kind, capture, mac, replay = sys.argv[1:]
    packets = list(enumerate(map(Packet, frames(capture))))
    verdicts = read_verdicts(replay)
    name = os.path.basename(capture)[:-len(".pcap")]
    if sorted(verdicts) != list(range(len(packets))):
        sys.exit("replay told of %d frames, the capture has %d" % (len(verdicts), len(packets)))
    sent = [(i, p) for i, p in packets if p.source == mac]
    if not sent:
        sys.exit("the device sent nothing")
    if kind == "strict":
        wrong = check_strict(name, packets, mac, verdicts)
    else:
        wrong = check_passing(name, sent, verdicts)
    if wrong:
        sys.exit(wrong)


main()
