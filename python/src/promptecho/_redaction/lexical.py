"""Members and elements in the text of a document, without a tree. [RED-13]"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Callable

from .._base.vocabulary import REDACTED
from .shapes import octets


class MemberText:
    """Finds ``"name": "value"`` in a text.

    Args:
        names: in lower case.
    """

    def __init__(self, names: Iterable[str]) -> None:
        names = sorted(names)
        # A name as between quotes; of one that holds a quote, the part before it.
        self._quoted = frozenset(octets(name).partition(b'"')[0] for name in names)
        self._names = "|".join(map(re.escape, names))

    def may_be_in(self, data: bytes) -> bool:
        """Whether a text could hold one; mostly it does not."""
        return not self._quoted.isdisjoint(data.lower().split(b'"'))

    def clean(self, text: str, is_secret: Callable[[str, str], bool]) -> str:
        """A text without the values that are secret.

        Args:
            text: the text.
            is_secret: tells whether a value is, by the name as it stands and the value.
        """

        def cleaned(found: re.Match[str]) -> str:
            start, name, value = found.groups()
            return f'{start}{REDACTED}"' if is_secret(name, value) else found.group()

        return _member(self._names).sub(cleaned, text)


@cache
def _member(names: str) -> re.Pattern[str]:
    return re.compile(
        rf'("({names})"[ \t\r\n]*:[ \t\r\n]*")((?:[^"\\]|\\.)+)"',
        re.IGNORECASE | re.ASCII | re.DOTALL,
    )


class Elements:
    """Finds ``<name>value</name>`` in a text."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._starts = tuple(f"<{name}>" for name in self.names)

    def may_be_in(self, text: str) -> bool:
        """Whether a text could hold one; mostly it does not."""
        return any(start in text for start in self._starts)

    def clean(self, text: str) -> str:
        """A text without the values of its elements."""
        for name, start in zip(self.names, self._starts):
            if start in text:
                text = re.sub(rf"(<{name}>)[^<]+(</{name}>)", rf"\g<1>{REDACTED}\g<2>", text)
        return text
