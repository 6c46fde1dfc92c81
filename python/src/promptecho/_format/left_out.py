"""A request in exact form without some members of its body, which are not read. [FILE-16]"""

from __future__ import annotations

import re
from collections.abc import Collection

from .._text.yaml_flow import Inexact

_BODY = b"\n      body:\n"
_MEMBER_INDENT = 8
_DEEPER = b"\n" + b" " * (_MEMBER_INDENT + 1)
_HIDDEN = b" " * len(_DEEPER)
_shallow_lines = re.compile(rb"\n( {,8})(?=[^ \n])").finditer


def without_members(request: bytes, names: Collection[str]) -> bytes:
    """The lines of a request without those of some members of its body.

    A line that is indented by eight begins a member there: no value continues beyond its line but
    a block, whose lines are indented by more.

    Raises:
        Inexact: the body is empty, or not the last member of the request.
    """
    body = request.find(_BODY) + len(_BODY)
    if body < len(_BODY):
        raise Inexact
    starts = []
    # To find the other lines, the line feeds of deeper ones are hidden: there may be thousands.
    for line in _shallow_lines(request.replace(_DEEPER, _HIDDEN), body - 1):
        if len(line[1]) != _MEMBER_INDENT:
            raise Inexact
        starts.append(line.start(1))
    wanted = tuple(f"        {name}:".encode() for name in names if '"' not in name)
    members = [request[start:end] for start, end in zip(starts, [*starts[1:], len(request)])]
    kept = b"".join(member for member in members if not member.startswith(wanted))
    return request[:body] + kept if kept else request[: body - 1] + b" {}\n"
