"""Texts of YAML from a seeded generator: as a writer writes them, with other layouts, and damaged.

Whether a text is well-formed is for readers to say: nothing here knows it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from promptecho._text.storable import storable
from promptecho._text.yaml_writer import emit

_STRINGS = [
    *["a", "b", "key", "x y", "a b c", "null", "true", "1", "1.50", "-1", "yes", "", "é", "😀"],
    *["http://x.y/z?q=1#f", "it's", 'say "hi"', "back\\slash", "tab\there", "end ", "  lead"],
    *["- a", "? a", "a: b", "a #b", "#c", "%d", "@e", "`f", "|", ">", "&g", "*h", "!i", "[j]"],
    *["{k}", "a,b", "a]", "-", "?", ":", "a:", "::", "-#", "<<", "=", "~", "---", "...", "--- a"],
    *["a\nb", "a\n", "a\n\nb\n", "\n", "a\n  b\nc", "x\n# y\n", "x \ny", "a\n---\nb"],
    *["\u2028ls", "\u0085", "\ufeff"],
]
_NAMES = ["a", "b", "c", "k-1", "_z", "d e", '"q"', "1"]
_INSERTED = [
    *'  \n\n\t:-?#,[]{}"""\'|>&*!%@`\\ab10.~<=/é😀\r\x01',
    *["\n  ", "\n ", ": ", " #", "- ", "---\n", "...\n", "\n---\n", "\n...\n", "\r\n", "''", "? "],
    *["\\n", "\\x4", "\\ud800", "|-\n", "|2\n", ">\n"],
]
_LINES = ["", " ", "# c", "  # c", "---", "...", "\t", "    "]
_ENDS = [" #c", " ", "\t", ":", ",", '"', " b", "]", "}"]
_LINE_ENDS = [" \n", " # c\n", '  # it\'s: "x"\n', "\n\n", "\n# z\n", "\n   # y\n", "\n  \n"]


