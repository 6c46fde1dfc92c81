"""Small wrong steps from something right: for bytes, for lines of a cassette, for JSON values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any, Callable

#: Texts that some parser, terminal or client takes for something else.
HOSTILE = [
    *("", " ", "\0", "\t", "\r", "\n", "\r\n", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff"),
    *(
        "\u202e",
        "é",
        "\U0001f600",
        '"',
        "'",
        "\\",
        "\\u0041",
        "\\ud800",
        "#",
        " #",
        ":",
        ": ",
        "- ",
    ),
    *("? ", "::error::x", "##[group]", "{}", "[]", "{", "[", "|", "|-", ">", "&a ", "*a", "!!str "),
    *("<<", "%", "@", "`", "null", "true", "yes", "~", "0", "-0", "1.0", "1e5", "1.0e+5", "0x1F"),
    *("1_000", "12345678901234567890", "1" * 400, ".inf", "2020-01-01", "...", "---", "REDACTED"),
    *(
        "sk-" + "a" * 48,
        "?token=abcdefgh12345678",
        "http://u:p@h/?key=1",
        "A" * 300,
        "&amp;",
        "%00",
    ),
    *("x-a", "ext-a", "minor: 1", "version: 2", "body: x", "interactions:", "text/event-stream"),
]
SCALARS = [
    "a",
    '"a"',
    "1",
    "1.5",
    "-0",
    "null",
    "true",
    '""',
    "yes",
    "1e5",
    "[]",
    "[1]",
    '"\\u00e9"',
]

Step = Callable[[Random, list[str], Sequence[list[str]]], None]


def lines(random: Random, text: str, others: Sequence[str]) -> str:
    """A text of lines with a few of them changed; parts come from other texts too."""
    rows = text.splitlines(keepends=True) or ["\n"]
    pool = [other.splitlines(keepends=True) or ["\n"] for other in random.sample(others, 1)]
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        random.choice(_STEPS)(random, rows, pool)
        rows = rows or ["\n"]
    return "".join(rows)


def _delete(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    start = random.randrange(len(rows))
    del rows[start : start + random.choice((1, 1, 2, 5))]


def _repeat(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    start = random.randrange(len(rows))
    part = rows[start : start + random.choice((1, 2, 8, 40))]
    at = random.randrange(len(rows) + 1)
    rows[at:at] = part * random.choice((1, 1, 2))


def _swap(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    one, other = random.randrange(len(rows)), random.randrange(len(rows))
    rows[one], rows[other] = rows[other], rows[one]


def _indent(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    at = random.randrange(len(rows))
    bare = rows[at].lstrip(" ")
    rows[at] = " " * max(0, len(rows[at]) - len(bare) + random.choice((-2, -1, 1, 2, 4))) + bare


def _value(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    at = random.randrange(len(rows))
    name, colon, _ = rows[at].partition(": ")
    rows[at] = f"{name}{colon or ': '}{_scalar(random)}\n"


def _scalar(random: Random) -> str:
    kind = random.randrange(6)
    if kind == 0:
        return json.dumps(random.choice(HOSTILE), ensure_ascii=random.random() < 0.5)
    if kind == 1:
        return random.choice(HOSTILE)
    if kind == 2:
        separator = random.choice((", ", ",", " , ", ",\n  "))
        items = [random.choice(SCALARS) for _ in range(random.choice((1, 3)))]
        return f"[{separator.join(items * random.choice((1, 120)))}]"
    if kind == 3:
        return f"|{random.choice(('', '-'))}\n      {random.choice(HOSTILE)}\n      b"
    return random.choice(SCALARS)


def _member(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    at = random.randrange(len(rows))
    pad = " " * (len(rows[at]) - len(rows[at].lstrip(" ")))
    name = random.choice(("x-new", "ext-new", "new", "truncated", "after", "failure", '"a b"', "1"))
    rows.insert(at, f"{pad}{name}: {_scalar(random)}\n")


def _characters(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    at = random.randrange(len(rows))
    place = random.randrange(len(rows[at]) + 1)
    end = place + random.choice((0, 0, 1, 3))
    rows[at] = rows[at][:place] + random.choice(HOSTILE) + rows[at][end:]


def _splice(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    other = random.choice(pool)
    start, at = random.randrange(len(other)), random.randrange(len(rows))
    rows[at : at + random.choice((0, 1, 5))] = other[start : start + random.choice((1, 3, 30))]


def _cut(random: Random, rows: list[str], pool: Sequence[list[str]]) -> None:
    del rows[random.randrange(len(rows)) :]
    rows.append(random.choice(("...\n", "", "...")))


_STEPS: list[Step] = [_delete, _repeat, _swap, _indent, _value, _member, _characters, _splice, _cut]


def octets(random: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Bytes with a few of them changed."""
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(data) + 1)
        end = at + random.choice((0, 1, 2, 16))
        new = random.choice(
            (
                random.choice(HOSTILE).encode("utf-8", "surrogatepass"),
                bytes([random.randrange(256)]),
                b"",
                data[at:end] * 3,
                random.choice(others)[at:][:64],
            )
        )
        data = data[:at] + new + data[end:]
    return data


def tree(random: Random, value: Any, depth: int = 0) -> Any:
    """A JSON value with a few of its parts changed."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(list(value))
        changed = dict(value)
        step = random.randrange(6)
        if step == 0:
            del changed[name]
        elif step == 1:
            changed[random.choice(HOSTILE)] = changed[name]
        elif step == 2:
            changed[name] = _leaf(random, depth)
        else:
            changed[name] = tree(random, changed[name], depth + 1)
        return changed
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        part = [tree(random, value[at], depth + 1)] * random.choice((0, 1, 1, 2))
        return [*value[:at], *part, *value[at + 1 :]]
    if isinstance(value, str) and random.random() < 0.6:
        at = random.randrange(len(value) + 1)
        return value[:at] + random.choice(HOSTILE) + value[at:]
    return _leaf(random, depth)


def _leaf(random: Random, depth: int) -> Any:
    kind = random.randrange(8)
    if kind == 0 and depth < 6:
        return {random.choice(HOSTILE): _leaf(random, depth + 1)}
    if kind == 1 and depth < 6:
        return [_leaf(random, depth + 1) for _ in range(random.choice((0, 1, 3)))]
    plain = (0, 1, -1, 1.5, 1e-7, 2**53, None, True, False)
    return random.choice(plain) if kind == 2 else random.choice(HOSTILE)
