#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""merge.py POLICY FRAGMENT: prints the policy with the fragment put into it, mapping by mapping, lists after lists."""
import sys

import yaml


class Text(yaml.SafeLoader):
    """Every scalar stays the text that it is, as the policy language has it."""


Text.yaml_implicit_resolvers = {}


def merge(into, part):
    for key, value in part.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        elif isinstance(value, list) and isinstance(into.get(key), list):
            into[key] += value
        else:
            into[key] = value
    return into


def read(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Text) or {}


print(yaml.safe_dump(merge(read(sys.argv[1]), read(sys.argv[2])), sort_keys=False).replace("'1'", "1", 1))
