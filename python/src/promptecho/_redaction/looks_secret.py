"""Whether a value looks secret. [RED-15]

A name can say that a value may be a secret (`token`, `code`, `key`); this test then looks at the
value. It is a pure function of the value and of the credential shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from .._base.late import late
from .shapes import Shape

# Step 1: 16 or more visible ASCII characters without `/` and `:`.
_CANDIDATE = re.compile(r"[!-.0-9;-~]{16,}")

# Step 2: UUIDs and dates are ids and versions.
_has_uuid_or_date = late(
    lambda: (
        re.compile(
            r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
            r"|(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        ).search
    )
)

# Step 3
_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")

# Step 4: one long run, or nothing in it that reads like a word.
_LONG_RUN = re.compile(r"[^-_.]{24,}")
_WORD = re.compile(r"(?<![A-Za-z])[a-z]{4,}(?![A-Za-z])")


class SecretTest:
    """The test, with the credential shapes.

    Args:
        shapes: the credential shapes; a literal among them is not looked for.
    """

    def __init__(self, shapes: Iterable[Shape]) -> None:
        self._shapes = tuple(shape for shape in shapes if shape.pattern is not None)

    def __call__(self, value: str) -> bool:
        """Whether a value, decoded, looks secret."""
        return _is_dense(value) or any(shape.occurs_in(value) for shape in self._possible(value))

    def _possible(self, value: str) -> tuple[Shape, ...]:
        return self._shapes if self._literals.search(value) else ()

    @cached_property
    def _literals(self) -> re.Pattern[str]:
        """One search rules out all shapes, mostly."""
        return re.compile("|".join(re.escape(shape.literal) for shape in self._shapes))


def _is_dense(value: str) -> bool:
    return (
        _CANDIDATE.fullmatch(value) is not None
        and not _has_uuid_or_date(value)
        and not _DECIMAL.fullmatch(value)
        and (_LONG_RUN.fullmatch(value) is not None or not _WORD.search(value))
    )
