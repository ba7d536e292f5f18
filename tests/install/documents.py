# SPDX-License-Identifier: GPL-2.0-only
"""What README, guide and man pages show: policies, fragments of policies, commands.

A policy is a ```yaml block of Markdown or a literal display of a man page that says which version
of the language it is in. A fragment has some of a policy's sections, and goes with the last policy before it.
"""
import collections
import json
import os
import re
import subprocess
import sys
import textwrap

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECTIONS = ("picket mode gateway segments peers roles devices device-files assignments conduits").split()

# What a fragment of the README leaves to the reader.
LEFT_OUT = {"README.md": {"peers": {"recorder": "10.1.0.20"}, "roles": {"maintenance": {}}}}

Block = collections.namedtuple("Block", "document line language text")


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors have it; PyYAML's own reads dates, and 1:30 as 90."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        return {str(key.value): self.construct_object(value, deep=True) for key, value in node.value}


for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^([-+]?[0-9]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)
CoreLoader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node))
CoreLoader.add_constructor(
    "tag:yaml.org,2002:int",
    lambda loader, node: int(node.value, 16) if node.value.startswith("0x") else int(node.value))


def load(text):
    return yaml.load(text, Loader=CoreLoader)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def markdown_blocks(path):
    """Blocks between fences, without their indentation."""
    found, start = [], None
    for number, line in enumerate(read(path).splitlines(), 1):
        fence = re.match(r"\s*```(.*)$", line)
        if fence and start is None:
            start, language, lines = number + 1, fence.group(1), []
        elif fence:
            found.append(Block(path, start, language, textwrap.dedent("\n".join(lines)) + "\n"))
            start = None
        elif start is not None:
            lines.append(line)
    assert start is None, f"{path}:{start}: this block has no end"
    return found


def unescape(line):
    for written, meant in ((r"\e", "\\"), (r"\(aq", "'"), (r"\(dq", '"'), (r"\&", ""), (r"\-", "-")):
        line = line.replace(written, meant)
    return line


def man_blocks(path):
    """Literal displays; lines that stand alone (.Dl) are commands."""
    found, start = [], None
    for number, line in enumerate(read(path).splitlines(), 1):
        if line.startswith(".Bd -literal"):
            start, lines = number + 1, []
        elif line == ".Ed":
            found.append(Block(path, start, "yaml", "\n".join(lines) + "\n"))
            start = None
        elif start is not None:
            lines.append(unescape(line))
        elif line.startswith(".Dl "):
            found.append(Block(path, number, "sh", unescape(line[4:]) + "\n"))
    return found


def blocks(path):
    return markdown_blocks(path) if path.endswith(".md") else man_blocks(path)


def kind(block):
    """policy, fragment, or None for what is no policy."""
    if block.language != "yaml":
        return None
    top = load(block.text)
    if not isinstance(top, dict):
        return None
    if "picket" in top:
        return "policy"
    return "fragment" if set(top) <= set(SECTIONS) else None


def completed(path, policy, fragment):
    """The policy with a fragment of a document in it."""
    return merged(merged(policy, LEFT_OUT.get(path, {})), fragment)


def merged(base, more):
    """Mappings are joined; of everything else the latter counts."""
    if not isinstance(base, dict) or not isinstance(more, dict):
        return more
    both = dict(base)
    for key, value in more.items():
        both[key] = merged(base[key], value) if key in base else value
    return both


def picket():
    build = os.environ.get("BUILD", "build")
    return os.path.join(ROOT, build, "picket")


def check(text, directory):
    """(exit status, errors, warnings, what it said) of `picket check`."""
    path = os.path.join(directory, "policy.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([picket(), "check", "--json", path], capture_output=True, text=True, timeout=60)
    said = json.loads(done.stdout)
    summary = said["summary"]
    return done.returncode, summary["errors"], summary["warnings"], done.stdout + done.stderr


def commands(block):
    """(command, expected exit status) of a shell block; what is no business of picket's is left out of the README."""
    for line in block.text.replace("\\\n", " ").splitlines():
        line = re.sub(r"^sudo ", "", line.strip())
        if block.document == "README.md" and not line.startswith("picket "):
            continue
        if line:
            yield line, 1 if "# exit status 1" in line else 0


def interfaces(policy):
    """The names of the interfaces of a policy's ports."""
    for segment in (policy.get("segments") or {}).values():
        for port in segment.get("interfaces") or ():
            yield port["name"] if isinstance(port, dict) else port


def steps(path, policy):
    """What a document has its reader do, one after the other: (line, what, argument).

    policy: what there is before its first one.
    """
    for block in blocks(path):
        what = kind(block)
        if what:
            more = load(block.text)
            policy = completed(path, policy, more) if what == "fragment" else more
            yield block.line, "policy", block.text if what == "policy" else json.dumps(policy)
            yield from ((block.line, "interface", name) for name in interfaces(policy))
        elif block.language == "sh" or (block.language == "" and block.document == "README.md"):
            yield from ((block.line, f"run {status}", line) for line, status in commands(block))
        elif block.language in ("nft", "dnsmasq"):
            yield block.line, block.language, block.text


def first_policy(path):
    return next(block for block in blocks(path) if kind(block) == "policy")


class Tally:
    """Counts, and prints, as the other tests do."""

    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, good, name, said=""):
        if good:
            self.passed += 1
            print("ok - " + name)
        else:
            self.failed += 1
            print("not ok - " + name)
            print(textwrap.indent(str(said)[:1500], "#   "))

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, 0 skipped")
        return 0 if self.passed and not self.failed else 1


def main():
    """documents.py FILE [POLICY'S FILE]: its steps as records of line, what and argument, each ended by NUL."""
    before = first_policy(sys.argv[2]).text if len(sys.argv) > 2 else None
    if before:
        print(0, "policy", before, sep="\0", end="\0")
        for name in interfaces(load(before)):
            print(0, "interface", name, sep="\0", end="\0")
    for step in steps(sys.argv[1], load(before) if before else {}):
        print(*step, sep="\0", end="\0")


if __name__ == "__main__":
    main()
