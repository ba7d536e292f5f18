#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A terminal's screen, as `tmux capture-pane -e -p` writes it to the input, as an HTML page."""
import html
import re
import sys

BASIC = ["#1d242c", "#ff8f85", "#63c393", "#e3b557", "#78b4ff", "#d29be8", "#62cfd6", "#d5dbe1",
         "#707c88", "#ffb0a8", "#8fdcb3", "#f2cf85", "#a5cdff", "#e4bff2", "#97e3e8", "#ffffff"]
GROUND, TEXT = "#12171c", "#d5dbe1"


def palette(number):
    if number < 16:
        return BASIC[number]
    if number >= 232:
        return "#" + f"{8 + (number - 232) * 10:02x}" * 3
    levels = [0, 95, 135, 175, 215, 255]
    red, rest = divmod(number - 16, 36)
    return "#" + "".join(f"{levels[n]:02x}" for n in (red, *divmod(rest, 6)))


class Style:
    def __init__(self):
        self.text = self.ground = None
        self.bold = self.dim = self.reverse = self.underline = False

    def take(self, codes):
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()
            elif code in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code in (24, 27):
                setattr(self, {24: "underline", 27: "reverse"}[code], False)
            elif code in (38, 48):
                kind = codes.pop(0)
                colour = palette(codes.pop(0)) if kind == 5 else "#" + "".join(f"{codes.pop(0):02x}" for _ in "rgb")
                setattr(self, "text" if code == 38 else "ground", colour)
            elif code in (39, 49):
                setattr(self, "text" if code == 39 else "ground", None)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.text = BASIC[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.ground = BASIC[code - 40 if code < 100 else code - 92]

    def css(self):
        text, ground = self.text or TEXT, self.ground or GROUND
        if self.reverse:
            text, ground = ground, text
        return f"color:{text};background:{ground}" + ";font-weight:bold" * self.bold + ";opacity:.7" * self.dim + \
            ";text-decoration:underline" * self.underline


def spans(screen):
    style = Style()
    for text, codes in re.findall(r"([^\x1b]+)|\x1b\[([\d;]*)m", screen):
        if text:
            yield "\n".join(f'<span style="{style.css()}">{html.escape(line)}</span>' for line in text.split("\n"))
        else:
            style.take([int(code or 0) for code in codes.split(";")])


print(f"""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: {GROUND}; }}
pre {{ margin: 0; padding: 14px 18px; width: max-content; font: 15px/18px "DejaVu Sans Mono", monospace; }}
span {{ display: inline-block; height: 18px; vertical-align: top; }}
</style><pre>{"".join(spans(sys.stdin.read().rstrip()))}</pre>""")
