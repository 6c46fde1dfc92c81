"""What a disk, a merge or a hand may do to the text of a cassette."""

from __future__ import annotations

import random
from collections.abc import Iterator

PIECES = [
    *["'", '"', "#", " #", "&a ", "*a", "!", "|", "|-", ">", "- ", "-", "? ", ": ", ":", "%"],
    *["\n", "\n\n", "\t", " ", "  ", "\r", "\u2028", "\x85", "\ufeff", "---\n", "...\n", "\x00"],
    *["[", "]", "{", "}", ",", "\\", "\\n", "é", "null", "~", "<<: ", "0", "x-", "_1: 1\n"],
    "  - request:\n",
]


def damages(text: str, chance: random.Random) -> Iterator[str]:
    """A text, damaged by a disk, a merge or a hand in every way once."""
    at, end = sorted(chance.sample(range(len(text)), 2))
    lines = text.splitlines(keepends=True)
    i, j = sorted(chance.sample(range(len(lines)), 2))
    line, other = lines[i], lines[j]
    yield text[:at]
    yield text[:at] + "...\n"
    yield text[:at] + text[end:]
    yield text[:at] + chr(ord(text[at]) ^ 1 << chance.randrange(7)) + text[at + 1 :]
    for piece in chance.sample(PIECES, 4):
        yield text[:at] + piece + text[at:]
        yield "".join([*lines[:i], line.rstrip("\n") + piece + "\n", *lines[i + 1 :]])
        yield "".join([*lines[:i], line.replace(": ", ": " + piece, 1), *lines[i + 1 :]])
    for changed in (
        [],
        [line, line],
        [other],
        [" " + line],
        ["  " + line],
        [line[1:]],
        [line[2:]],
        [line.replace("- ", "  ", 1)],
        [line.replace('"', "'")],
        [line.replace('"', "")],
        [line.replace("\n", "")],
        [line.replace(": ", ": '").replace("\n", "'\n")],
        [line.replace(": ", ': "').replace("\n", '"\n')],
        [line.replace(": ", ": '", 1)],
        [line.replace(": ", ":\n", 1)],
        ["#" + line],
        ["\n", line],
        [line.upper()],
    ):
        yield "".join([*lines[:i], *changed, *lines[i + 1 :]])
    yield "".join([*lines[:i], *lines[j:], *lines[i:j]])
    quote = chance.choice("'\"")
    begun = line.replace(": ", ": " + quote, 1)
    ended = other[:-1] + quote + "\n"
    yield "".join([*lines[:i], begun, *lines[i + 1 : j], ended, *lines[j + 1 :]])
