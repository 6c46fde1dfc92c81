"""Snapshots in the code, through inline-snapshot: ``llm_snapshot(snapshot("..."))``.

inline-snapshot compares its value with ``==`` and keeps it if that is true. So it gets the answer
as a value that is equal to whatever the level or the scorer says it is.
"""

from __future__ import annotations

from typing import Any, Callable

from .._base.model import JSON
from .values import plain

Judge = Callable[[JSON, JSON], bool]


def compared(inline: Any, answer: JSON, judge: Judge) -> bool:
    """Whether an answer is equal to a value of inline-snapshot, which may store it."""
    kinds: dict[type, Any] = {str: _Text, dict: _Object, list: _Array}
    kind = kinds.get(type(answer))
    if kind is None:
        return bool(inline == answer)
    value = kind(answer)
    value.judge = judge
    return bool(inline == value)


class _Judged:
    """An answer whose equality is a verdict."""

    judge: Judge | None = None

    def __eq__(self, other: object) -> bool:
        if self.judge is None or isinstance(other, _Judged):
            return bool(super().__eq__(other))
        # inline-snapshot holds `...` where there is no value yet.
        return other is not ... and self.judge(plain(other), self._plain())

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __deepcopy__(self, memo: dict[int, Any]) -> _Judged:
        made = type(self)(self._plain())  # type: ignore[call-arg]
        made.judge = self.judge
        return made

    def _plain(self) -> JSON:
        raise NotImplementedError


class _Text(_Judged, str):
    def _plain(self) -> JSON:
        return str(self)


class _Object(_Judged, dict):  # type: ignore[type-arg]
    def _plain(self) -> JSON:
        return dict(self)


class _Array(_Judged, list):  # type: ignore[type-arg]
    def _plain(self) -> JSON:
        return list(self)
