"""The file name of a test's cassette: the name of the test, made safe for every file system.

A safe name is unchanged. In any other name, unsafe characters are replaced, and ``~`` and a hash of
the whole name are appended. A name with ``~`` is not safe, so two tests never get the same file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

#: The longest name without its suffix: the name of a journal fits the 143 bytes of eCryptfs.
LONGEST = 100

_DIGITS = 10  # of the hash
_UNSAFE = re.compile(r"[^A-Za-z0-9_.+=,@\[\]-]+")
_EDGES = re.compile(r"^[-.]|\.$")  # an option, a hidden file, a dot that Windows drops
# Windows keeps these names for devices, whatever follows the first dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])(\.|$)", re.I)


def stem(classes: Sequence[str], test: str, *, apart: bool = False) -> str:
    """The name of a test's file: ``test_bar``, ``TestX.test_bar[gpt-4]``.

    Args:
        classes: the names of the classes that the test is in.
        test: the name of the test, with the ids of its parameters.
        apart: whether another test has this name but for its capital letters. `a` and `A` are one
            file on macOS and Windows, so a name with capital letters in its ids is marked then.
    """
    return _safe(".".join([*classes, test]), marked=apart and has_capital_ids(test))


def has_capital_ids(test: str) -> bool:
    """Whether the ids of a test's parameters have capital letters."""
    _, _, parameters = test.partition("[")
    return parameters != parameters.lower()


def folder(module: str) -> str:
    """The name of a module's folder."""
    return _safe(module)


def _safe(name: str, *, marked: bool = False) -> str:
    plain = _UNSAFE.sub("_", name)
    if _EDGES.search(plain) or _DEVICE.match(plain):
        plain = f"_{plain}"
    if plain == name and len(name) <= LONGEST and not marked:
        return name
    mark = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{plain[: LONGEST - _DIGITS - 1]}~{mark}"
