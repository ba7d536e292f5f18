# SPDX-License-Identifier: GPL-2.0-only
"""picket(8) has every command and every option that --help has, and no other; linters have no complaint;
every policy that README, guide and man pages show is right."""
import os
import re
import subprocess
import sys
import tempfile

import documents

PAGES = ("tools/man/picket.8", "tools/man/picket.yaml.5")
DOCUMENTS = PAGES + ("README.md", "tools/guide.md")

tally = documents.Tally()


def said(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=documents.ROOT)
    return (done.stdout + done.stderr).strip()


def options_of_help(text):
    """-x and --word where they begin a line of help."""
    found = set()
    for line in text.splitlines():
        match = re.match(r"\s+((-\w, )?--[\w-]+)", line)
        if match:
            found |= set(re.findall(r"(?<![\w-])--?[\w-]+", match.group(1)))
    return found


def options_of_page(text):
    found = set()
    for line in re.findall(r"^\.It Fl (.*)$", text, re.M):
        flags = re.split(r" , | Fl ", " " + re.sub(r" Ar .*$", "", line))
        found |= {"-" + flag.strip() for flag in flags}
    return found


def sections_of_page(page):
    """The text before COMMANDS, and that of each of its subsections by name."""
    before, _, rest = page.partition(".Sh COMMANDS\n")
    parts = re.split(r"^\.Ss (.*)$", rest.partition("\n.Sh ")[0], flags=re.M)
    return before, dict(zip(parts[1::2], parts[2::2]))


def check_options():
    before, sections = sections_of_page(documents.read(PAGES[0]))
    overview = said(documents.picket(), "--help")
    commands = re.findall(r"^  (\w+) +\w", overview.partition("commands:")[2].partition("options")[0], re.M)
    shared = options_of_help(overview)
    tally.expect(len(commands) > 5 and "--json" in shared, "--help lists commands and options", overview)
    tally.expect(list(sections) == commands, "picket(8) has every command, in the order of --help",
                 f"help: {commands}\npage: {list(sections)}")
    tally.expect(options_of_page(before) - {"-h"} == shared, "picket(8) has the options of all commands",
                 f"help: {shared}\npage: {options_of_page(before)}")
    for command in commands:
        own = options_of_help(said(documents.picket(), command, "--help")) - shared
        page = options_of_page(sections.get(command, ""))
        tally.expect(own == page, f"picket(8) has the options of {command}", f"help: {own}\npage: {page}")


def check_reasons():
    source = documents.read("include/picket/reason.h")
    known = re.findall(r'"([a-z-]+)"', source)
    page = documents.read(PAGES[0]).partition(".Sh VERDICTS")[2].partition("\n.Sh ")[0]
    tally.expect(known and known == re.findall(r"^\.It Cm (.*)$", page, re.M), "picket(8) has every reason", known)


def check_linters():
    for page in PAGES:
        found = said("mandoc", "-T", "lint", "-W", "warning", page)
        tally.expect(not found, f"mandoc has no complaint about {page}", found)
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], timeout=60,
                              cwd=documents.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=dict(os.environ, LC_ALL="C.UTF-8", MANROFFSEQ=""))
        tally.expect(done.returncode == 0 and done.stdout and not done.stderr, f"man has no warning about {page}",
                     done.stderr)


def check_policies(directory):
    for path in DOCUMENTS:
        policy = None
        shown = 0
        for block in documents.blocks(path):
            where = f"{path}:{block.line}"
            kind = documents.kind(block)
            if kind == "policy":
                policy = documents.load(block.text)
                status, _, warnings, text = documents.check(block.text, directory)
                harmless = text.count("nothing may open a connection to")
                tally.expect(status == 0 and warnings == harmless, f"the policy at {where} is right", text)
            elif kind == "fragment":
                whole = documents.completed(path, policy or {}, documents.load(block.text))
                status, _, _, text = documents.check(documents.json.dumps(whole), directory)
                tally.expect(status == 0, f"the fragment at {where} is right", text)
            shown += kind is not None
        tally.expect(shown or path == PAGES[0], f"{path} shows policies")


def main():
    check_options()
    check_reasons()
    check_linters()
    with tempfile.TemporaryDirectory() as directory:
        check_policies(directory)
    return tally.finish()


sys.exit(main())