def texts(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Texts, each with its kind: `written`, `free` or `damaged`."""
    layout = _Layout(random.Random(seed))
    for number in range(count):
        if number % 7 == 0:
            yield "written", layout.written()
        elif number % 2:
            yield "free", layout.text()
        else:
            yield "damaged", layout.damaged(layout.text())


def _seems_plain(text: str) -> bool:
    return text[:1].isalnum() and not any(each in text for each in (": ", " #", "\n"))


class _Layout:
    """Writes trees in one of the layouts that YAML allows."""

    def __init__(self, chance: random.Random) -> None:
        self._pick = chance.choice
        self._number = chance.randint
        self._chance = chance.random

    def tree(self, depth: int) -> Any:
        kind = self._chance()
        if depth > 4 or kind < 0.45:
            return self._pick([*_STRINGS, *[None, True, False, 1, 2.5, -3] * 2])
        count = self._number(0, 3)
        if kind < 0.75:
            return {self._pick(_STRINGS): self.tree(depth + 1) for _ in range(count)}
        return [self.tree(depth + 1) for _ in range(count + 1)]

    def root(self) -> dict[str, Any]:
        names = [f"{self._pick(_NAMES)}{n}" for n in range(self._number(1, 4))]
        return {name: self.tree(1) for name in names}

    def written(self) -> str:
        root = self.root()
        while not storable(root):
            root = self.root()
        return emit(root) + "...\n"

    def text(self) -> str:
        indent = self._pick([0, 0, 0, 0, 1, 2])
        if self._chance() < 0.9:
            text = " " * indent + self.block(self.root(), indent)
        else:
            text = self.flow(self.root(), self._pick(["", "  "])) + "\n"
        text = self._pick(["", "", "", "", "# c\n", "---\n", "--- # x\n", "---  \n"]) + text
        text += self._pick(["", "", "...\n", "...", "...\n...\n", "... # e\n", "...\n# e\n"])
        if self._chance() < 0.05:
            text = text.replace("\n", "\r\n")
        return "\ufeff" + text if self._chance() < 0.03 else text

    # --- block style ---------------------------------------------------------------------------

    def block(self, value: Any, indent: int) -> str:
        """The lines of a collection, the first without its indentation."""
        if isinstance(value, dict):
            lines = [
                f"{self.scalar(name, None)}{self._pick(['', '', ' '])}:"
                + self.member(item, indent, in_mapping=True)
                for name, item in value.items()
            ]
        else:
            lines = ["-" + self.member(item, indent, in_mapping=False) for item in value]
        return (" " * indent).join(lines)

    def member(self, value: Any, indent: int, *, in_mapping: bool) -> str:
        """What follows a name or a dash, with the end of its line."""
        if isinstance(value, (dict, list)) and value and self._chance() < 0.75:
            if not in_mapping and self._chance() < 0.7:
                gap = self._pick([1, 1, 1, 2, 3])
                return " " * gap + self.block(value, indent + 1 + gap)
            deeper = self._pick([1, 2, 2, 2, 4])
            if in_mapping and isinstance(value, list) and self._chance() < 0.3:
                deeper = 0
            return self.line_end() + " " * (indent + deeper) + self.block(value, indent + deeper)
        if isinstance(value, str) and self._chance() < (0.6 if "\n" in value else 0.1):
            return self.literal(value, indent)
        pad = " " * (indent + self._number(1, 3))
        gap = self._pick([" ", " ", " ", "  ", f"\n{pad}", f" # c\n{pad}"])
        return gap + self.flow(value, pad) + self.line_end()

    def line_end(self) -> str:
        return "\n" if self._chance() < 0.85 else self._pick(_LINE_ENDS)

    def literal(self, text: str, indent: int) -> str:
        content = text[:-1] if text.endswith("\n") else text
        deeper = self._pick([1, 2, 2, 4])
        pad = " " * (indent + deeper)
        needs_digit = content[:1] in ("", " ", "\n") or self._chance() < 0.2
        digit, chomp = (str(deeper) if needs_digit else ""), self._pick(["", "-", "+"])
        header = self._pick([digit + chomp, chomp + digit]) + self._pick(["", "", " ", " # c"])
        lines = [pad + line if line else self._pick(["", pad]) for line in content.split("\n")]
        end = self._pick(["\n", "\n", "\n\n", f"\n{' ' * indent}# c\n"])
        return f" |{header}\n" + "\n".join(lines) + end

    # --- flow style ----------------------------------------------------------------------------

    def flow(self, value: Any, pad: str) -> str:
        if not isinstance(value, (dict, list)):
            return self.scalar(value, pad)
        if isinstance(value, dict):
            parts = [self.pair(name, item, pad) for name, item in value.items()]
        else:
            parts = [self.item(item, pad) for item in value]
        comma = self.space(pad) + "," + self._pick([" ", " ", "", f"\n{pad}"])
        end = self._pick(["", "", ",", " ", f"\n{pad}"]) if parts else ""
        inner = self.space(pad) + comma.join(parts) + end
        return f"{{{inner}}}" if isinstance(value, dict) else f"[{inner}]"

    def item(self, value: Any, pad: str) -> str:
        if isinstance(value, dict) and len(value) == 1 and self._chance() < 0.5:
            return self.pair(*next(iter(value.items())), pad)
        return self.flow(value, pad)

    def pair(self, name: str, value: Any, pad: str) -> str:
        written = self.scalar(name, None)
        close = written[0] in "\"'" and self._chance() < 0.3
        colon = ":" if close else self._pick([": ", ": ", " : ", f":\n{pad}"])
        return written + colon + self.flow(value, pad)

    def space(self, pad: str) -> str:
        return self._pick(
            ["", "", "", " ", "  ", f"\n{pad}", f" # c\n{pad}", f"\n\n{pad}# d\n{pad}"]
        )

    # --- scalars -------------------------------------------------------------------------------

    def scalar(self, value: Any, pad: str | None) -> str:
        """A scalar; `pad` begins its other lines, and None keeps it on one line."""
        if not isinstance(value, str):
            return {None: "null", True: "true", False: "false"}.get(value, repr(value))
        kind = self._chance()
        if kind < 0.4 and _seems_plain(value):
            fold = pad is not None and self._chance() < 0.4
            return value.replace(" ", self._pick([f"\n{pad}", f"\n\n{pad}", "  "]), int(fold))
        return self.single(value, pad) if kind < 0.7 else self.double(value, pad)

    def single(self, value: str, pad: str | None) -> str:
        value = value.replace("'", "''")
        if pad is None:
            return f"'{value}'".replace("\n", " ")
        if self._chance() < 0.3:
            value = value.replace(" ", self._pick([f"\n{pad}", f" \n{pad}  "]), 1)
        return f"'{value}'".replace("\n", f"\n\n{pad}")

    def double(self, value: str, pad: str | None) -> str:
        return '"' + "".join(self.character(one, pad) for one in value) + '"'

    def character(self, one: str, pad: str | None) -> str:
        if one in '"\\':
            return f"\\{one}"
        if one == "\n":
            return "\\n"
        if one in "\u2028\u0085\ufeff":
            return f"\\u{ord(one):04x}"
        if one == "\t":
            return self._pick(["\\t", "\t"])
        if self._chance() < 0.03:
            return self._pick([f"\\x{ord(one) % 256:02X}", f"\\U{ord(one):08X}"])
        if one == " " and pad is not None and self._chance() < 0.4:
            return self._pick([f"\n{pad}", f"\n{pad} ", f"\\\n{pad}\\ ", f"  \n{pad}"])
        return one

    # --- damage --------------------------------------------------------------------------------

    def damaged(self, text: str) -> str:
        for _ in range(self._pick([1, 1, 1, 2, 3])):
            if self._chance() < 0.6:
                at = self._number(0, len(text))
                text = text[:at] + self._pick(["", *_INSERTED]) + text[at + self._number(0, 2) :]
            else:
                lines = text.split("\n")
                self.damage_line(lines, self._number(0, len(lines) - 1))
                text = "\n".join(lines)
        return text

    def damage_line(self, lines: list[str], at: int) -> None:
        kind = self._number(0, 5)
        if kind == 0:
            lines[at] = " " * self._number(0, 6) + lines[at].lstrip(" ")
        elif kind == 1:
            del lines[at]
        elif kind == 2:
            lines.insert(self._number(0, len(lines)), lines[at])
        elif kind == 3:
            lines[at] = lines[at][:-1]
        elif kind == 4:
            lines[at] += self._pick(_ENDS)
        else:
            lines.insert(at, self._pick(_LINES))
