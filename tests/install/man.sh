#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The man pages beside --help, and every policy that the documents show.
set -u
PYTHONDONTWRITEBYTECODE=1 exec python3 "$(dirname "$0")/man.py"
