# SPDX-License-Identifier: GPL-2.0-only
"""The JSON Schema says what the parser does: the same keys, the same types, the same policies."""
import collections
import copy
import glob
import json
import os
import re
import sys
import tempfile

import jsonschema

import documents

NAMED = ("segments", "peers", "roles", "devices")  # their keys are names
# What the parser says of errors that a schema can see too, whatever else a policy has.
SYNTAX = re.compile(
    r"unknown key|needs a (mapping|list|single value)|has no value|is empty: name|is neither true nor false"
    r"|is not known here|is no (rate|service|MAC address|IP address|CIDR block|RFC 3339|whole number|EtherType)"
    r"|reads as an address|built-in word|name must have 1 to|a rule of .* is a mapping|the rule has no"
    r"|the conduit has no|the assignment has no|has neither|beside \"role|no limit on flows|limits nothing"
    r"|limit of 0|burst of 0|which version of the language|of the policy language is not known")

tally = documents.Tally()
schema = json.loads(documents.read("tools/schema/picket.schema.json"))
validator = jsonschema.Draft7Validator(schema)


def complaints(policy):
    return [error.message[:200] for error in validator.iter_errors(policy)]


def parser_tables():
    """The keys of each table of fields in the parser; a choice between two keys makes two tables."""
    tables = []
    for path in sorted(glob.glob(os.path.join(documents.ROOT, "user/parse*.c"))):
        source = documents.read(path)
        tables += re.findall(r"struct field \w+\[\w*\] = \{(.*?)\n?\s*\};", source, re.S)
        tables += re.findall(r"SECTION_NAMES\[\w+\] = \{(.*?)\};", source, re.S)
    found = []
    for table in tables:
        choices = re.search(r'\? "(.*?)" : "(.*?)"', table)
        for choice in choices.groups() if choices else [""]:
            one = re.sub(r'\w+ \? ".*?" : ".*?"', f'"{choice}"', table)
            found.append(frozenset(re.findall(r'"(.*?)"', one)))
    return found


def schema_tables():
    found = []

    def walk(node):
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            if node.get("additionalProperties") is False:
                found.append(frozenset(node["properties"]))
            for value in node.values():
                walk(value)

    walk(schema)
    return found


def check_keys():
    parser, own = collections.Counter(parser_tables()), collections.Counter(schema_tables())
    tally.expect(parser == own, "the schema has the parser's keys",
                 f"only in the parser: {list(parser - own)}\nonly in the schema: {list(own - parser)}")
    tally.expect(frozenset(documents.SECTIONS) in parser, "the sections are known to the tests")
    undescribed = []

    def walk(node, path):
        for key, value in (node.get("properties") or {}).items():
            target = schema["definitions"].get(value.get("$ref", "").rpartition("/")[2], {})
            if path != "segment-limit" and not value.get("description") and not target.get("description"):
                undescribed.append(path + "." + key)

    walk(schema, "")
    for name, definition in schema["definitions"].items():
        walk(definition, name)
    tally.expect(not undescribed, "every key has a description", undescribed)


def check_man_page():
    page = documents.read("tools/man/picket.yaml.5")
    said = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^\.It Cm (.*)$", page, re.M))))
    keys = set().union(*schema_tables())
    tally.expect(keys == said, "picket.yaml(5) explains every key",
                 f"not explained: {keys - said}\nnot a key: {said - keys}")


def goldens():
    """(path, text, what picket check says of it) as the golden tests hold them."""
    for path in sorted(glob.glob(os.path.join(documents.ROOT, "tests/golden/check/*.yaml"))):
        name = os.path.relpath(path, documents.ROOT)
        yield name, documents.read(path), documents.read(path[:-4] + "out")
    for path in sorted(glob.glob(os.path.join(documents.ROOT, "tests/golden/[!c]*/*.yaml")) +
                       glob.glob(os.path.join(documents.ROOT, "tests/golden/captures/*.yaml"))):
        yield os.path.relpath(path, documents.ROOT), documents.read(path), "exit 0\n"


def check_goldens():
    refused = accepted = 0
    for name, text, said in goldens():
        wrong = [line for line in said.splitlines() if ".yaml" in line and ": error: " in line and SYNTAX.search(line)]
        try:
            policy = documents.load(text)
        except documents.yaml.YAMLError:
            continue  # no editor gets as far as the schema
        found = complaints(policy)
        if said.endswith("exit 0\n"):
            accepted += 1
            tally.expect(not found, f"{name} is valid", found)
        elif wrong:
            refused += 1
            tally.expect(found, f"{name} is refused", wrong)
    tally.expect(accepted > 60 and refused > 15, "there were goldens of both kinds", (accepted, refused))


def places(node, path=()):
    """Every (path, value) of a policy, the policy itself first."""
    yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        yield from places(value, path + (key,))


def changed(policy, path, change):
    """A copy in which change(parent, key) was done at path."""
    result = parent = copy.deepcopy(policy)
    for key in path[:-1]:
        parent = parent[key]
    change(parent, path[-1])
    return result


def rename(parent, key):
    parent[key + "x"] = parent.pop(key)


def replace(parent, key):
    """By a value of a type that belongs nowhere in its place."""
    parent[key] = ["x"] if isinstance(parent[key], dict) else {"x": "y"}


def mutations(policy):
    for path, _ in places(policy):
        if not path:
            continue
        if isinstance(path[-1], str) and not (len(path) == 2 and path[0] in NAMED):
            yield "an unknown key", path, changed(policy, path, rename)
        yield "a wrong type", path, changed(policy, path, replace)


def check_mutations(directory):
    texts = [block.text for block in documents.blocks("tools/man/picket.yaml.5") if documents.kind(block) == "policy"]
    for text in texts + [documents.read("tests/golden/ruleset/site.yaml")]:
        for what, path, policy in mutations(documents.load(text)):
            status, errors, _, said = documents.check(json.dumps(policy), directory)
            found = complaints(policy)
            good = status == 1 and errors and found
            if not good:
                tally.expect(False, f"both refuse {what} at {path}", f"picket: {said}\nschema: {found}")
            tally.passed += bool(good)


def main():
    jsonschema.Draft7Validator.check_schema(schema)
    check_keys()
    check_man_page()
    check_goldens()
    with tempfile.TemporaryDirectory() as directory:
        check_mutations(directory)
    return tally.finish()


sys.exit(main())
