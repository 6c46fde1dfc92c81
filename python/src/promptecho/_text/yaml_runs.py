"""Runs of simple lines, which are read at once and not line by line. [FILE-16]

`yaml_lines` reads a line in about two microseconds. A run is one match of a pattern, and a few
calls of C read it: the members ``name: value`` of one mapping, the items ``- value`` of one list,
the pairs of a form. Each value is plain or in double quotes, on its line. A pattern has a group
`pad`, which is the indentation of the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from .._base.model import JSON
from .._base.vocabulary import MAX_WRITTEN_NAME, RESERVED_SPELLINGS
from .yaml_flow import Inexact
from .yaml_scalars import are_words

PLAIN = r"-?[A-Za-z0-9][A-Za-z0-9_./+-]*"
# The text that is matched has no escaped quotes [yaml_lines].
SCALAR = rf'(?:{PLAIN}|"[^"\n]*")'
INNER = r"(?P=pad)[ ]{2}"

# A bound on what the regular expression engine has to remember.
_AT_ONCE = 500
_MEMBER = rf"[A-Za-z][A-Za-z0-9_-]{{0,{MAX_WRITTEN_NAME - 1}}}:[ ]{SCALAR}"
_PAIR = rf"\n{INNER}-[ ]{SCALAR}\n{INNER}-[ ]{SCALAR}"

#: Items of one list, behind the first dash.
ITEMS = rf"{SCALAR}(?:\n(?P=pad)-[ ]{SCALAR}){{1,{_AT_ONCE}}}(?=\n)"
#: Lists of two items in one list, behind the first dash.
PAIRS = rf"{_PAIR}(?:\n(?P=pad)-{_PAIR}){{1,{_AT_ONCE}}}(?=\n(?!{INNER}-))"

#: The value of a scalar.
Resolve = Callable[[str], JSON]


def members_pattern(but: str) -> str:
    """Members of one mapping, behind the first indentation; no line begins as `but`."""
    return rf"{_MEMBER}(?:\n(?!{but})(?P=pad){_MEMBER}){{1,{_AT_ONCE}}}(?=\n)"


def add_members(here: dict[str, JSON], run: str, pad: str, resolve: Resolve) -> None:
    """Add a run of members to the mapping that they are in.

    Raises:
        Inexact: two have one name, or libraries differ over a name or a value.
    """
    if '"' in run:
        lines = [line.partition(": ") for line in run.split(f"\n{pad}")]
        names = [line[0] for line in lines]
        tokens = [line[2] for line in lines]
    else:  # nothing but separators has a colon or a space
        parts = run.replace(": ", f"\n{pad}").split(f"\n{pad}")
        names, tokens = parts[::2], parts[1::2]
    before = len(here)
    here.update(zip(names, _values(tokens, resolve)))
    if len(here) != before + len(names) or not RESERVED_SPELLINGS.isdisjoint(names):
        raise Inexact


def items(run: str, pad: str, resolve: Resolve) -> Sequence[JSON]:
    """The items of a run of them."""
    return _values(run.split(f"\n{pad}- "), resolve)


def pairs(run: str, pad: str, resolve: Resolve) -> list[JSON]:
    """The lists of a run of pairs."""
    start = f"\n{pad}  - "
    flat = run[len(start) :].replace(f"\n{pad}-{start}", start).split(start)
    values = _values(flat, resolve)
    return list(map(list, zip(values[::2], values[1::2])))


def _values(tokens: list[str], resolve: Resolve) -> Sequence[JSON]:
    if are_words(tokens):
        return tokens
    known = {token: resolve(token) for token in set(tokens)}
    return [known[token] for token in tokens]
