"""The file name of a test's cassette: the test's own name, made safe for every file system.

A name that is safe as it stands is kept. Any other loses what is unsafe and gets ``~`` and a hash
of the whole name, so that two names never meet: a name with ``~`` is never safe as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

#: The longest name without its suffix: a journal's name still fits the 143 bytes of eCryptfs.
LONGEST = 100

_DIGITS = 10  # of the hash
_UNSAFE = re.compile(r"[^A-Za-z0-9_.+=,@\[\]-]+")
_EDGES = re.compile(r"^[-.]|\.$")  # an option, a hidden file, a dot that Windows drops
# Windows keeps these names for devices, whatever follows the first dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9]|lpt[0-9])(\.|$)", re.I)


def stem(classes: Sequence[str], test: str) -> str:
    """The name of a test's file: ``test_bar``, ``TestX.test_bar[gpt-4]``.

    Capital letters of a parameter's id count as unsafe, since `a` and `A` would be one file on
    macOS and Windows. Names of functions and classes keep theirs.
    """
    _, _, parameters = test.partition("[")
    return _safe(".".join([*classes, test]), folded=parameters != parameters.lower())


def folder(module: str) -> str:
    """The name of a module's folder."""
    return _safe(module)


def _safe(name: str, *, folded: bool = False) -> str:
    plain = _UNSAFE.sub("_", name)
    if _EDGES.search(plain) or _DEVICE.match(plain):
        plain = f"_{plain}"
    if plain == name and len(name) <= LONGEST and not folded:
        return name
    mark = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{plain[: LONGEST - _DIGITS - 1]}~{mark}"
