#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes a table of what the benchmark's parts printed, one JSON object a line, and holds it against the goals.

report.py table RESULTS         the table
report.py json RESULTS          the same as one JSON array
report.py check RESULTS         what falls short of its goal; exit status 1 when something does
"""
import json
import sys


class Results:
    def __init__(self, path):
        with open(path) as file:
            self.rows = [json.loads(line) for line in file]

    def find(self, scenario, subject):
        for row in self.rows:
            if row["scenario"] == scenario and row["subject"] == subject:
                return row.get("ns", row.get("mpps", row.get("value")))
        return None

    def scenarios(self):
        seen = {}
        for row in self.rows:
            seen.setdefault(row["scenario"], []).append(row)
        return seen.items()


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def range_of(row):
    return f"{number(row['min'])} to {number(row['max'])}"


def print_packets(results):
    print("ns a packet: median (lowest to highest), the generator's own cost taken off; and as a multiple of the floor")
    for name, rows in results.scenarios():
        if "ns" not in rows[0]:
            continue
        floor = results.find(name, "floor")
        print(f"\n{name}: {rows[0]['what']}")
        for row in rows:
            multiple = f"{row['ns'] / floor:6.2f} x" if floor and row["subject"] != "generator" else ""
            print(f"  {row['subject']:<16}{number(row['ns']):>7}  ({range_of(row)}){'':<4}{multiple}")


def print_wire(results):
    rows = [row for row in results.rows if "mpps" in row]
    if rows:
        print("\nOn the wire (veth): million packets a second, median (lowest to highest), CPU seconds a million packets")
    for row in rows:
        print(f"  {row['scenario']:<8}{row['subject']:<12}{row['mpps']:6.2f}  ({range_of(row)})  {row['cpu']:.2f}")


def print_loading(results):
    rows = [row for row in results.rows if "value" in row]
    if rows:
        print("\nLoading: median (lowest to highest)")
    for row in rows:
        print(f"  {row['what']:<64}{number(row['value']):>8}  ({range_of(row)})")


def goals(results):
    """(what, value, the bound, whether value must be below it)"""
    find = results.find

    def ratio(a, b):
        x, y = find(*a), find(*b)
        return x / y if x is not None and y else None

    def beyond_empty(name, subject):
        x, empty = find(name, subject), find(name, "empty program")
        return x - empty if x is not None and empty is not None else None

    yield "flood against its floor", ratio(("a", "picket"), ("a", "floor")), 1.5, True
    yield "flood against xdp-filter", ratio(("a", "picket"), ("a", "xdp-filter")), 1, True
    yield "known flow with limits against its floor", ratio(("c", "picket"), ("c", "floor")), 1.5, True
    yield "... of a million against its floor", ratio(("d1M", "picket"), ("d1M", "floor")), 1.3, True
    yield "... of a million against 2 hashes + LRU", ratio(("d1M", "picket"), ("d1M", "2 hashes + LRU")), 0.5, True
    ours, theirs = beyond_empty("c", "picket"), beyond_empty("c", "xdp-filter")
    yield ("known flow with limits against xdp-filter, both beyond an empty program",
           ours / theirs if ours is not None and theirs else None, 1, True)
    for suffix in ("", "-cold"):
        yield (f"100,000 rules against 10{suffix and ', cold'}",
               ratio((f"g100k{suffix}", "picket"), (f"g10{suffix}", "picket")), 1.1, True)
    for name in ("b", "c", "d10k", "d1M"):
        yield f"IPv6 against IPv4: {name}", ratio((f"h-{name}", "picket"), (name, "picket")), 1.25, True
    yield "drops on the wire against nftables", ratio(("j-drop", "picket"), ("j-drop", "nftables")), 3, False
    yield "passes on the wire against nftables", ratio(("j-pass", "picket"), ("j-pass", "nftables")), 3, False
    yield "drops on the wire against XDP_DROP", ratio(("j-drop", "picket"), ("j-drop", "XDP_DROP")), 0.85, False
    yield "drops on the wire against xdp-filter", ratio(("j-drop", "picket"), ("j-drop", "xdp-filter")), 1, False
    for name, what, most in (("load-check", "check of a million devices, s", 1.5),
                             ("load-apply", "apply of a million devices, s", 3),
                             ("load-change", "apply of a change of one, s", 3),
                             ("load-change-loss", "pings lost meanwhile", 0),
                             ("load-devices", "devices --json of a million, s", 2),
                             ("load-scrape", "a scrape of a million devices, s", 0.1),
                             ("load-scrape-fresh", "... after an apply, s", 0.1),
                             ("load-kernel", "kernel memory a device, bytes", 400),
                             ("load-kernel-apply", "... during an apply, bytes", 600),
                             ("load-check-memory", "memory of check, MB", 600),
                             ("load-apply-memory", "memory of apply, MB", 600),
                             ("load-devices-memory", "memory of devices --json, MB", 600),
                             ("load-compile", "2,000 roles, 200 segments, 50,000 rules, s", 5)):
        yield what, find(name, "picket"), most, True


def check(results):
    short = 0
    for what, value, bound, below in goals(results):
        if value is None:
            print(f"not measured  {what}")
            continue
        good = value <= bound if below else value >= bound
        short += not good
        print(f"{'ok          ' if good else 'FALLS SHORT '}  {what}: {number(value)}, "
              f"{'at most' if below else 'at least'} {bound}")
    return 1 if short else 0


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("table", "json", "check"):
        sys.exit(__doc__)
    results = Results(sys.argv[2])
    if sys.argv[1] == "check":
        return check(results)
    if sys.argv[1] == "json":
        json.dump(results.rows, sys.stdout, indent=1)
        return 0
    print_packets(results)
    print_wire(results)
    print_loading(results)
    return 0


sys.exit(main())
