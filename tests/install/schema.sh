#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The JSON Schema of the policy beside the parser.
set -u
PYTHONDONTWRITEBYTECODE=1 exec python3 "$(dirname "$0")/schema.py"
