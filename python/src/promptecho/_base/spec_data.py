"""The data files of the spec, `spec/data/*.json`.

They are shipped with this package; in a checkout they are read from there.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from .real import io, os
from .vocabulary import HEADER_NAME


@cache
def data(name: str) -> dict[str, Any]:
    """One of the spec's data files, by its name without ``.json``."""
    with io.open(os.path.join(data_folder(), f"{name}.json"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def data_folder() -> str:
    """Where the spec's data files are: in the package, or in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    folder = os.path.join(package, "_data")
    if os.path.isdir(folder):
        return folder
    return os.path.normpath(os.path.join(package, "..", "..", "..", "spec", "data"))


@cache
def failure_kinds() -> tuple[str, ...]:
    """Why a call may have no answer [FAIL-2]."""
    return tuple(row["kind"] for row in data("failure-kinds")["kinds"])


def can_be_kept(name: str) -> bool:
    """Whether a name in lower case can stand in `keep_headers` [HEAD-14]."""
    return name not in _reserved_headers()


def can_be_matched(name: str) -> bool:
    """Whether a name in lower case can stand in `match_headers` [HEAD-9] [FILE-21]."""
    return bool(HEADER_NAME.fullmatch(name)) and name not in _reserved_headers()


@cache
def _reserved_headers() -> frozenset[str]:
    """Headers that hold a credential or belong to one connection."""
    headers = data("headers")
    return frozenset(
        [
            *headers["redacted"],
            *headers["challenges"],
            *headers["cookies"],
            *headers["framing"],
        ]
    )
