"""Where a secret was, as values and as text. [RED-10] [MISS-4]"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .._base.model import Steps
from .._text.canonical import canonical


class Found(NamedTuple):
    """A place where a secret was.

    Attributes:
        place: the steps to it, or the text of a place [RED-10].
        shapes: names of the shapes that it had; empty where the member's name gave it away.
    """

    place: Any
    shapes: tuple[str, ...] = ()


class FoundByName(Found):
    """A place whose member's name gave it away, and not a literal."""


_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def render_path(path: Iterable[str | int], root: str = "") -> str:
    """A path as text: ``messages[1].content``; an odd name is written as ``["a b"]`` [MISS-4].

    Args:
        path: names and indexes.
        root: the place that the path starts from: ``response.body``, say [RED-10].
    """
    return "".join((root, *_steps(path))).removeprefix(".")


def response_place(steps: Steps) -> str:
    """A place in a response as `redacted` names it [RED-10]."""
    _, member, *inner = steps
    if member == "headers":
        return f"response.headers.{inner[0]}"
    # Of an event only its index is named, also where the secret is in a header of its frame.
    return render_path(inner if member == "body" else inner[:1], f"response.{member}")


def _steps(path: Iterable[str | int]) -> Iterator[str]:
    for step in path:
        if isinstance(step, int):
            yield f"[{step}]"
        elif _SIMPLE.match(step):
            yield f".{step}"
        else:
            yield f"[{canonical(step)}]"
