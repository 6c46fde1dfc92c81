"""A model's own data that redaction never touches. [RED-18]

A provider signs or encrypts it, and the client sends it back as it came. It is base64, so a shape
of a credential can occur in it by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from .._base.model import JSON


class OpaqueMembers:
    """The members of `opaque-members.json`.

    Args:
        rows: the members, each with its name and perhaps the types of its object.
        min_length: the least number of characters of such a value.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], min_length: int) -> None:
        self._types = {row["name"]: frozenset(row.get("types", ())) for row in rows}
        value = rf"[A-Za-z0-9+/_-]{{{min_length},}}={{0,2}}"
        self._is_value = re.compile(value).fullmatch
        names = "|".join(map(re.escape, self._types))
        self._in_text = re.compile(rf'"({names})"[ \t\r\n]*:[ \t\r\n]*"{value}"')

    def holds(self, name: Any, value: str, siblings: Mapping[str, JSON]) -> bool:
        """Whether a member of an object is such data."""
        types = self._types.get(name)
        if types is None or not self._is_value(value):
            return False
        return not types or siblings.get("type") in types

    def apart(self, text: str, clean: Callable[[str], str]) -> str:
        """A text whose parts beside such data are what `clean` makes of them."""
        parts, end = [], 0
        for found in self._in_text.finditer(text):
            types = self._types[found.group(1)]
            if types and not any(f'"{each}"' in text for each in types):
                continue
            parts += [clean(text[end : found.start()]), found.group()]
            end = found.end()
        return "".join([*parts, clean(text[end:])]) if parts else clean(text)


#: Data of no kind.
NO_DATA = OpaqueMembers((), 1)
